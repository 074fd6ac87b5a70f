import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition, type NamesOf } from './metric-definitions.ts';

export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge that has labels. */
export interface LabelledValue {
  readonly labels: Labels;
  readonly value: number;
}

/** What a gauge shows: one number, one for each set of labels, or nothing where it is not known. */
export type GaugeReading = number | undefined | readonly LabelledValue[];
/** Readings of every gauge, taken together. */
export type GaugeReadings = Readonly<Record<NamesOf<'gauge'>, GaugeReading>>;

/** The metrics of one daemon. Counters and histograms are told as things happen, gauges all at once when they are read. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  constructor() {
    const registers = [this.#registry];
    for (const [name, definition] of Object.entries(METRICS) as [string, MetricDefinition][]) {
      const common = { name, help: definition.help, labelNames: [...(definition.labels ?? [])], registers };
      if (definition.type === 'gauge') this.#gauges.set(name, new Gauge(common));
      else if (definition.type === 'counter') this.#counters.set(name, new Counter(common));
      else this.#histograms.set(name, new Histogram({ ...common, buckets: [...(definition.buckets ?? [])] }));
    }
  }

  count(name: NamesOf<'counter'>, labels: Labels): void {
    this.#counters.get(name)!.inc(labels);
  }

  /** Shows a counter at 0, so that its first count is an increase that an alert can see. */
  expect(name: NamesOf<'counter'>, labels: Labels): void {
    this.#counters.get(name)!.inc(labels, 0);
  }

  observe(name: NamesOf<'histogram'>, value: number, labels: Labels): void {
    this.#histograms.get(name)!.observe(labels, value);
  }

  /** Prometheus text. A label or gauge that is not among the readings any more is gone. */
  text(readings: GaugeReadings): Promise<string> {
    for (const [name, reading] of Object.entries(readings)) {
      const gauge = this.#gauges.get(name)!;
      gauge.reset();
      if (typeof reading === 'number') gauge.set(reading);
      else if (reading === undefined) {
        if (METRICS[name as NamesOf<'gauge'>].labels.length === 0) gauge.remove();
      } else for (const { labels, value } of reading) gauge.set(labels, value);
    }
    return this.#registry.metrics();
  }
}

/** One value for each key, under one label. */
export const byLabel = (label: string, values: Readonly<Record<string, number>>): LabelledValue[] =>
  Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));

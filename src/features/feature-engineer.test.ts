import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type KnownSeries } from '../domain/index.ts';
import { CATALOGUE } from './catalogue/index.ts';
import { dailyDecisionTimes } from './decision-times.ts';
import { FEATURE_FAMILIES, type FeatureDefinition } from './feature-definition.ts';
import { engineerFeatures, FeatureStream, featureCodeHash, inputRow, longestLookback } from './feature-engineer.ts';
import { buildInputFrame, INPUT_NAMES, type InputFrame } from './input-frame.ts';
import { HOURLY, knownSeries, smallWorld } from './known-series.contract.ts';
import { findLookahead, type TablePipeline } from './lookahead-analysis.ts';
import { findRecursion } from './recursive-analysis.ts';

const START = Date.UTC(2022, 0, 1);
const DAYS = 260;
const world = smallWorld(START, DAYS);
const timesMs = dailyDecisionTimes(START, START + DAYS * DAY_MS - 1);
const canonical = HOURLY.series;
const frameOf = (series: readonly KnownSeries[], times: Float64Array): InputFrame =>
  buildInputFrame(series, times, { canonical });
const pipeline: TablePipeline = (series, times) => engineerFeatures(frameOf(series, times));
const whole = frameOf(world, timesMs);
const features = engineerFeatures(whole);

/** A frame with a longer or shorter range of rows, or other columns. */
const slice = (frame: InputFrame, from: number, to: number): InputFrame => ({
  ...frame,
  timeMs: frame.timeMs.slice(from, to),
  columns: Object.fromEntries(Object.entries(frame.columns).map(([name, column]) => [name, column.slice(from, to)])),
  suspect: frame.suspect.slice(from, to),
  fallback: frame.fallback.slice(from, to),
});
const rowOf = (frame: { matrix: { data: Float64Array; columns: number } }, row: number) =>
  frame.matrix.data.subarray(row * frame.matrix.columns, (row + 1) * frame.matrix.columns);

describe('the catalogue', () => {
  it('has at least 80 features, each of a known family, with its own name and a sentence', () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(80);
    expect(new Set(CATALOGUE.map((feature) => feature.name)).size).toBe(CATALOGUE.length);
    for (const feature of CATALOGUE) {
      expect(FEATURE_FAMILIES, feature.name).toContain(feature.family);
      expect(feature.description, feature.name).toMatch(/^[A-Z0-9-].*\.$/);
      expect(feature.name).toMatch(/^[a-z0-9_]+$/);
      expect(feature.lookback).toBeGreaterThanOrEqual(1);
      for (const input of feature.inputs) expect(INPUT_NAMES, feature.name).toContain(input);
    }
  });

  it("covers every family but the user's own", () => {
    const families = new Set(CATALOGUE.map((feature) => feature.family));
    expect([...families].sort()).toEqual(FEATURE_FAMILIES.filter((family) => family !== 'custom').toSorted());
  });

  it('reads no input that it does not declare', () => {
    const row = inputRow(whole, 250);
    for (const feature of CATALOGUE) {
      const read = new Set<string>();
      const spy = new Proxy(row, {
        get(target, name) {
          if (typeof name === 'string') read.add(name);
          return target[name as string];
        },
      });
      feature.start()(spy);
      read.delete('timeMs');
      expect([...read].sort(), feature.name).toEqual([...feature.inputs].sort());
    }
  });

  it('has a hash that follows its meaning', () => {
    expect(featureCodeHash()).toBe(featureCodeHash([...CATALOGUE]));
    expect(featureCodeHash(CATALOGUE.slice(1))).not.toBe(featureCodeHash());
    const longer = CATALOGUE.map((feature, i) => (i === 0 ? { ...feature, lookback: feature.lookback + 1 } : feature));
    expect(featureCodeHash(longer)).not.toBe(featureCodeHash());
  });
});

describe('engineerFeatures', () => {
  it('knows every feature whose inputs are there once its look-back is filled', () => {
    const row = rowOf(features, DAYS - 1);
    const hasInputs = (feature: FeatureDefinition) =>
      feature.inputs.every((input) => Number.isFinite(whole.columns[input]![DAYS - 1]!));
    const missing = CATALOGUE.filter((feature, i) => hasInputs(feature) && Number.isNaN(row[i]!)).map((feature) => feature.name);
    expect(missing).toEqual([]);
    expect(row.filter((value) => Number.isFinite(value)).length).toBeGreaterThan(110);
  });

  it('gives finite numbers or NaN, and NaN before the look-back is filled', () => {
    expect(features.matrix.data.some((value) => value === Infinity || value === -Infinity)).toBe(false);
    CATALOGUE.forEach((feature, column) => {
      for (let row = 0; row < feature.lookback - 1; row++) {
        expect(features.matrix.data[row * CATALOGUE.length + column], `${feature.name} row ${row}`).toBeNaN();
      }
    });
  });

  it('is day by day what it is at once, for any beginning and end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DAYS - 2 }), fc.integer({ min: 1, max: 60 }), (from, length) => {
        const part = slice(whole, from, Math.min(DAYS, from + length));
        const batch = engineerFeatures(part);
        const stream = new FeatureStream();
        for (let row = 0; row < part.timeMs.length; row++) {
          expect(stream.next(inputRow(part, row))).toEqual(rowOf(batch, row));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('of a prefix is the prefix of the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: DAYS }), (rows) => {
        const prefix = pipeline(world, timesMs.slice(0, rows));
        expect(prefix.matrix.data).toEqual(features.matrix.data.slice(0, rows * CATALOGUE.length));
      }),
      { numRuns: 8 },
    );
  });

  it('needs no more rows than the look-back says, to the last bit', () => {
    CATALOGUE.forEach((feature, column) => {
      const compute = feature.start();
      let value = Number.NaN;
      for (let row = DAYS - feature.lookback; row < DAYS; row++) value = compute(inputRow(whole, row));
      const expected = features.matrix.data[(DAYS - 1) * CATALOGUE.length + column]!;
      expect(Object.is(Number.isFinite(value) ? value : Number.NaN, expected), `${feature.name}: ${value} ${expected}`).toBe(
        true,
      );
    });
    expect(longestLookback()).toBeLessThan(DAYS);
  });

  it('leaves a feature missing as long as a missing input is in its window, and no longer', () => {
    const at = 200;
    const close = whole.columns.close!.slice();
    close[at] = Number.NaN;
    const holed = engineerFeatures({ ...whole, columns: { ...whole.columns, close } });
    CATALOGUE.forEach((feature, column) => {
      if (!feature.inputs.includes('close')) return;
      for (let row = at; row < Math.min(DAYS, at + feature.lookback + 2); row++) {
        const [hole, full] = [rowOf(holed, row)[column]!, rowOf(features, row)[column]!];
        if (row >= at + feature.lookback) expect(hole, `${feature.name} ${row}`).toBe(full);
        else if (!feature.name.startsWith('return_1d_lag')) {
          expect(Number.isNaN(hole) || hole === full, `${feature.name} ${row}: ${hole} ${full}`).toBe(true);
        }
      }
      expect(rowOf(holed, at)[column], feature.name).toSatisfy((value: number) =>
        feature.name.startsWith('return_1d_lag') ? true : Number.isNaN(value),
      );
    });
  });

  it('survives constant prices and empty volume without an infinite value', () => {
    const flat = Object.fromEntries(
      Object.entries(whole.columns).map(([name, column]) => [
        name,
        new Float64Array(column.length).fill(name.startsWith('volume') ? 0 : 100),
      ]),
    );
    const result = engineerFeatures({ ...whole, columns: flat });
    expect(result.matrix.data.every((value) => Number.isFinite(value) || Number.isNaN(value))).toBe(true);
  });
});

describe('scale', () => {
  it('does not matter: prices in another currency give the same features', () => {
    const scaled = world.map((series) => {
      if (series.dataset !== 'price_data') return series;
      const numbers = Object.fromEntries(
        Object.entries(series.numbers).map(([name, column]) => [
          name,
          name === 'volume' ? column : column.map((value) => value * 8),
        ]),
      );
      return { ...series, numbers };
    });
    const other = pipeline(scaled, timesMs);
    const differ = CATALOGUE.filter((feature, column) => {
      if (feature.name.includes('to_volume')) return false;
      const [a, b] = [features, other].map((table) => table.matrix.data[(DAYS - 1) * CATALOGUE.length + column]!) as [
        number,
        number,
      ];
      return !(Object.is(a, b) || Math.abs(a - b) <= 1e-8 * Math.max(1, Math.abs(a)));
    });
    expect(differ.map((feature) => feature.name)).toEqual([]);
  });
});

describe('custom columns', () => {
  it('become features of the level, the change and the z-score', () => {
    const own = knownSeries(
      { dataset: 'my_signal', series: 'file:my_signal:1d', periodMs: DAY_MS },
      Array.from({ length: DAYS }, (_, day) => ({ timeMs: START + day * DAY_MS, numbers: { score: day * day } })),
    );
    const frame = buildInputFrame([...world, own], timesMs, { canonical, custom: [{ dataset: 'my_signal', column: 'score' }] });
    const table = engineerFeatures(frame);
    const row = rowOf(table, 100);
    const value = (name: string) => row[table.names.indexOf(name)];
    expect(value('custom:my_signal.score')).toBe(99 * 99);
    expect(value('custom:my_signal.score_difference_1d')).toBe(99 * 99 - 98 * 98);
    expect(value('custom:my_signal.score_z_30')).toBeGreaterThan(1);
    expect(featureCodeHash(CATALOGUE)).not.toBe(featureCodeHash([...CATALOGUE, { ...CATALOGUE[0]!, name: 'x' }]));
  });
});

describe('findLookahead', () => {
  const checkTimesMs = timesMs.filter((_, row) => row >= 240 && row % 5 === 0);

  it('finds nothing in the catalogue', () => {
    expect(findLookahead(pipeline, world, { decisionTimesMs: timesMs, checkTimesMs })).toEqual([]);
  });

  it("catches a feature that reads tomorrow's close", () => {
    const leaky: TablePipeline = (series, times) => {
      const frame = frameOf(series, times);
      const tomorrow = series[0]!;
      const leak: FeatureDefinition = {
        name: 'tomorrows_return',
        family: 'returns',
        unit: 'log return',
        lookback: 1,
        inputs: ['close'],
        description: 'Reads the close of the next day.',
        start: () => (row) => {
          const later = tomorrow.timeMs.indexOf(row.timeMs + 23 * HOUR_MS);
          return later < 0 ? Number.NaN : Math.log(tomorrow.numbers.close![later]! / row.close!);
        },
      };
      return engineerFeatures(frame, [...CATALOGUE, leak]);
    };
    const found = findLookahead(leaky, world, { decisionTimesMs: timesMs, checkTimesMs });
    expect(new Set(found.map((finding) => finding.name))).toEqual(new Set(['tomorrows_return']));
    expect(found.length).toBeGreaterThanOrEqual(3);
  });

  it('catches a normalisation over the whole range', () => {
    const normalised: TablePipeline = (series, times) => {
      const frame = frameOf(series, times);
      const close = frame.columns.close!;
      const highest = Math.max(...close);
      return {
        timeMs: times,
        names: ['scaled_close'],
        matrix: { data: close.map((price) => price / highest), rows: close.length, columns: 1 },
      };
    };
    const day = timesMs.slice(5, 250);
    expect(findLookahead(normalised, world, { decisionTimesMs: timesMs, checkTimesMs: day }).length).toBeGreaterThan(0);
  });
});

describe('findRecursion', () => {
  const lookbacks = new Map(CATALOGUE.map((feature) => [feature.name, feature.lookback]));

  it('finds nothing in the catalogue', () => {
    expect(findRecursion(pipeline, world, { decisionTimesMs: timesMs, lookbacks, cuts: [1, 30, 120] })).toEqual([]);
  });

  it('catches an average that never forgets', () => {
    const endless: TablePipeline = (series, times) => {
      const endlessAverage: FeatureDefinition = {
        name: 'endless_average',
        family: 'trend',
        unit: 'price',
        lookback: 20,
        inputs: ['close'],
        description: 'Exponential average over all of history.',
        start() {
          let average = Number.NaN;
          return (row) => {
            average = Number.isNaN(average) ? row.close! : average + 0.1 * (row.close! - average);
            return average;
          };
        },
      };
      return engineerFeatures(frameOf(series, times), [endlessAverage]);
    };
    const found = findRecursion(endless, world, { decisionTimesMs: timesMs, lookbacks: new Map([['endless_average', 20]]) });
    expect(found.map((finding) => finding.name)).toContain('endless_average');
  });
});

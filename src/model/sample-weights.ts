import { DAY_MS, type TimeMs } from '../domain/index.ts';

/** How much rows count in training, beyond once each. What is left out changes nothing. */
export interface WeightPolicy {
  /** Age in days at which a row counts half as much as a new one. */
  readonly halfLifeDays?: number | undefined;
  /** Whether every class counts as much as every other in the base learners; what is calibrated keeps its true shares. */
  readonly isClassBalanced?: boolean | undefined;
  /** Whether rows whose labels overlap share their weight. */
  readonly isUniqueness?: boolean | undefined;
}

export interface WeightedRows {
  /** Decision times, ascending. */
  readonly timeMs: Float64Array;
  /** When each label became known: its span is [timeMs, labelKnownMs). */
  readonly labelKnownMs: Float64Array;
  readonly labels: Uint8Array;
}

export interface SampleWeights {
  /** For the base learners. */
  readonly base: Float64Array;
  /** For the meta-classifier and the calibration: without the balance of classes, which would make probabilities untrue. */
  readonly judged: Float64Array;
}

/** Weights of training rows, each kind with mean 1; nothing where the policy asks for none. */
export function sampleWeights(rows: WeightedRows, policy: WeightPolicy, untilMs: TimeMs): SampleWeights | undefined {
  const { halfLifeDays, isClassBalanced, isUniqueness } = policy;
  if (halfLifeDays === undefined && !isClassBalanced && !isUniqueness) return undefined;
  const judged = new Float64Array(rows.labels.length).fill(1);
  if (halfLifeDays !== undefined) multiply(judged, recencyWeights(rows.timeMs, halfLifeDays, untilMs));
  if (isUniqueness) multiply(judged, averageUniqueness(rows.timeMs, rows.labelKnownMs));
  const base = judged.slice();
  if (isClassBalanced) multiply(base, balancedWeights(rows.labels));
  return { base: withMeanOne(base), judged: withMeanOne(judged) };
}

/** Half for every half-life of age. */
export const recencyWeights = (timeMs: Float64Array, halfLifeDays: number, untilMs: TimeMs): Float64Array =>
  timeMs.map((time) => 0.5 ** ((untilMs - time) / (halfLifeDays * DAY_MS)));

/** rows / (classes that occur * rows of the class), as scikit-learn's `balanced`. */
export function balancedWeights(labels: Uint8Array): Float64Array {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Float64Array.from(labels, (label) => labels.length / (counts.size * counts.get(label)!));
}

/**
 * Average uniqueness of each label (López de Prado, Advances in Financial Machine Learning, 2018, section 4.4): the mean
 * over its span of one over the number of labels whose spans cover that moment, 0..1. Spans ascend in their starts.
 */
export function averageUniqueness(startMs: Float64Array, endMs: Float64Array): Float64Array {
  const borders = Float64Array.from(new Set([...startMs, ...endMs])).sort();
  const place = new Map(Array.from(borders, (border, i) => [border, i]));
  const change = new Int32Array(borders.length);
  startMs.forEach((start, row) => {
    change[place.get(start)!]! += 1;
    change[place.get(endMs[row]!)!]! -= 1;
  });
  const covered = new Float64Array(borders.length + 1);
  let open = 0;
  for (let i = 0; i < borders.length; i += 1) {
    open += change[i]!;
    const spanMs = i + 1 < borders.length ? borders[i + 1]! - borders[i]! : 0;
    covered[i + 1] = covered[i]! + (open > 0 ? spanMs / open : 0);
  }
  return Float64Array.from(startMs, (start, row) => {
    const end = endMs[row]!;
    return end > start ? Math.min(1, (covered[place.get(end)!]! - covered[place.get(start)!]!) / (end - start)) : 1;
  });
}

function multiply(values: Float64Array, factors: Float64Array): void {
  for (let row = 0; row < values.length; row += 1) values[row]! *= factors[row]!;
}

function withMeanOne(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value / mean);
}

import type { Rng, TimeMs } from '../domain/index.ts';
import {
  accuracy,
  adaptiveSet,
  dieboldMariano,
  logLoss,
  observeOutcome,
  persistenceBaseline,
  startAdaptiveConformal,
  stationaryBootstrapInterval,
  type TrainingSet,
  trainableRows,
  UNKNOWN_LABEL,
} from '../model/index.ts';
import type { PastPrediction } from './retrain.ts';

const CONFIDENCE = 0.9;
const RESAMPLES = 2_000;
const COVERAGE = 0.9;
const SMALLEST = 1e-15;

/** Predictions of a model on rows whose outcome is known, ascending in time. */
export interface JudgedRows {
  readonly rows: readonly number[];
  /** rows x 3. */
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
}

/** A figure with its 90 % interval by stationary bootstrap over the days. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

function intervalOf(values: Float64Array, rng: Rng): Interval {
  const [low, high] = stationaryBootstrapInterval(values, { confidence: CONFIDENCE, resamples: RESAMPLES, rng });
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low, high };
}

/** Log loss, Brier score and hits of each day, as intervals. */
export function scoreIntervals({ probabilities, labels }: JudgedRows, rng: Rng) {
  const daily = (of: (row: number, label: number) => number) => Float64Array.from(labels, (label, row) => of(row, label));
  const share = (row: number, k: number) => probabilities[row * 3 + k]!;
  const isHit = (row: number, label: number) => [0, 1, 2].every((k) => share(row, k) <= share(row, label));
  return {
    logLoss: intervalOf(
      daily((row, label) => -Math.log(Math.max(SMALLEST, share(row, label)))),
      rng,
    ),
    brier: intervalOf(
      daily((row, label) => [0, 1, 2].reduce((sum, k) => sum + (share(row, k) - (k === label ? 1 : 0)) ** 2, 0)),
      rng,
    ),
    accuracy: intervalOf(
      daily((row, label) => (isHit(row, label) ? 1 : 0)),
      rng,
    ),
  };
}

/** How a model compares with other predictions of the same days: above zero its log loss is lower. */
export interface Comparison {
  readonly days: number;
  readonly logLoss: number;
  readonly accuracy: number;
  readonly gain: Interval;
  readonly dieboldMariano: number;
}

function compare({ probabilities, labels }: JudgedRows, other: Float64Array, rng: Rng): Comparison {
  const log = (values: Float64Array, row: number, label: number) => Math.log(Math.max(SMALLEST, values[row * 3 + label]!));
  const gains = Float64Array.from(labels, (label, row) => log(probabilities, row, label) - log(other, row, label));
  return {
    days: labels.length,
    logLoss: logLoss(other, labels),
    accuracy: accuracy(other, labels),
    gain: intervalOf(gains, rng),
    dieboldMariano: dieboldMariano(gains),
  };
}

/** Against someone who quotes how often each class followed the last known one in the model's training window. */
export function againstPersistence(judged: JudgedRows, set: TrainingSet, fromMs: TimeMs, trainedUntilMs: TimeMs, rng: Rng) {
  const training = Uint8Array.from(trainableRows(set, fromMs, trainedUntilMs), (row) => set.label[row]!);
  const last = judged.rows.map((row) => lastKnownLabel(set, row));
  if (training.length === 0 || last.includes(undefined)) return null;
  return compare(judged, persistenceBaseline(training, Uint8Array.from(last as number[])), rng);
}

/** Against what had been said beforehand by the models that served on those days. */
export function againstServed(
  judged: JudgedRows,
  set: TrainingSet,
  served: readonly PastPrediction[],
  rng: Rng,
): Comparison | null {
  const said = new Map(served.map(({ decisionTimeMs, probabilities }) => [decisionTimeMs, probabilities]));
  const kept = judged.rows.flatMap((row, i) => (said.has(set.timeMs[row]!) ? [i] : []));
  if (kept.length === 0) return null;
  const rows = kept.map((i) => judged.rows[i]!);
  const probabilities = Float64Array.from(kept.flatMap((i) => [...judged.probabilities.subarray(i * 3, i * 3 + 3)]));
  const labels = Uint8Array.from(kept, (i) => judged.labels[i]!);
  const other = Float64Array.from(rows.flatMap((row) => [...said.get(set.timeMs[row]!)!]));
  return compare({ rows, probabilities, labels }, other, rng);
}

/** Adaptive prediction sets over the days: how often they held the truth, and how many classes they had. */
export function conformalCoverage({ probabilities, labels }: JudgedRows) {
  let state = startAdaptiveConformal(new Float64Array(0), new Uint8Array(0), 3, { coverage: COVERAGE });
  let hits = 0;
  let classes = 0;
  labels.forEach((label, row) => {
    const own = probabilities.subarray(row * 3, row * 3 + 3);
    const set = adaptiveSet(state, own);
    hits += set.includes(label) ? 1 : 0;
    classes += set.length;
    state = observeOutcome(state, own, label);
  });
  return { nominal: COVERAGE, coverage: hits / labels.length, meanClasses: classes / labels.length };
}

/** Mean return of a day on which Ether is held for a BUY that is sure enough, net of the cost of entering and leaving. */
export function tradingValue(
  { rows, probabilities }: JudgedRows,
  forwardReturn: Float64Array,
  { threshold, costOfChange }: { readonly threshold: number; readonly costOfChange: number },
  rng: Rng,
) {
  let held = 0;
  let signals = 0;
  const net = Float64Array.from(rows, (row, i) => {
    const [buy = 0, sell = 0, hold = 0] = probabilities.subarray(i * 3, i * 3 + 3);
    const wanted = buy >= threshold && buy > sell && buy > hold ? 1 : 0;
    const cost = wanted === held ? 0 : costOfChange;
    signals += wanted;
    held = wanted;
    return wanted * forwardReturn[row]! - cost;
  });
  return { buySignals: signals, netReturnPerDay: intervalOf(net, rng), costOfChange };
}

function lastKnownLabel(set: TrainingSet, row: number): number | undefined {
  for (let before = row - 1; before >= 0; before -= 1) {
    if (set.label[before] !== UNKNOWN_LABEL && set.labelKnownMs[before]! <= set.timeMs[row]!) return set.label[before]!;
  }
  return undefined;
}

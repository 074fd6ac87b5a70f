import type { Rng, TimeMs } from '../domain/index.ts';
import {
  adaptiveFromScores,
  adaptiveSets,
  type Comparison,
  comparePredictions,
  meanWithInterval,
  persistenceBaseline,
  type SignalPolicy,
  signalReturns,
  type TrainingSet,
  trainableRows,
  UNKNOWN_LABEL,
} from '../model/index.ts';
import type { PastPrediction } from './retrain.ts';

/** How every interval of a judgement is made: 90 %, by stationary bootstrap over the days. */
export const INTERVALS = { confidence: 0.9, resamples: 2_000 };
const COVERAGE = 0.9;

/** Predictions of a model on rows whose outcome is known, ascending in time. */
export interface JudgedRows {
  readonly rows: readonly number[];
  /** rows x 3. */
  readonly probabilities: Float64Array;
  readonly labels: Uint8Array;
}

/** Against other predictions of the same rows. */
export const against = ({ probabilities, labels }: JudgedRows, others: Float64Array, rng: Rng): Comparison =>
  comparePredictions(probabilities, others, labels, { ...INTERVALS, rng });

/** Against someone who quotes how often each class came with the last one known in the model's training window. */
export function againstPersistence(
  judged: JudgedRows,
  set: TrainingSet,
  fromMs: TimeMs,
  trainedUntilMs: TimeMs,
  rng: Rng,
): Comparison | null {
  const trained = trainableRows(set, fromMs, trainedUntilMs);
  const training = Uint8Array.from(trained, (row) => set.label[row]!);
  const last = judged.rows.map((row) => lastKnownLabel(set, row));
  if (training.length === 0 || last.includes(undefined)) return null;
  const before = trained.map((row) => lastKnownLabel(set, row));
  return against(judged, persistenceBaseline(training, Uint8Array.from(last as number[]), before), rng);
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
  return against({ rows, probabilities, labels }, other, rng);
}

/**
 * Adaptive prediction sets over the days, each from the outcomes that were known when it was asked for: how often they
 * held the truth, and how many classes they had.
 */
export function conformalCoverage({ rows, probabilities, labels }: JudgedRows, set: TrainingSet) {
  const days = rows.map((row, i) => ({
    timeMs: set.timeMs[row]!,
    knownMs: set.labelKnownMs[row]!,
    probabilities: probabilities.subarray(i * 3, i * 3 + 3),
    label: labels[i]!,
  }));
  const sets = adaptiveSets(adaptiveFromScores(new Float64Array(0), { coverage: COVERAGE }), days);
  const hits = sets.filter((given, i) => given.includes(labels[i]!)).length;
  const classes = sets.reduce((sum, given) => sum + given.length, 0);
  return { nominal: COVERAGE, coverage: hits / labels.length, meanClasses: classes / labels.length };
}

/** Mean return of a day on which Ether is held for a BUY that is sure enough, net of the cost of entering and leaving. */
export function tradingValue({ rows, probabilities }: JudgedRows, forwardReturn: Float64Array, policy: SignalPolicy, rng: Rng) {
  const days = rows.map((row, i) => ({
    probabilities: probabilities.subarray(i * 3, i * 3 + 3),
    forwardReturn: forwardReturn[row]!,
  }));
  const { returns, buySignals } = signalReturns(days, policy);
  return {
    buySignals,
    netReturnPerDay: meanWithInterval(returns, { ...INTERVALS, rng }),
    costOfChange: policy.costOfChange,
  };
}

function lastKnownLabel(set: TrainingSet, row: number): number | undefined {
  for (let before = row - 1; before >= 0; before -= 1) {
    if (set.label[before] !== UNKNOWN_LABEL && set.labelKnownMs[before]! <= set.timeMs[row]!) return set.label[before]!;
  }
  return undefined;
}

import type { Rng } from '../../domain/index.ts';
import { dieboldMariano, stationaryBootstrapInterval } from './mean-interval.ts';
import type { Interval } from './score-intervals.ts';
import { accuracy, logLoss } from './scores.ts';

/** How predictions compare with others of the same days: above zero their log loss is lower. */
export interface Comparison {
  readonly days: number;
  /** Of the others. */
  readonly logLoss: number;
  readonly accuracy: number;
  /** Nats a day that the log loss of the others lies above, with its interval by stationary bootstrap. */
  readonly gain: Interval;
  /** Statistic of Diebold and Mariano (1995) of that gain. */
  readonly dieboldMariano: number;
}

export interface ComparisonSettings {
  /** Two-sided, such as 0.9. */
  readonly confidence: number;
  readonly resamples: number;
  readonly rng: Rng;
}

const SMALLEST = 1e-15;

/** Log probability that predictions gave to what came true, less that of others, row by row. Both are rows x 3. */
export const logLossGains = (probabilities: Float64Array, others: Float64Array, labels: Uint8Array): Float64Array =>
  Float64Array.from(labels, (label, row) => logOf(probabilities[row * 3 + label]!) - logOf(others[row * 3 + label]!));

/** The mean of a series whose neighbours may depend on each other, with its interval. */
export function meanWithInterval(values: Float64Array, settings: ComparisonSettings): Interval {
  const [low, high] = stationaryBootstrapInterval(values, settings);
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, low, high };
}

/** @param probabilities rows x 3, ascending in time @param others of the same rows */
export function comparePredictions(
  probabilities: Float64Array,
  others: Float64Array,
  labels: Uint8Array,
  settings: ComparisonSettings,
): Comparison {
  const gains = logLossGains(probabilities, others, labels);
  return {
    days: labels.length,
    logLoss: logLoss(others, labels),
    accuracy: accuracy(others, labels),
    gain: meanWithInterval(gains, settings),
    dieboldMariano: dieboldMariano(gains),
  };
}

const logOf = (probability: number): number => Math.log(Math.max(SMALLEST, probability));

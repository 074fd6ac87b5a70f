import type { Matrix, Rng } from '../../domain/index.ts';
import { stationaryBootstrapInterval } from '../evaluation/index.ts';
import type { Predict } from './shapley-contributions.ts';

export interface FeatureImportance {
  readonly column: number;
  /** Nats a row that the log loss rises by when the column is shuffled. */
  readonly rise: number;
  /** 90 % interval of the rise: where it includes 0 the feature may do nothing. */
  readonly interval: readonly [low: number, high: number];
}

const REPEATS = 5;
const RESAMPLES = 500;

/**
 * What each column is worth to a fitted model on rows it has not seen (Breiman 2001): the rise of the log loss when its
 * values are dealt out anew, with a stationary bootstrap interval over the rows, which ascend in time. Highest first.
 */
export function permutationImportance(predict: Predict, X: Matrix, y: Uint8Array, rng: Rng): FeatureImportance[] {
  const plain = rowLosses(predict(X), y);
  return Array.from({ length: X.columns }, (_, column): FeatureImportance => {
    const rises = new Float64Array(X.rows);
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const losses = rowLosses(predict(withShuffled(X, column, rng)), y);
      losses.forEach((loss, row) => {
        rises[row]! += (loss - plain[row]!) / REPEATS;
      });
    }
    const rise = rises.reduce((sum, value) => sum + value, 0) / X.rows;
    return { column, rise, interval: stationaryBootstrapInterval(rises, { confidence: 0.9, resamples: RESAMPLES, rng }) };
  }).sort((a, b) => b.rise - a.rise || a.column - b.column);
}

function rowLosses(probabilities: Float64Array, y: Uint8Array): Float64Array {
  const classes = probabilities.length / y.length;
  return Float64Array.from(y, (label, row) => -Math.log(Math.max(1e-15, probabilities[row * classes + label]!)));
}

function withShuffled(X: Matrix, column: number, rng: Rng): Matrix {
  const data = X.data.slice();
  for (let i = X.rows - 1; i > 0; i--) {
    const [own, other] = [i * X.columns + column, Math.floor(rng() * (i + 1)) * X.columns + column];
    [data[own], data[other]] = [data[other]!, data[own]!];
  }
  return { ...X, data };
}

import type { Matrix, Rng } from '../../domain/index.ts';
import { stationaryBootstrapInterval } from '../evaluation/index.ts';

/** Anything that gives rows probabilities: a learner, a stack, an ensemble. */
export type Predict = (X: Matrix) => Float64Array;

export interface PermutationImportance {
  readonly columns: readonly number[];
  /** Nats a row that the log loss rises by when the columns are shuffled, all by the same order. */
  readonly rise: number;
  /** 90 % interval of the rise: where it includes 0 they may do nothing. */
  readonly interval: readonly [low: number, high: number];
}

const REPEATS = 5;
const RESAMPLES = 500;

/**
 * What each group of columns is worth to a fitted model on rows it has not seen (Breiman 2001): the rise of the log loss when its
 * values are dealt out anew, with a stationary bootstrap interval over the rows, which ascend in time. Highest first.
 */
export function permutationImportance(
  predict: Predict,
  X: Matrix,
  y: Uint8Array,
  groups: readonly (readonly number[])[],
  rng: Rng,
): PermutationImportance[] {
  const plain = rowLosses(predict(X), y);
  const found = groups.map((columns): PermutationImportance => {
    const rises = new Float64Array(X.rows);
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const losses = rowLosses(predict(withShuffled(X, columns, rng)), y);
      losses.forEach((loss, row) => {
        rises[row]! += (loss - plain[row]!) / REPEATS;
      });
    }
    const rise = rises.reduce((sum, value) => sum + value, 0) / X.rows;
    return { columns, rise, interval: stationaryBootstrapInterval(rises, { confidence: 0.9, resamples: RESAMPLES, rng }) };
  });
  return found.sort((a, b) => b.rise - a.rise);
}

function rowLosses(probabilities: Float64Array, y: Uint8Array): Float64Array {
  const classes = probabilities.length / y.length;
  return Float64Array.from(y, (label, row) => -Math.log(Math.max(1e-15, probabilities[row * classes + label]!)));
}

function withShuffled(X: Matrix, columns: readonly number[], rng: Rng): Matrix {
  const data = X.data.slice();
  for (let i = X.rows - 1; i > 0; i--) {
    const other = Math.floor(rng() * (i + 1));
    for (const column of columns) {
      const [one, two] = [i * X.columns + column, other * X.columns + column];
      [data[one], data[two]] = [data[two]!, data[one]!];
    }
  }
  return { ...X, data };
}

import type { Matrix } from '../../domain/index.ts';
import type { LearnerSpec } from './learner-spec.ts';

export interface FitOptions {
  /** Number of classes; 3 (BUY, SELL, HOLD) unless told otherwise. */
  readonly classes?: number;
  /** Weight per row, not negative; all 1 unless told otherwise. */
  readonly weights?: Float64Array;
}

/** A model that was fitted. Immutable; the same training gives the same bytes. */
export interface FittedLearner {
  readonly classes: number;
  /** Probabilities, `classes` per row, each row summing to 1. @throws ModelError `learner.shape_mismatch`, `learner.infinite_value` */
  predictProba(X: Matrix): Float64Array;
  /** Share of each column in what the model uses, summing to 1; all 0 where it uses none. */
  featureImportance(): Float64Array;
  /** What each column moved each probability by between two rows, columns x classes; they add up to the difference. */
  contributions(from: Float64Array, to: Float64Array): Float64Array;
  toBytes(): Uint8Array;
  /** Writes the bytes to a file, atomically. */
  save(path: string): Promise<void>;
}

/** A learner with its settings. Fitting never changes the input, nor the learner. */
export interface Learner {
  /** Kind and settings as plain data, which is what worker threads receive. */
  readonly spec: LearnerSpec;
  /** @throws ModelError with a code `learner.*` for input that cannot be learnt from */
  fit(X: Matrix, y: Uint8Array, options?: FitOptions): Promise<FittedLearner>;
}

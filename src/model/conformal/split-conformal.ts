import { checkCoverage, classesWithin, conformalQuantile, nonconformity } from './conformal-scores.ts';

/** Fitted split conformal prediction: plain data, stored beside the model it was fitted for. */
export interface SplitConformal {
  /** Share of rows whose true class a set should contain, 0..1. */
  readonly coverage: number;
  /** A class is in the set where one minus its probability is at most this. Infinite: every class. */
  readonly threshold: number;
}

/** The same with the scores that the threshold was taken from, oldest first: adaptive sets start from them. */
export interface ScoredConformal extends SplitConformal {
  readonly scores?: readonly number[] | undefined;
}

/**
 * Split conformal prediction with the least ambiguous sets (Sadinle, Lei and Wasserman 2019). `probabilities` (row-major,
 * `classes` per row) must come from a model that did not learn from these rows. Where later rows are exchangeable with
 * these, sets contain the true class with probability at least `coverage` and, without ties, at most
 * `1 / (rows + 1)` more. Markets are not exchangeable: see `startAdaptiveConformal`.
 * @throws ModelError `conformal.*`
 */
export function fitSplitConformal(
  probabilities: Float64Array,
  labels: Uint8Array,
  classes: number,
  coverage: number,
): SplitConformal {
  checkCoverage(coverage);
  return { coverage, threshold: conformalQuantile(nonconformity(probabilities, labels, classes).sort(), coverage) };
}

/** The classes that cannot be ruled out for one row. An empty set says that the row is unlike what was calibrated on. */
export const predictionSet = ({ threshold }: SplitConformal, probabilities: ArrayLike<number>): number[] =>
  classesWithin(probabilities, threshold);

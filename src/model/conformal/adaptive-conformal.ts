import { ModelError } from '../../domain/index.ts';
import { checkCoverage, classesWithin, conformalQuantile, nonconformity } from './conformal-scores.ts';

export interface AdaptiveConformalOptions {
  /** Share of rows whose true class a set should contain, 0..1. */
  readonly coverage: number;
  /** How far one outcome moves the working miss rate. 0.02 */
  readonly rate?: number;
  /** How many of the newest scores are compared with. 500 */
  readonly window?: number;
}

/** Where adaptive conformal prediction stands: plain data, replaced and never changed by `observeOutcome`. */
export interface AdaptiveConformal {
  readonly coverage: number;
  readonly rate: number;
  readonly window: number;
  /** The miss rate asked for at present; leaves 0..1 for a while where outcomes surprise, or never do. */
  readonly missRate: number;
  /** Nonconformity of the newest outcomes, oldest first. */
  readonly scores: Float64Array;
}

/**
 * Adaptive conformal inference (Gibbs and Candes 2021): a miss makes later sets wider, a hit a little narrower. Whatever
 * the outcomes do, after `n` of them the share of misses is within `(1 + rate) / (rate * n)` of `1 - coverage`.
 * It starts from out-of-fold probabilities (row-major, `classes` per row, ascending in time); none are needed.
 * @throws ModelError `conformal.*`
 */
export const startAdaptiveConformal = (
  probabilities: Float64Array,
  labels: Uint8Array,
  classes: number,
  options: AdaptiveConformalOptions,
): AdaptiveConformal => adaptiveFromScores(nonconformity(probabilities, labels, classes), options);

/** The same from nonconformity scores, oldest first. @throws ModelError `conformal.bad_coverage`, `conformal.bad_setting` */
export function adaptiveFromScores(
  scores: Float64Array,
  { coverage, rate = 0.02, window = 500 }: AdaptiveConformalOptions,
): AdaptiveConformal {
  checkCoverage(coverage);
  if (!(rate > 0 && rate < 1) || !Number.isInteger(window) || window < 1) {
    throw new ModelError(
      'conformal.bad_setting',
      `rate must be between 0 and 1 and window a whole number of rows, not ${rate} and ${window}`,
      {
        details: { rate, window },
      },
    );
  }
  return { coverage, rate, window, missRate: 1 - coverage, scores: scores.slice(-window) };
}

/** The classes that cannot be ruled out for one row at present: all while misses must be made up for. */
export function adaptiveSet({ missRate, scores }: AdaptiveConformal, probabilities: ArrayLike<number>): number[] {
  if (missRate <= 0) return Array.from(probabilities, (_, k) => k);
  if (missRate >= 1) return [];
  return classesWithin(probabilities, conformalQuantile(scores.slice().sort(), 1 - missRate));
}

/**
 * The state after the label of a row is known. `probabilities` are those that its set was made from. Labels that become
 * known late are observed in the order in which they do, with the set that had been given. @throws ModelError `conformal.*`
 */
export function observeOutcome(
  state: AdaptiveConformal,
  probabilities: Float64Array,
  label: number,
  given: readonly number[] = adaptiveSet(state, probabilities),
): AdaptiveConformal {
  const score = nonconformity(probabilities, Uint8Array.of(label), probabilities.length);
  const missed = given.includes(label) ? 0 : 1;
  const scores = Float64Array.of(...state.scores.subarray(Math.max(0, state.scores.length + 1 - state.window)), score[0]!);
  return { ...state, missRate: state.missRate + state.rate * (1 - state.coverage - missed), scores };
}

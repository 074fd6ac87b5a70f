import { percentileInterval, type Rng, resampleInBlocks } from '../../domain/index.ts';
import { expectedCalibrationError } from './calibration-error.ts';
import { accuracy, balancedAccuracy, brierScore, confusionMatrix, logLoss, matthewsCorrelation, perClass } from './scores.ts';

/** A figure with an interval around it. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Every score of predictions, by name; null where it is not defined. */
export interface Scores<Score = number> {
  readonly logLoss: Score;
  readonly brier: Score;
  readonly accuracy: Score;
  readonly balancedAccuracy: Score;
  readonly mcc: Score;
  readonly ece: Score;
  /** Of BUY, SELL and HOLD; null where a class was never predicted, or never came true. */
  readonly perClass: readonly { readonly precision: Score | null; readonly recall: Score | null }[];
}

export interface ScoreIntervalSettings {
  /** Two-sided, such as 0.9. */
  readonly confidence: number;
  readonly resamples: number;
  readonly rng: Rng;
}

/** @param probabilities rows x 3, row-major */
export function allScores(probabilities: Float64Array, labels: Uint8Array): Scores {
  const confusion = confusionMatrix(probabilities, labels);
  return {
    logLoss: logLoss(probabilities, labels),
    brier: brierScore(probabilities, labels),
    accuracy: accuracy(probabilities, labels),
    balancedAccuracy: balancedAccuracy(confusion),
    mcc: matthewsCorrelation(confusion),
    ece: expectedCalibrationError(probabilities, labels),
    perClass: perClass(confusion),
  };
}

/**
 * Every score with its interval by stationary bootstrap: rows are resampled in blocks, and each score is computed anew
 * from each resample. Resamples in which a precision or recall is not defined do not count for it. Chance adds to the
 * calibration error of a resample, so that its interval lies high. Rows ascend in time.
 */
export function scoreIntervals(
  probabilities: Float64Array,
  labels: Uint8Array,
  { confidence, resamples, rng }: ScoreIntervalSettings,
): Scores<Interval> {
  const rows = labels.length;
  const numbers = Float64Array.from({ length: rows }, (_, row) => row);
  const drawn = new Float64Array(rows);
  const [p, y] = [new Float64Array(rows * 3), new Uint8Array(rows)];
  const all = Array.from({ length: resamples }, () => {
    resampleInBlocks(numbers, Math.cbrt(rows), rng, drawn);
    for (let i = 0; i < rows; i++) {
      const row = drawn[i]!;
      y[i] = labels[row]!;
      for (let k = 0; k < 3; k++) p[i * 3 + k] = probabilities[row * 3 + k]!;
    }
    return allScores(p, y);
  });
  const around = (mean: number, of: (scores: Scores) => number | null): Interval => {
    const defined = Float64Array.from(all.flatMap((scores) => of(scores) ?? [])).sort();
    const [low, high] = defined.length === 0 ? [mean, mean] : percentileInterval(defined, confidence);
    return { mean, low, high };
  };
  const optional = (mean: number | null, of: (scores: Scores) => number | null) => (mean === null ? null : around(mean, of));
  const own = allScores(probabilities, labels);
  const named = (name: Exclude<keyof Scores, 'perClass'>) => around(own[name], (scores) => scores[name]);
  return {
    logLoss: named('logLoss'),
    brier: named('brier'),
    accuracy: named('accuracy'),
    balancedAccuracy: named('balancedAccuracy'),
    mcc: named('mcc'),
    ece: named('ece'),
    perClass: own.perClass.map(({ precision, recall }, k) => ({
      precision: optional(precision, (scores) => scores.perClass[k]!.precision),
      recall: optional(recall, (scores) => scores.perClass[k]!.recall),
    })),
  };
}

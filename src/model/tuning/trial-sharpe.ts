import type { Trial } from './trial.ts';

/** With fewer trials their spread says little. */
const LEAST_TRIALS = 10;

/**
 * Sharpe ratio per day of following a trial's signals over all of its folds, 0 where they never traded; nothing where
 * returns were not measured.
 */
export function trialSharpe({ folds }: Trial): number | null {
  let [days, sum, squares] = [0, 0, 0];
  for (const { rows, returns } of folds) {
    if (!returns) return null;
    days += rows;
    sum += rows * returns.mean;
    squares += rows * returns.meanSquare;
  }
  const mean = sum / days;
  const variance = squares / days - mean ** 2;
  return variance > 0 ? mean / Math.sqrt(variance) : 0;
}

/**
 * Variance of the Sharpe ratios per day of the trials that finished: what the deflated Sharpe ratio sets the best of
 * them against (Bailey and Lopez de Prado 2014). @returns `null` with fewer than 10 that were measured
 */
export function trialSharpeVariance(trials: readonly Trial[]): number | null {
  const ratios = trials.filter(({ state }) => state === 'finished').flatMap((trial) => trialSharpe(trial) ?? []);
  if (ratios.length < LEAST_TRIALS) return null;
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  return ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (ratios.length - 1);
}

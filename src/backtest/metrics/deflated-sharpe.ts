import { shape } from './moments.ts';
import { normalCdf, normalQuantile } from './normal-distribution.ts';
import { dailySharpe } from './sharpe-ratio.ts';

/** What an estimated Sharpe ratio rests on; `sharpe` per observation, not a year. */
export interface SharpeEstimate {
  readonly sharpe: number;
  readonly observations: number;
  readonly skewness: number;
  /** 3 of a normal distribution. */
  readonly kurtosis: number;
}

/**
 * Probability that the true Sharpe ratio is above `benchmark` (Bailey & Lopez de Prado 2012, The Sharpe Ratio Efficient
 * Frontier). Null with fewer than two observations or where the estimate's variance is not positive.
 */
export function probabilisticSharpe({ sharpe, observations, skewness, kurtosis }: SharpeEstimate, benchmark = 0): number | null {
  const variance = 1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe ** 2;
  if (observations < 2 || !(variance > 0)) return null;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(observations - 1)) / Math.sqrt(variance));
}

const EULER_MASCHERONI = 0.5772156649015329;

/** The highest Sharpe ratio to expect of `trials` strategies without skill whose estimates vary by `variance`. */
export function expectedMaxSharpe(trials: number, variance: number): number {
  if (trials <= 1) return 0;
  const highest = normalQuantile(1 - 1 / trials);
  const next = normalQuantile(1 - 1 / (trials * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * highest + EULER_MASCHERONI * next);
}

/**
 * Probability that the Sharpe ratio is real although it is the best of `trials` tried (Bailey & Lopez de Prado 2014, The
 * Deflated Sharpe Ratio). With one trial it is the probabilistic Sharpe ratio against 0. `trialVariance` is the variance
 * of the trials' Sharpe ratios per observation; unless told, that of estimates without skill, 1 / (n - 1).
 */
export function deflatedSharpe(returns: Float64Array, trials = 1, trialVariance = 1 / (returns.length - 1)): number | null {
  const sharpe = dailySharpe(returns);
  if (sharpe === null) return null;
  return probabilisticSharpe(
    { sharpe, observations: returns.length, ...shape(returns) },
    expectedMaxSharpe(trials, trialVariance),
  );
}

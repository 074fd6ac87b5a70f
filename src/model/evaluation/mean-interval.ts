import { percentileInterval, type Rng, resampleInBlocks } from '../../domain/index.ts';

export interface BootstrapSettings {
  /** Two-sided, such as 0.9. */
  readonly confidence: number;
  readonly resamples: number;
  readonly rng: Rng;
  /** Mean length of a block in rows; by the cube root of the length unless told. */
  readonly meanBlock?: number;
}

/** Interval of the mean of a series whose neighbours may depend on each other: stationary bootstrap (Politis and Romano 1994). */
export function stationaryBootstrapInterval(
  values: Float64Array,
  settings: BootstrapSettings,
): readonly [low: number, high: number] {
  const { confidence, resamples, rng, meanBlock = Math.cbrt(values.length) } = settings;
  const sample = new Float64Array(values.length);
  const means = Float64Array.from({ length: resamples }, () => {
    resampleInBlocks(values, meanBlock, rng, sample);
    return sample.reduce((sum, value) => sum + value, 0) / values.length;
  });
  return percentileInterval(means.sort(), confidence);
}

/**
 * Mean over its standard error with Newey-West weights (1987), the statistic of Diebold and Mariano (1995) for a
 * series of loss differences; Harvey, Leybourne and Newbold's (1997) small-sample factor applied. 0 for a constant series.
 */
export function dieboldMariano(differences: Float64Array, lags = Math.floor(Math.cbrt(differences.length))): number {
  const n = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const covariance = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < n; i++) sum += (differences[i]! - mean) * (differences[i - lag]! - mean);
    return sum / n;
  };
  let variance = covariance(0);
  for (let lag = 1; lag <= lags; lag++) variance += 2 * (1 - lag / (lags + 1)) * covariance(lag);
  if (!(variance > 0)) return 0;
  const horizon = lags + 1;
  const small = Math.sqrt(Math.max(0, (n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n));
  return (mean / Math.sqrt(variance / n)) * small;
}

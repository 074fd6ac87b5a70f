import type { Window } from './window.ts';

/** Plain statistics of a window without missing values. Each is NaN where it is not defined, such as a spread of zero below a ratio. */

export function sum(window: Window): number {
  const { values, end } = window;
  let total = 0;
  for (let i = window.start; i < end; i++) total += values[i]!;
  return total;
}

export const mean = (window: Window): number => sum(window) / window.length;

function sumOfPowers(window: Window, power: 2 | 3 | 4): number {
  const { values, end } = window;
  const centre = mean(window);
  let total = 0;
  for (let i = window.start; i < end; i++) {
    const deviation = values[i]! - centre;
    const square = deviation * deviation;
    total += power === 2 ? square : power === 3 ? square * deviation : square * square;
  }
  return total;
}

/** Standard deviation of the population (divisor n), as TA-Lib's STDDEV. */
export const populationDeviation = (window: Window): number => Math.sqrt(sumOfPowers(window, 2) / window.length);

/** Standard deviation of a sample (divisor n - 1). */
export const sampleDeviation = (window: Window): number => Math.sqrt(sumOfPowers(window, 2) / (window.length - 1));

/** Spread below this share of the values' size is rounding, not spread. */
const NO_SPREAD = 1e-12;

/** How many sample standard deviations the newest value lies from the window's mean. NaN where the window does not vary. */
export function zScore(window: Window): number {
  const centre = mean(window);
  const spread = sampleDeviation(window);
  return spread > NO_SPREAD * Math.abs(centre) && spread > 0 ? (window.newest - centre) / spread : Number.NaN;
}

/** Third standardised moment. */
export function skewness(window: Window): number {
  const variance = sumOfPowers(window, 2) / window.length;
  return variance > 0 ? sumOfPowers(window, 3) / window.length / variance ** 1.5 : Number.NaN;
}

/** Fourth standardised moment less 3. */
export function excessKurtosis(window: Window): number {
  const variance = sumOfPowers(window, 2) / window.length;
  return variance > 0 ? sumOfPowers(window, 4) / window.length / variance ** 2 - 3 : Number.NaN;
}

export function maximum(window: Window): number {
  const { values, end } = window;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = window.start; i < end; i++) if (values[i]! > best) best = values[i]!;
  return best;
}

export function minimum(window: Window): number {
  const { values, end } = window;
  let best = Number.POSITIVE_INFINITY;
  for (let i = window.start; i < end; i++) if (values[i]! < best) best = values[i]!;
  return best;
}

/** Rows since the newest of the window's highest values (of its lowest with `sign` -1). */
export function rowsSinceExtreme(window: Window, sign: 1 | -1): number {
  let best = 0;
  for (let back = 1; back < window.length; back++) {
    if (sign * window.back(back) > sign * window.back(best)) best = back;
  }
  return best;
}

/** Share of the window's other values that are below the newest, equal ones counting half: 0..1. */
export function rankOfNewest(window: Window): number {
  const { values, end, newest } = window;
  let below = 0;
  for (let i = window.start; i < end - 1; i++) below += values[i]! < newest ? 1 : values[i] === newest ? 0.5 : 0;
  return below / (window.length - 1);
}

/** Share of the window's values for which `holds`. */
export function shareWhere(window: Window, holds: (value: number) => boolean): number {
  let count = 0;
  for (let back = 0; back < window.length; back++) if (holds(window.back(back))) count++;
  return count / window.length;
}

/** Least-squares line through the window: slope per row, and share of variance explained (1 where nothing varies about the line). */
export function line(window: Window): { readonly slope: number; readonly rSquared: number; readonly endpoint: number } {
  const { values, start, length } = window;
  const middle = (length - 1) / 2;
  const centre = mean(window);
  let [covariance, spread, total] = [0, 0, 0];
  for (let i = 0; i < length; i++) {
    const deviation = values[start + i]! - centre;
    covariance += (i - middle) * deviation;
    spread += (i - middle) ** 2;
    total += deviation * deviation;
  }
  const slope = covariance / spread;
  return { slope, rSquared: total > 0 ? (slope * covariance) / total : Number.NaN, endpoint: centre + slope * middle };
}

/** Pearson correlation of two windows of one length. */
export function correlation(a: Window, b: Window): number {
  const [centreA, centreB] = [mean(a), mean(b)];
  let [both, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a.values[a.start + i]! - centreA;
    const y = b.values[b.start + i]! - centreB;
    both += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  const scale = Math.sqrt(squaresA * squaresB);
  return scale > 0 ? Math.max(-1, Math.min(1, both / scale)) : Number.NaN;
}

/** Correlation of the window's values with those one row before. */
export function autocorrelation(window: Window): number {
  const { values, start, end } = window;
  const centre = mean(window);
  let [covariance, variance] = [0, 0];
  for (let i = start; i < end; i++) {
    const deviation = values[i]! - centre;
    variance += deviation * deviation;
    if (i > start) covariance += deviation * (values[i - 1]! - centre);
  }
  return variance > 0 ? covariance / variance : Number.NaN;
}

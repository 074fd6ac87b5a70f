import { mean, standardDeviation } from './moments.ts';

/** Ether trades every day of the year. */
export const PERIODS_PER_YEAR = 365;

/** Returns that differ by less than this are rounding of equal ones. */
const NO_SPREAD = 1e-12;

/** Standard deviation of daily returns, annualised; null of fewer than two returns. */
export function annualVolatility(returns: Float64Array): number | null {
  return returns.length < 2 ? null : standardDeviation(returns) * Math.sqrt(PERIODS_PER_YEAR);
}

/** Mean over standard deviation (n - 1) of daily returns, not annualised; null where the returns do not vary. */
export function dailySharpe(returns: Float64Array): number | null {
  const spread = standardDeviation(returns);
  return spread > NO_SPREAD ? mean(returns) / spread : null;
}

/** Sharpe ratio a year, risk-free rate 0 (Sharpe 1994): sqrt(365) times the daily one. */
export function sharpeRatio(returns: Float64Array): number | null {
  const daily = dailySharpe(returns);
  return daily === null ? null : daily * Math.sqrt(PERIODS_PER_YEAR);
}

/** Sortino ratio a year, target 0: mean over the root mean square of the losses, all days counted; null without a loss. */
export function sortinoRatio(returns: Float64Array): number | null {
  const losses = Math.sqrt(mean(returns.map((x) => Math.min(x, 0) ** 2)));
  return losses > NO_SPREAD ? (mean(returns) / losses) * Math.sqrt(PERIODS_PER_YEAR) : null;
}

import type { InputFrame } from './input-frame.ts';

/** Days over which `knownDailyVolatility` looks, and how many returns among them it needs. */
const VOLATILITY_DAYS = 30;
const MIN_RETURNS = 20;

/**
 * Standard deviation of one-day log returns of the decision bars up to each row (sample, divisor n - 1), over the last
 * `days` of them; NaN with fewer than `MIN_RETURNS`. What a label's band is made from.
 */
export function knownDailyVolatility(inputs: InputFrame, days = VOLATILITY_DAYS): Float64Array {
  const close = inputs.columns.close!;
  const returns = Float64Array.from(close, (price, i) => (i === 0 ? Number.NaN : Math.log(price / close[i - 1]!)));
  return Float64Array.from(returns, (_, row) => {
    const known = returns.subarray(Math.max(0, row - days + 1), row + 1).filter((value) => Number.isFinite(value));
    if (known.length < MIN_RETURNS) return Number.NaN;
    const centre = known.reduce((total, value) => total + value, 0) / known.length;
    return Math.sqrt(known.reduce((total, value) => total + (value - centre) ** 2, 0) / (known.length - 1));
  });
}

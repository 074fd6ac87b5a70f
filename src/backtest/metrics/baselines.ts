/** Costs of one trade, in hundredths of a percent of its notional. */
export interface EntryCosts {
  readonly feeBps: number;
  readonly slippageBps: number;
}

/**
 * Equity of putting all cash into ETH at the first price, fee and slippage paid, and never trading again. It begins with
 * `startUsd`, before the purchase, so that the cost of it shows in the first return; nothing is sold at the end.
 */
export function buyAndHold(priceUsd: Float64Array, startUsd: number, { feeBps, slippageBps }: EntryCosts): Float64Array {
  const paidPrice = (priceUsd[0] ?? Number.NaN) * (1 + slippageBps / 10_000) * (1 + feeBps / 10_000);
  const quantity = startUsd / paidPrice;
  return priceUsd.map((price, i) => (i === 0 ? startUsd : quantity * price));
}

/** Equity of doing nothing. */
export const cash = (days: number, startUsd: number): Float64Array => new Float64Array(days).fill(startUsd);

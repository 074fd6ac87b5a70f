/** A position in a perpetual with the margin set aside for it. Numbers: they are compared with limits, never booked. */
export interface MarginedPosition {
  /** Negative when short. */
  readonly quantityEth: number;
  readonly entryPriceUsd: number;
  /** Isolated margin: all that the position can lose. */
  readonly marginUsd: number;
  /** Share of the notional that has to be left, or the venue closes the position. */
  readonly maintenanceMarginRate: number;
}

/**
 * The price at which the venue closes a position with isolated margin in one-way mode, in USD; 0 where a long one cannot be
 * closed at any price. Binance, "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts": (WB + cum - side q EP) /
 * (q (MMR - side)) with TMM = UPNL = 0, WB the isolated margin, side 1 or -1; cum is 0 in the lowest bracket and only moves
 * the price further away in others.
 */
export function liquidationPrice(position: MarginedPosition): number {
  const { quantityEth, entryPriceUsd, marginUsd, maintenanceMarginRate } = position;
  const side = Math.sign(quantityEth);
  const quantity = Math.abs(quantityEth);
  if (quantity === 0) return 0;
  const price = (marginUsd - side * quantity * entryPriceUsd) / (quantity * (maintenanceMarginRate - side));
  return Math.max(0, price);
}

/** How far the price may still go against a position before it is liquidated, as a fraction; negative beyond it. */
export const liquidationDistance = (quantityEth: number, liquidationPriceUsd: number, priceUsd: number): number =>
  quantityEth > 0 ? 1 - liquidationPriceUsd / priceUsd : liquidationPriceUsd / priceUsd - 1;

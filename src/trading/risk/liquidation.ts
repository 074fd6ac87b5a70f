import { toNumber } from '../../domain/index.ts';
import type { Position } from '../position.ts';
import type { FuturesLimits } from './risk-limits.ts';

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

/** Below this share of the distance that a new position needs, an open one is left. */
const EMERGENCY_SHARE = 0.5;

/**
 * Whether a position has to be left before it is liquidated.
 * @param venueLiquidationUsd what the venue says; reckoned from the entry price where it does not
 */
export function isNearLiquidation(
  position: Pick<Position, 'quantityEth' | 'costUsd'>,
  { leverage, maintenanceMarginRate, minLiquidationDistance }: FuturesLimits,
  priceUsd: number,
  venueLiquidationUsd?: number,
): boolean {
  const quantityEth = toNumber(position.quantityEth);
  if (quantityEth === 0) return false;
  const costUsd = toNumber(position.costUsd);
  const marginUsd = Math.abs(costUsd) / leverage;
  const entryPriceUsd = costUsd / quantityEth;
  const liquidationUsd =
    venueLiquidationUsd ?? liquidationPrice({ quantityEth, entryPriceUsd, marginUsd, maintenanceMarginRate });
  return liquidationDistance(quantityEth, liquidationUsd, priceUsd) < EMERGENCY_SHARE * minLiquidationDistance;
}

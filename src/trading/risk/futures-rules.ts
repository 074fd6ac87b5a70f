import { type Reason, reason } from '../reason.ts';
import { liquidationDistance, liquidationPrice } from './liquidation.ts';
import type { AccountView, RiskContext } from './risk-input.ts';
import type { FuturesLimits, RiskLimits } from './risk-limits.ts';

/** What denies an exposure that only a perpetual can have. @param target signed share of equity */
export function futuresDenials(target: number, account: AccountView, limits: RiskLimits, context: RiskContext): Reason[] {
  const { futures } = limits;
  if (target < 0 && futures?.allowShort !== true) return [reason('short_not_allowed', target, 0)];
  return futures === undefined ? [] : liquidationTooNear(target, account, futures, context);
}

/**
 * The planned position's liquidation price has to be far enough away, and beyond the stop: a stop that the venue's
 * liquidation comes before protects nothing.
 */
function liquidationTooNear(target: number, account: AccountView, futures: FuturesLimits, { priceUsd }: RiskContext): Reason[] {
  const held = Math.sign(target) === Math.sign(account.exposure) ? Math.abs(account.exposure) : 0;
  const wanted = Math.max(held, Math.min(Math.abs(target), futures.leverage));
  const entry = account.entryPriceUsd ?? priceUsd;
  // In shares of equity: what is held at its own entry price, what is added at the price now.
  const heldEth = held / priceUsd;
  const addedEth = (wanted - held) / priceUsd;
  const entryPriceUsd = (heldEth * entry + addedEth * priceUsd) / (heldEth + addedEth);
  const quantityEth = (heldEth + addedEth) * Math.sign(target);
  const marginUsd = (Math.abs(quantityEth) * entryPriceUsd) / futures.leverage;
  const { maintenanceMarginRate } = futures;
  const liquidationUsd = liquidationPrice({ quantityEth, entryPriceUsd, marginUsd, maintenanceMarginRate });
  const distance = liquidationDistance(quantityEth, liquidationUsd, priceUsd);
  const least = Math.max(futures.minLiquidationDistance, futures.stopLoss ?? 0);
  return distance >= least ? [] : [reason('liquidation_distance', distance, least)];
}

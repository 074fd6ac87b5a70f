import { type Money, type TimeMs, toNumber } from '../domain/index.ts';
import { isNearLiquidation, type OrderOutcome } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import { exitOrder } from './exit-order.ts';

/** Whether a position in a perpetual has to be left at that price: nearer to its liquidation than half of what a new one needs. */
export function isLiquidationNear({ engine, route, settings }: CycleParts, priceUsd: Money): boolean {
  const { position } = engine.ledger;
  const { futures } = settings.limits;
  if (futures === undefined) return false;
  const said = route.liquidation?.();
  const saidUsd = said?.quantityEth.eq(position.quantityEth) ? toNumber(said.priceUsd) : undefined;
  return isNearLiquidation(position, futures, toNumber(priceUsd), saidUsd);
}

/**
 * Leaves a position in a perpetual at the market where its liquidation is near: before the venue does it, at its price and
 * for its fee. @returns the orders; nothing where there is no need
 */
export async function leaveBeforeLiquidation(
  parts: CycleParts,
  priceUsd: Money,
  nowMs: TimeMs,
): Promise<readonly OrderOutcome[]> {
  const { engine, route } = parts;
  if (engine.ledger.workingOrders().length > 0 || !isLiquidationNear(parts, priceUsd)) return [];
  const exit = exitOrder(parts, { leg: 'liquidation_near', priceUsd, nowMs });
  if (exit === undefined) return [];
  await route.accrueFunding?.(engine, nowMs);
  return route.settle(engine, [exit]);
}

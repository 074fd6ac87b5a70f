import { HOUR_MS, type TimeMs, toNumber } from '../domain/index.ts';
import { isNearLiquidation, type OrderOutcome, planExit, type Quote } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';

/**
 * Leaves a position in a perpetual at the market where the price is nearer to its liquidation than half of what a new one
 * needs: before the venue does it, at its price and for its fee. @returns the orders; nothing where there is no need
 */
export async function leaveBeforeLiquidation(parts: CycleParts, quote: Quote, nowMs: TimeMs): Promise<readonly OrderOutcome[]> {
  const { engine, route, settings } = parts;
  const { ledger } = engine;
  const { futures } = settings.limits;
  if (futures === undefined || ledger.workingOrders().length > 0) return [];
  const said = route.liquidation?.();
  const { quantityEth } = ledger.position;
  const saidUsd = said?.quantityEth.eq(quantityEth) ? toNumber(said.priceUsd) : undefined;
  if (!isNearLiquidation(ledger.position, futures, toNumber(quote.priceUsd), saidUsd)) return [];
  const exit = planExit(ledger, {
    leg: 'liquidation_near',
    symbol: settings.symbol,
    mode: settings.mode,
    priceUsd: quote.priceUsd,
    filters: route.market().filters,
    nowMs,
    validUntilMs: parts.clock.nowMs() + HOUR_MS,
    reason: 'liquidation_near',
    isPerpetual: true,
  });
  if (exit === undefined) return [];
  await route.accrueFunding?.(engine, nowMs);
  return route.settle(engine, [exit]);
}

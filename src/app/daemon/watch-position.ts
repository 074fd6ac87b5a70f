import { HOUR_MS, toNumber } from '../../domain/index.ts';
import { checkProtection, type OrderOutcome, planExit, protectedAt, trailOver } from '../../trading/index.ts';
import type { CycleParts } from '../cycle-types.ts';
import { leaveBeforeLiquidation } from '../leave-before-liquidation.ts';

/**
 * Between decisions: leaves the position where the price now is beyond its stop or target. Where both rest at the exchange
 * they are kept in step with the position, and what they sold is asked for when the price is there.
 */
export async function watchPosition(parts: CycleParts): Promise<readonly OrderOutcome[]> {
  const { engine, route, settings, market, clock } = parts;
  const { ledger } = engine;
  await route.protect(engine);
  const { protection } = ledger.position;
  if (protection === null || ledger.openTrade === null || ledger.workingOrders().length > 0) return [];
  const nowMs = clock.nowMs();
  const quote = await market.quote(nowMs);
  if (!quote) return [];
  const left = await leaveBeforeLiquidation(parts, quote, nowMs);
  if (left.length > 0) return left;
  const price = toNumber(quote.priceUsd);
  const now = [{ openTimeMs: nowMs, open: price, high: price, low: price }];
  const trigger = checkProtection(protection, now);
  if (!trigger) {
    const raised = trailOver(protection, now);
    if (raised !== protection) await engine.recordProtection(raised);
    return [];
  }
  if (protectedAt(ledger) === 'exchange') return endedByExchange(engine);
  const exit = planExit(ledger, {
    leg: trigger.leg,
    symbol: settings.symbol,
    mode: settings.mode,
    priceUsd: quote.priceUsd,
    filters: route.market().filters,
    nowMs,
    validUntilMs: nowMs + HOUR_MS,
    reason: trigger.leg,
    isPerpetual: settings.limits.futures !== undefined,
  });
  if (exit) await route.accrueFunding?.(engine, nowMs);
  return exit ? route.settle(engine, [exit]) : [];
}

/** Orders of the pair that the exchange has filled, whole or in part. */
async function endedByExchange(engine: CycleParts['engine']): Promise<OrderOutcome[]> {
  const before = engine.ledger.fillCount;
  const outcomes = await engine.refresh();
  return engine.ledger.fillCount === before ? [] : outcomes.filter(({ filledQuantity }) => filledQuantity !== '0');
}

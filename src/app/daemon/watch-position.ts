import { HOUR_MS, toNumber } from '../../domain/index.ts';
import { checkProtection, type OrderOutcome, planExit, protectedAt, trailOver } from '../../trading/index.ts';
import type { CycleParts } from '../cycle-types.ts';

/**
 * Between decisions: sells the position where the price now is beyond its stop or target. Where both rest at the exchange
 * they are kept in step with the position, and what they sold is asked for when the price is there.
 */
export async function watchPosition({ engine, route, settings, market, clock }: CycleParts): Promise<OrderOutcome[]> {
  const { ledger } = engine;
  await route.protect(engine);
  const { protection, quantityEth } = ledger.position;
  if (protection === null || quantityEth.eq(0) || ledger.workingOrders().length > 0) return [];
  const nowMs = clock.nowMs();
  const quote = await market.quote(nowMs);
  if (!quote) return [];
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
  });
  return exit ? route.settle(engine, [exit]) : [];
}

/** Orders of the pair that the exchange has filled, whole or in part. */
async function endedByExchange(engine: CycleParts['engine']): Promise<OrderOutcome[]> {
  const before = engine.ledger.fillCount;
  const outcomes = await engine.refresh();
  return engine.ledger.fillCount === before ? [] : outcomes.filter(({ filledQuantity }) => filledQuantity !== '0');
}

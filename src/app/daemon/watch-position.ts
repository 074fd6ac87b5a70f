import { type Money, minMoney, type TimeMs, toNumber } from '../../domain/index.ts';
import {
  checkPrice,
  decisionId,
  type OrderLeg,
  type OrderOutcome,
  type ProtectionTrigger,
  protectedAt,
  trail,
} from '../../trading/index.ts';
import type { CycleParts } from '../cycle-types.ts';
import { exitOrder } from '../exit-order.ts';
import type { TradingSession } from '../trading-session.ts';

/** What one look at the position came to. */
export interface PositionLook {
  readonly orders: readonly OrderOutcome[];
  /** Whether a price was known, where one was needed. */
  readonly hasPrice: boolean;
  /** Set where a price reached a level and the second one did not: nothing was sold. */
  readonly doubtful: string | null;
}

const NOTHING: PositionLook = { orders: [], hasPrice: true, doubtful: null };

/**
 * Between decisions: sells the position where the price now is beyond its stop or target. One price may be wrong, so a
 * second one has to say the same first: asked for after `pause`, and from another source where the first is what a
 * stream told. Where stop and target rest at the exchange, what they sold is asked for when the price is there.
 */
export async function watchPosition(session: TradingSession, pause: () => Promise<void>): Promise<PositionLook> {
  const { cycle, turn } = session;
  const { engine, market, clock } = cycle;
  const { ledger } = engine;
  const { protection, quantityEth } = ledger.position;
  if (protection === null || quantityEth.eq(0)) return NOTHING;
  const nowMs = clock.nowMs();
  const quote = await market.quote(nowMs);
  if (!quote) return { ...NOTHING, hasPrice: false };
  const trigger = checkPrice(protection, toNumber(quote.priceUsd), nowMs);
  if (trigger && protectedAt(ledger) === 'exchange') return { ...NOTHING, orders: await endedByExchange(engine) };
  if (!trigger && trail(protection, quote.priceUsd).highestPriceUsd === protection.highestPriceUsd) return NOTHING;
  if (trigger) await pause();
  const second = await (market.secondQuote ?? market.quote)(clock.nowMs());
  if (!second) return { ...NOTHING, hasPrice: false };
  if (!trigger) {
    await raiseStop(session, minMoney(quote.priceUsd, second.priceUsd));
    return NOTHING;
  }
  if (!isSameSide(trigger, reached(cycle, second.priceUsd))) {
    return { ...NOTHING, doubtful: `${trigger.leg} at ${quote.priceUsd.toFixed()}, then ${second.priceUsd.toFixed()}` };
  }
  return { ...NOTHING, orders: await turn.takeUrgently(() => sellAt(cycle, second.priceUsd)) };
}

/** Sells the position where the price is beyond a level; whoever calls holds the turn. */
async function sellAt(cycle: CycleParts, priceUsd: Money): Promise<readonly OrderOutcome[]> {
  const trigger = reached(cycle, priceUsd);
  // Meanwhile it was sold, or a pair was placed at the exchange.
  if (!trigger || protectedAt(cycle.engine.ledger) === 'exchange') return [];
  return sellPosition(cycle, trigger.leg, priceUsd);
}

/**
 * Cancels what is open and sells the position at the market. Nothing is sold while the outcome of an order is not known:
 * it may have sold the same. Whoever calls holds the turn.
 */
export async function sellPosition(cycle: CycleParts, leg: OrderLeg, priceUsd: Money): Promise<readonly OrderOutcome[]> {
  const { engine, route } = cycle;
  for (const { intent } of engine.ledger.workingOrders()) await engine.cancel(intent.clientOrderId);
  if (engine.ledger.workingOrders().length > 0) return [];
  const exit = exitOrder(cycle, { leg, priceUsd });
  return exit ? route.settle(engine, [exit]) : [];
}

/** Where nobody acts meanwhile; at the next look otherwise. */
async function raiseStop({ cycle, turn }: TradingSession, priceUsd: Money): Promise<void> {
  if (!turn.isFree) return;
  await turn.take(async () => {
    const { protection } = cycle.engine.ledger.position;
    if (protection === null) return;
    const raised = trail(protection, priceUsd);
    if (raised.highestPriceUsd !== protection.highestPriceUsd) await cycle.engine.recordProtection(raised);
  });
}

const reached = ({ engine, clock }: CycleParts, priceUsd: Money): ProtectionTrigger | undefined =>
  engine.ledger.position.quantityEth.eq(0)
    ? undefined
    : checkPrice(engine.ledger.position.protection, toNumber(priceUsd), clock.nowMs());

const isSameSide = (one: ProtectionTrigger, other: ProtectionTrigger | undefined): boolean =>
  other !== undefined && (one.leg === 'take_profit') === (other.leg === 'take_profit');

/** Orders of the pair that the exchange has filled, whole or in part. */
async function endedByExchange(engine: CycleParts['engine']): Promise<OrderOutcome[]> {
  const before = engine.ledger.fillCount;
  const outcomes = await engine.refresh();
  return engine.ledger.fillCount === before ? [] : outcomes.filter(({ filledQuantity }) => filledQuantity !== '0');
}

/**
 * Whether the position has been held for as long as it may be, and no decision is there to say so: one that is due at
 * that time or later, and can still be made, may renew it instead.
 * @param decisionMs the last time at which a decision was scheduled, and so long may one be late
 */
export function isHeldTooLong(
  { engine, settings, clock }: CycleParts,
  decision: { readonly dueMs: TimeMs; readonly lateMs: number },
): boolean {
  const { lastBuyMs, quantityEth } = engine.ledger.position;
  if (lastBuyMs === null || !quantityEth.gt(0) || engine.ledger.openTrade === null) return false;
  const endMs = lastBuyMs + settings.policy.maxHoldingMs;
  const nowMs = clock.nowMs();
  if (nowMs < endMs) return false;
  const isAwaited = decision.dueMs >= endMs && nowMs < decision.dueMs + decision.lateMs;
  const id = decisionId({ ...settings, decisionTimeMs: decision.dueMs });
  return !isAwaited || engine.ledger.decisionIds.has(id);
}

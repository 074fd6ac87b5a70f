import { type Money, maxMoney, minMoney, type TimeMs, toNumber } from '../../domain/index.ts';
import {
  checkPrice,
  decisionId,
  type OrderLeg,
  type OrderOutcome,
  type Protection,
  protectedAt,
  trail,
} from '../../trading/index.ts';
import type { CycleParts } from '../cycle-types.ts';
import { whyDoubtful } from '../doubtful-price.ts';
import { exitOrder } from '../exit-order.ts';
import { isLiquidationNear } from '../leave-before-liquidation.ts';
import type { TradingSession } from '../trading-session.ts';

/** What one look at the position came to. */
export interface PositionLook {
  readonly orders: readonly OrderOutcome[];
  /** Whether a price was known, where one was needed. */
  readonly hasPrice: boolean;
  /** Set where a price reached a level and is not believed, by the second one or by what was known before: nothing was traded. */
  readonly doubtful: string | null;
}

const NOTHING: PositionLook = { orders: [], hasPrice: true, doubtful: null };

/**
 * Between decisions: leaves the position where the price now is beyond its stop or target, or near its liquidation. One
 * price may be wrong, so a second one has to say the same first: asked for after `pause`, and from another source where the
 * first is what a stream told. Two that agree on an absurd price are no price either. Where stop and target rest at the exchange, what they sold is asked for when the price is there.
 */
export async function watchPosition(session: TradingSession, pause: () => Promise<void>): Promise<PositionLook> {
  const { cycle, turn } = session;
  const { engine, market, clock, settings } = cycle;
  const { ledger } = engine;
  const { protection, quantityEth } = ledger.position;
  const isWatched = protection !== null || settings.limits.futures !== undefined;
  if (!isWatched || quantityEth.eq(0)) return NOTHING;
  const nowMs = clock.nowMs();
  const quote = await market.quote(nowMs);
  if (!quote) return { ...NOTHING, hasPrice: false };
  const reason = whyLeave(cycle, quote.priceUsd);
  if (reason && protectedAt(ledger) === 'exchange') return { ...NOTHING, orders: await endedByExchange(engine) };
  if (!reason && (protection === null || !moves(protection, quote.priceUsd))) return NOTHING;
  if (reason) await pause();
  const second = await (market.secondQuote ?? market.quote)(clock.nowMs());
  if (!second) return { ...NOTHING, hasPrice: false };
  const doubt = await whyDoubtful(cycle, second);
  if (doubt !== undefined)
    return {
      ...NOTHING,
      hasPrice: false,
      doubtful: `${reason ?? 'trailing_stop'} at ${second.priceUsd.toFixed()}, but ${doubt}`,
    };
  if (!reason) {
    const nearer = quantityEth.lt(0) ? maxMoney : minMoney;
    await moveStop(session, nearer(quote.priceUsd, second.priceUsd));
    return NOTHING;
  }
  if (!isSameSide(reason, whyLeave(cycle, second.priceUsd))) {
    return { ...NOTHING, doubtful: `${reason} at ${quote.priceUsd.toFixed()}, then ${second.priceUsd.toFixed()}` };
  }
  return { ...NOTHING, orders: await turn.takeUrgently(() => leaveAt(cycle, second.priceUsd)) };
}

/** Leaves the position where the price is beyond a level; whoever calls holds the turn. */
async function leaveAt(cycle: CycleParts, priceUsd: Money): Promise<readonly OrderOutcome[]> {
  const leg = whyLeave(cycle, priceUsd);
  // Meanwhile it was left, or a pair was placed at the exchange.
  if (!leg || protectedAt(cycle.engine.ledger) === 'exchange') return [];
  return sellPosition(cycle, leg, priceUsd);
}

/**
 * Cancels what is open and leaves the position at the market: sells it, or buys it back where it is short. Nothing is
 * traded while the outcome of an order is not known: it may have done the same. Whoever calls holds the turn.
 */
export async function sellPosition(cycle: CycleParts, leg: OrderLeg, priceUsd: Money): Promise<readonly OrderOutcome[]> {
  const { engine, route, clock } = cycle;
  for (const { intent } of engine.ledger.workingOrders()) await engine.cancel(intent.clientOrderId);
  if (engine.ledger.workingOrders().length > 0) return [];
  const exit = exitOrder(cycle, { leg, priceUsd });
  if (exit) await route.accrueFunding?.(engine, clock.nowMs());
  return exit ? route.settle(engine, [exit]) : [];
}

/** Where nobody acts meanwhile; at the next look otherwise. */
async function moveStop({ cycle, turn }: TradingSession, priceUsd: Money): Promise<void> {
  if (!turn.isFree) return;
  await turn.take(async () => {
    const { protection } = cycle.engine.ledger.position;
    if (protection === null) return;
    if (moves(protection, priceUsd)) await cycle.engine.recordProtection(trail(protection, priceUsd));
  });
}

/** Whether a price moves the trailing stop. */
function moves(protection: Protection, priceUsd: Money): boolean {
  const { highestPriceUsd, lowestPriceUsd } = trail(protection, priceUsd);
  return highestPriceUsd !== protection.highestPriceUsd || lowestPriceUsd !== protection.lowestPriceUsd;
}

/** The level that a price is beyond, or its being near the liquidation; undefined where there is nothing to leave for. */
function whyLeave(cycle: CycleParts, priceUsd: Money): OrderLeg | undefined {
  const { protection, quantityEth } = cycle.engine.ledger.position;
  if (quantityEth.eq(0)) return undefined;
  const trigger = checkPrice(protection, toNumber(priceUsd), cycle.clock.nowMs());
  if (trigger) return trigger.leg;
  return isLiquidationNear(cycle, priceUsd) ? 'liquidation_near' : undefined;
}

const isSameSide = (one: OrderLeg, other: OrderLeg | undefined): boolean =>
  other !== undefined && (one === 'take_profit') === (other === 'take_profit');

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
  if (lastBuyMs === null || quantityEth.eq(0) || engine.ledger.openTrade === null) return false;
  const endMs = lastBuyMs + settings.policy.maxHoldingMs;
  const nowMs = clock.nowMs();
  if (nowMs < endMs) return false;
  const isAwaited = decision.dueMs >= endMs && nowMs < decision.dueMs + decision.lateMs;
  const id = decisionId({ ...settings, decisionTimeMs: decision.dueMs });
  return !isAwaited || engine.ledger.decisionIds.has(id);
}

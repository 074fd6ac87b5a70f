import { HOUR_MS, type Money, maxMoney, money, type TimeMs, ZERO } from '../domain/index.ts';
import { type Ledger, manualDecisionId, type OrderIntent, type OrderLeg, planExit } from '../trading/index.ts';
import type { CycleParts } from './cycle-types.ts';
import { whyDoubtful } from './doubtful-price.ts';
import { lastKnownPrice, orUnknown } from './last-known-price.ts';

/** A way out of everything that is held, and why. */
export interface ExitWish {
  readonly leg: OrderLeg;
  readonly priceUsd: Money;
  /** The level that was reached, where one was. */
  readonly triggerPriceUsd?: Money;
  /** When it was reached; now unless told. */
  readonly nowMs?: TimeMs;
}

/**
 * The market order that leaves everything that is held, a sale or the purchase that closes a short; undefined where there is
 * nothing that can be traded. It belongs to the decision that opened the position. One that would trade more than that decision's earlier exits were meant to, as
 * after Ether was given by hand, and every order of `ets flatten`, has a decision of its own with a serial number.
 */
export function exitOrder({ engine, settings, route, clock }: CycleParts, wish: ExitWish): OrderIntent | undefined {
  const { ledger } = engine;
  const { strategy, symbol, mode } = settings;
  const nowMs = clock.nowMs();
  const input = {
    nowMs,
    ...wish,
    symbol,
    mode,
    filters: route.market().filters,
    validUntilMs: nowMs + HOUR_MS,
    reason: wish.leg,
    isPerpetual: settings.limits.futures !== undefined,
  };
  const exit = planExit(ledger, input);
  if (exit === undefined || (wish.leg !== 'flatten' && !leavesMoreThanMeant(ledger, exit))) return exit;
  const serial = 1 + [...ledger.orders.values()].filter(({ intent }) => intent.leg === wish.leg).length;
  const key = { strategy, symbol, mode, decisionTimeMs: ledger.position.lastBuyMs ?? 0 };
  return planExit(ledger, { ...input, decisionId: manualDecisionId(key, `${wish.leg} ${serial}`) });
}

function leavesMoreThanMeant(ledger: Ledger, { decisionId, leg, quantity }: OrderIntent): boolean {
  const attempts = ledger.attempts(decisionId, leg);
  if (attempts.length === 0) return false;
  const largest = attempts.reduce((most, { intent }) => maxMoney(most, money(intent.quantity)), ZERO);
  return attempts.reduce((sum, { filledQuantity }) => sum.plus(filledQuantity), money(quantity)).gt(largest);
}

/**
 * A price to size a way out at the market with, which itself needs none: what the exchange says where that can be a price, else
 * the last close, else what was paid. Undefined where nothing at all is known.
 */
export async function exitPrice(cycle: CycleParts): Promise<Money | undefined> {
  const quote = await orUnknown(() => cycle.market.quote(cycle.clock.nowMs()));
  return quote && (await whyDoubtful(cycle, quote)) === undefined ? quote.priceUsd : lastKnownPrice(cycle);
}

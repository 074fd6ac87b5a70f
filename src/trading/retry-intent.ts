import { floorToStep, type Money, maxMoney, minMoney, money, type TimeMs, toText, ZERO } from '../domain/index.ts';
import { clientOrderId } from './client-order-id.ts';
import type { Ledger } from './ledger.ts';
import { repricedLimit } from './limit-price.ts';
import { type OrderIntent, takesRisk } from './order.ts';
import { isTerminal } from './order-state.ts';
import { mostToTrade, type PurchaseCaps } from './purchase-caps.ts';
import { type Reason, reason } from './reason.ts';
import { closableBy } from './reserved.ts';
import { brokenFilter, mostAtOnce, type SymbolFilters, withoutSmallest } from './symbol-filters.ts';

export interface RetryOptions {
  readonly priceUsd: Money;
  readonly filters: SymbolFilters;
  readonly nowMs: TimeMs;
  readonly validUntilMs: TimeMs;
  /** Orders of one decision and leg, the first included. */
  readonly maxAttempts: number;
  readonly clientOrderIdLength?: number;
  /** What a purchase may come to now; absent: as much as the first attempt wanted. */
  readonly caps?: PurchaseCaps | undefined;
}

/** The next attempt, or the rule of the symbol for which there is none; null where there is nothing to order again. */
export type Retry =
  | { readonly kind: 'order'; readonly intent: OrderIntent }
  | { readonly kind: 'none'; readonly reason: Reason | null };

/** The order that `planRetry` plans, where it plans one. */
export function retryIntent(ledger: Ledger, intent: OrderIntent, options: RetryOptions): OrderIntent | undefined {
  const retry = planRetry(ledger, intent, options);
  return retry.kind === 'order' ? retry.intent : undefined;
}

const NOTHING: Retry = { kind: 'none', reason: null };

/**
 * A new order for what the ended orders of `intent`'s decision and leg left unfilled, under the id of the next attempt;
 * none while one of them is open, when nothing is left that the venue would take, when the exchange refused the last one
 * for what it is, or when the attempts are used up. Quantity and price are rounded by the rules given, so an order that
 * broke rules which changed is made anew, and given up where that changes nothing. A limit is priced anew; the last attempt
 * of a way out takes what the market gives, since leaving must stay possible. An order that takes more risk becomes smaller
 * where the price took it beyond the means or a limit. Of one that would have turned a position in a perpetual, and that
 * the gate denied, the way out of what is held is left. It goes through the gate like any order.
 */
export function planRetry(ledger: Ledger, intent: OrderIntent, options: RetryOptions): Retry {
  const attempts = ledger.attempts(intent.decisionId, intent.leg);
  const last = attempts.at(-1);
  if (last === undefined || attempts.some((order) => !isTerminal(order.state))) return NOTHING;
  const isRefused = last.state === 'REJECTED' && !last.isTransient && !last.brokeFilter;
  const isTurn = intent.reduceOnly === false && last.intent.reduceOnly === false && closableBy(intent, ledger).gt(0);
  if (isRefused || attempts.length >= options.maxAttempts) return NOTHING;
  if (last.state === 'NOT_SENT' && !isTurn) return NOTHING;
  const largest = attempts.reduce((most, order) => maxMoney(most, money(order.intent.quantity)), ZERO);
  const filled = attempts.reduce((sum, order) => sum.plus(order.filledQuantity), ZERO);
  const { type: _type, limitPriceUsd, postOnly, ...rest } = intent;
  const isWayOut = intent.reduceOnly === false && (last.state === 'NOT_SENT' || last.intent.reduceOnly === true);
  const reduceOnly = isWayOut ? true : intent.reduceOnly;
  const isLastExit = !takesRisk({ side: intent.side, reduceOnly }) && attempts.length + 1 >= options.maxAttempts;
  const limit =
    limitPriceUsd === undefined || isLastExit
      ? undefined
      : repricedLimit({ ...intent, limitPriceUsd }, options.priceUsd, options.filters.priceTick);
  const left = largest.minus(filled);
  const allowed = isWayOut
    ? closableBy(intent, ledger)
    : options.caps && takesRisk(intent)
      ? mostToTrade(ledger, intent.side, options.caps, options.priceUsd, limit)
      : left;
  const wanted = minMoney(left, allowed);
  const most = mostAtOnce(options.filters, limit === undefined ? 'market' : 'limit');
  const quantity = floorToStep(most ? minMoney(wanted, most) : wanted, options.filters.quantityStep);
  const rules = reduceOnly === true ? withoutSmallest(options.filters) : options.filters;
  const broken = brokenFilter({ side: intent.side, quantity, limitPriceUsd: limit }, options.priceUsd, rules);
  if (broken !== undefined) return { kind: 'none', reason: broken };
  const isSame = quantity.eq(last.intent.quantity) && limit?.toFixed() === last.intent.limitPriceUsd;
  if (last.brokeFilter && isSame) return { kind: 'none', reason: reason('unchanged', last.intent.quantity, toText(quantity)) };
  const attempt = last.intent.attempt + 1;
  const pricing =
    limit === undefined
      ? ({ type: 'market' } as const)
      : ({ type: 'limit', limitPriceUsd: limit.toFixed(), ...(postOnly !== undefined && { postOnly }) } as const);
  const next: OrderIntent = {
    ...rest,
    ...pricing,
    clientOrderId: clientOrderId(intent.decisionId, intent.leg, attempt, options.clientOrderIdLength),
    attempt,
    quantity: quantity.toFixed(),
    ...(reduceOnly !== undefined && { reduceOnly }),
    referencePriceUsd: options.priceUsd.toFixed(),
    plannedAtMs: options.nowMs,
    quantityStep: options.filters.quantityStep.toFixed(),
    validUntilMs: options.validUntilMs,
  };
  return { kind: 'order', intent: next };
}

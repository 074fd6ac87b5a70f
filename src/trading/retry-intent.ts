import { type Money, maxMoney, money, type TimeMs, ZERO } from '../domain/index.ts';
import { clientOrderId } from './client-order-id.ts';
import type { Ledger } from './ledger.ts';
import { repricedLimit } from './limit-price.ts';
import type { OrderIntent } from './order.ts';
import { isTerminal } from './order-state.ts';
import { brokenFilter, type SymbolFilters } from './symbol-filters.ts';

export interface RetryOptions {
  readonly priceUsd: Money;
  readonly filters: SymbolFilters;
  readonly nowMs: TimeMs;
  readonly validUntilMs: TimeMs;
  /** Orders of one decision and leg, the first included. */
  readonly maxAttempts: number;
  readonly clientOrderIdLength?: number;
}

/**
 * A new order for what the ended orders of `intent`'s decision and leg left unfilled, under the id of the next attempt;
 * undefined while one of them is open, when nothing is left that the venue would take, when the exchange refused the
 * last one for what it is, or when the attempts are used up. A limit is priced anew; the last attempt of a sale takes what
 * the market gives, since leaving must stay possible. It goes through the gate like any order.
 */
export function retryIntent(ledger: Ledger, intent: OrderIntent, options: RetryOptions): OrderIntent | undefined {
  const attempts = ledger.attempts(intent.decisionId, intent.leg);
  const last = attempts.at(-1);
  if (last === undefined || attempts.some((order) => !isTerminal(order.state))) return undefined;
  if ((last.state === 'REJECTED' && !last.isTransient) || last.state === 'NOT_SENT' || attempts.length >= options.maxAttempts)
    return undefined;
  const largest = attempts.reduce((most, order) => maxMoney(most, money(order.intent.quantity)), ZERO);
  const filled = attempts.reduce((sum, order) => sum.plus(order.filledQuantity), ZERO);
  const quantity = largest.minus(filled);
  const { type: _type, limitPriceUsd, postOnly, ...rest } = intent;
  const isLastSale = intent.side === 'sell' && attempts.length + 1 >= options.maxAttempts;
  const limit =
    limitPriceUsd === undefined || isLastSale
      ? undefined
      : repricedLimit({ ...intent, limitPriceUsd }, options.priceUsd, options.filters.priceTick);
  if (brokenFilter({ quantity, limitPriceUsd: limit }, options.priceUsd, options.filters) !== undefined) return undefined;
  const attempt = last.intent.attempt + 1;
  const pricing =
    limit === undefined
      ? ({ type: 'market' } as const)
      : ({ type: 'limit', limitPriceUsd: limit.toFixed(), ...(postOnly !== undefined && { postOnly }) } as const);
  return {
    ...rest,
    ...pricing,
    clientOrderId: clientOrderId(intent.decisionId, intent.leg, attempt, options.clientOrderIdLength),
    attempt,
    quantity: quantity.toFixed(),
    referencePriceUsd: options.priceUsd.toFixed(),
    plannedAtMs: options.nowMs,
    validUntilMs: options.validUntilMs,
  };
}

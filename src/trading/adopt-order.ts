import { money, toText } from '../domain/index.ts';
import type { OrderReport } from './broker.ts';
import type { Ledger } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { type Reason, reason } from './reason.ts';
import { freeToSell, freeToSpend } from './reserved.ts';
import type { SymbolFilters } from './symbol-filters.ts';
import type { TradingMode } from './trading-mode.ts';

/** Where an order that the journal does not know was found. */
export interface AdoptionContext {
  readonly symbol: string;
  readonly mode: TradingMode;
  readonly filters: SymbolFilters;
}

/**
 * The intent under which an order found at the exchange goes on in the journal, as if it had been planned here: its own
 * id, a decision of its own, and the time at which the exchange had it.
 */
export function adoptedIntent(
  { clientOrderId, side, quantity, limitPriceUsd, fills, atMs }: OrderReport,
  { symbol, mode, filters }: AdoptionContext,
): OrderIntent {
  return {
    clientOrderId,
    decisionId: `adopted-${clientOrderId}`,
    leg: side === 'buy' ? 'entry' : 'exit',
    attempt: 1,
    symbol,
    side,
    ...(limitPriceUsd === null ? { type: 'market' } : { type: 'limit', limitPriceUsd }),
    quantity: toText(quantity),
    quantityStep: toText(filters.quantityStep),
    referencePriceUsd: limitPriceUsd ?? fills[0]?.priceUsd ?? '0',
    plannedAtMs: atMs,
    validUntilMs: atMs,
    reason: 'adopted',
    modelId: null,
    mode,
  };
}

/** Why an order cannot go on as one of the journal's: its id does not fit, or it moves more than the journal owns. */
export function whyNotAdopt(
  { clientOrderId, side, quantity, referencePriceUsd }: OrderIntent,
  ledger: Ledger,
): Reason | undefined {
  if (clientOrderId === '' || clientOrderId.length > MAX_ID_LENGTH)
    return reason('client_order_id', clientOrderId.length, MAX_ID_LENGTH);
  if (!money(referencePriceUsd).gt(0)) return reason('price', referencePriceUsd, '0');
  const held = side === 'buy' ? freeToSpend(ledger, 0) : freeToSell(ledger);
  const needed = side === 'buy' ? money(quantity).times(referencePriceUsd) : money(quantity);
  return needed.gt(held) ? reason(side === 'buy' ? 'cash' : 'position', toText(needed), toText(held)) : undefined;
}

/** As long as the journal keeps ids. */
const MAX_ID_LENGTH = 36;

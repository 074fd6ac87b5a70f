import { floorToStep, type Money, type TimeMs, toText } from '../domain/index.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import type { Ledger } from './ledger.ts';
import { brokenFilter, type SymbolFilters, withoutSmallest } from './symbol-filters.ts';

/** Rules of a venue by which an amount is too small for any sale. */
const TOO_SMALL: readonly string[] = ['quantity_not_positive', 'min_quantity', 'min_notional'];

/** Whether an amount is too small for the venue to sell at this price: below its step, its least quantity or notional. */
export function isUnsellable(quantity: Money, priceUsd: Money, filters: SymbolFilters): boolean {
  const broken = brokenFilter({ side: 'sell', quantity: floorToStep(quantity, filters.quantityStep) }, priceUsd, filters);
  return broken !== undefined && TOO_SMALL.includes(broken.rule);
}

/**
 * The record that ends the open trade where what is left of it cannot be sold: a sale that was filled in part, or a smaller
 * target, may leave more than one step and less than the venue's least notional. Undefined while an order may still change
 * what is held, where it can be sold, and where no trade is open, so that it is written once. A position in a perpetual can
 * be closed whatever it is worth.
 */
export function dustRecord(
  ledger: Ledger,
  priceUsd: Money,
  filters: SymbolFilters,
  atMs: TimeMs,
): Extract<JournalRecord, { type: 'dust' }> | undefined {
  const { quantityEth } = ledger.position;
  const { openTrade } = ledger;
  if (openTrade === null || ledger.unsettledOrders().length > 0) return undefined;
  const rules = openTrade.direction === undefined ? filters : withoutSmallest(filters);
  if (!priceUsd.gt(0) || !isUnsellable(quantityEth.abs(), priceUsd, rules)) return undefined;
  return {
    type: 'dust',
    atMs,
    quantityEth: toText(quantityEth),
    valueUsd: toText(quantityEth.times(priceUsd)),
    minNotionalUsd: toText(filters.minNotionalUsd),
  };
}

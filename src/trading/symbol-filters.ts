import { isMultipleOf, type Money, money } from '../domain/index.ts';
import { type Reason, reason } from './reason.ts';

/** A venue's rules for one symbol. 0 means that there is no such rule. */
export interface SymbolFilters {
  /** Quantities are whole multiples of it. */
  readonly quantityStep: Money;
  readonly minQuantity: Money;
  readonly maxQuantity: Money;
  /** Prices are whole multiples of it. */
  readonly priceTick: Money;
  readonly minNotionalUsd: Money;
  /** A limit price may lie between these multiples of the market price. */
  readonly priceBandLow: Money;
  readonly priceBandHigh: Money;
}

/**
 * What a market takes now. limit_only, post_only: no orders at the market. cancel_only: no new orders. halted: the symbol
 * does not trade. maintenance: the exchange as a whole does not.
 */
export const MARKET_STATUSES = ['trading', 'limit_only', 'post_only', 'cancel_only', 'halted', 'maintenance'] as const;
export type MarketStatus = (typeof MARKET_STATUSES)[number];

/** A symbol as its venue shows it now. */
export interface SymbolMarket {
  readonly filters: SymbolFilters;
  readonly status: MarketStatus;
}

const NONE = money(0);

/** Binance spot ETHUSDT, as its exchangeInfo gives them. */
export const BINANCE_ETHUSDT_FILTERS: SymbolFilters = {
  quantityStep: money('0.0001'),
  minQuantity: money('0.0001'),
  maxQuantity: money('9000'),
  priceTick: money('0.01'),
  minNotionalUsd: money('5'),
  priceBandLow: money('0.2'),
  priceBandHigh: money('5'),
};

/** Binance USDⓈ-M ETHUSDT perpetual, as its exchangeInfo gives them. */
export const BINANCE_ETHUSDT_PERPETUAL_FILTERS: SymbolFilters = {
  quantityStep: money('0.001'),
  minQuantity: money('0.001'),
  maxQuantity: money('2000'),
  priceTick: money('0.01'),
  minNotionalUsd: money('20'),
  priceBandLow: money('0.95'),
  priceBandHigh: money('1.05'),
};

/** No venue rounding: quantities are cut after 12 decimals, so that digits do not grow from trade to trade. */
export const UNFILTERED: SymbolFilters = {
  quantityStep: money('0.000000000001'),
  minQuantity: NONE,
  maxQuantity: NONE,
  priceTick: NONE,
  minNotionalUsd: NONE,
  priceBandLow: NONE,
  priceBandHigh: NONE,
};

/** The rules for an order that only makes a position smaller: venues of perpetuals take it whatever it is worth. */
export const withoutSmallest = (filters: SymbolFilters): SymbolFilters => ({ ...filters, minNotionalUsd: NONE });

/** A venue's rules as they are written down. */
export type FilterTexts = Readonly<Record<keyof SymbolFilters, string>>;

export const filterTexts = (filters: SymbolFilters): FilterTexts => mapFilters(filters, (amount) => amount.toFixed());

export const filtersFromTexts = (texts: FilterTexts): SymbolFilters => mapFilters(texts, (text) => money(text));

const mapFilters = <From, To>(
  from: Readonly<Record<keyof SymbolFilters, From>>,
  map: (value: From) => To,
): Record<keyof SymbolFilters, To> => ({
  quantityStep: map(from.quantityStep),
  minQuantity: map(from.minQuantity),
  maxQuantity: map(from.maxQuantity),
  priceTick: map(from.priceTick),
  minNotionalUsd: map(from.minNotionalUsd),
  priceBandLow: map(from.priceBandLow),
  priceBandHigh: map(from.priceBandHigh),
});

/** The first rule that an order breaks, or nothing. `marketPriceUsd` values a market order and centres the price band. */
export function brokenFilter(
  order: { readonly quantity: Money; readonly limitPriceUsd?: Money | undefined },
  marketPriceUsd: Money,
  filters: SymbolFilters,
): Reason | undefined {
  const { quantity, limitPriceUsd } = order;
  const price = limitPriceUsd ?? marketPriceUsd;
  const text = (amount: Money) => amount.toFixed();
  if (!quantity.gt(0)) return reason('quantity_not_positive', text(quantity), '0');
  if (!isMultipleOf(quantity, filters.quantityStep)) {
    return reason('quantity_step', text(quantity), text(filters.quantityStep));
  }
  if (quantity.lt(filters.minQuantity)) return reason('min_quantity', text(quantity), text(filters.minQuantity));
  if (filters.maxQuantity.gt(0) && quantity.gt(filters.maxQuantity)) {
    return reason('max_quantity', text(quantity), text(filters.maxQuantity));
  }
  const notional = quantity.times(price);
  if (notional.lt(filters.minNotionalUsd)) return reason('min_notional', text(notional), text(filters.minNotionalUsd));
  if (limitPriceUsd === undefined) return undefined;
  if (!isMultipleOf(limitPriceUsd, filters.priceTick)) {
    return reason('price_tick', text(limitPriceUsd), text(filters.priceTick));
  }
  const low = marketPriceUsd.times(filters.priceBandLow);
  const high = marketPriceUsd.times(filters.priceBandHigh);
  if (filters.priceBandLow.gt(0) && limitPriceUsd.lt(low)) return reason('price_band', text(limitPriceUsd), text(low));
  if (filters.priceBandHigh.gt(0) && limitPriceUsd.gt(high)) return reason('price_band', text(limitPriceUsd), text(high));
  return undefined;
}

import { isMultipleOf, type Money, minMoney, money } from '../domain/index.ts';
import type { OrderSide } from './order.ts';
import { type Reason, reason } from './reason.ts';

/** A venue's rules for one symbol. 0 means that there is no such rule. */
export interface SymbolFilters {
  /** Quantities are whole multiples of it. */
  readonly quantityStep: Money;
  readonly minQuantity: Money;
  readonly maxQuantity: Money;
  /** Of orders at the market, besides `minQuantity` and `maxQuantity`. */
  readonly marketMinQuantity: Money;
  readonly marketMaxQuantity: Money;
  /** Prices are whole multiples of it. */
  readonly priceTick: Money;
  readonly minNotionalUsd: Money;
  /** The limit of a purchase may lie between these multiples of the market price. */
  readonly priceBandLow: Money;
  readonly priceBandHigh: Money;
  /** The same of a sale. */
  readonly sellBandLow: Money;
  readonly sellBandHigh: Money;
}

/**
 * What a market takes now. limit_only, post_only: no orders at the market. cancel_only: no new orders. halted: the symbol
 * does not trade. maintenance: the exchange as a whole does not. delisted: the exchange does not list it any more.
 */
export const MARKET_STATUSES = [
  'trading',
  'limit_only',
  'post_only',
  'cancel_only',
  'halted',
  'maintenance',
  'delisted',
] as const;
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
  marketMinQuantity: NONE,
  marketMaxQuantity: NONE,
  priceTick: money('0.01'),
  minNotionalUsd: money('5'),
  priceBandLow: money('0.2'),
  priceBandHigh: money('5'),
  sellBandLow: money('0.2'),
  sellBandHigh: money('5'),
};

/** Binance USDⓈ-M ETHUSDT perpetual, as its exchangeInfo gives them. */
export const BINANCE_ETHUSDT_PERPETUAL_FILTERS: SymbolFilters = {
  quantityStep: money('0.001'),
  minQuantity: money('0.001'),
  maxQuantity: money('10000'),
  marketMinQuantity: money('0.001'),
  marketMaxQuantity: money('2000'),
  priceTick: money('0.01'),
  minNotionalUsd: money('20'),
  priceBandLow: money('0.95'),
  priceBandHigh: money('1.05'),
  sellBandLow: money('0.95'),
  sellBandHigh: money('1.05'),
};

/** No venue rounding: quantities are cut after 12 decimals, so that digits do not grow from trade to trade. */
export const UNFILTERED: SymbolFilters = {
  quantityStep: money('0.000000000001'),
  minQuantity: NONE,
  maxQuantity: NONE,
  marketMinQuantity: NONE,
  marketMaxQuantity: NONE,
  priceTick: NONE,
  minNotionalUsd: NONE,
  priceBandLow: NONE,
  priceBandHigh: NONE,
  sellBandLow: NONE,
  sellBandHigh: NONE,
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
  marketMinQuantity: map(from.marketMinQuantity),
  marketMaxQuantity: map(from.marketMaxQuantity),
  priceTick: map(from.priceTick),
  minNotionalUsd: map(from.minNotionalUsd),
  priceBandLow: map(from.priceBandLow),
  priceBandHigh: map(from.priceBandHigh),
  sellBandLow: map(from.sellBandLow),
  sellBandHigh: map(from.sellBandHigh),
});

/** The most that one order takes; undefined where there is no such rule. */
export function mostAtOnce(filters: SymbolFilters, type: 'market' | 'limit'): Money | undefined {
  const rules = type === 'limit' ? [filters.maxQuantity] : [filters.maxQuantity, filters.marketMaxQuantity];
  const [first, second] = rules.filter((rule) => rule.gt(0));
  return first && second ? minMoney(first, second) : first;
}

/** The first rule that an order breaks, or nothing. `marketPriceUsd` values a market order and centres the price band. */
export function brokenFilter(
  order: { readonly side: OrderSide; readonly quantity: Money; readonly limitPriceUsd?: Money | undefined },
  marketPriceUsd: Money,
  filters: SymbolFilters,
): Reason | undefined {
  const { side, quantity, limitPriceUsd } = order;
  const price = limitPriceUsd ?? marketPriceUsd;
  const text = (amount: Money) => amount.toFixed();
  if (!quantity.gt(0)) return reason('quantity_not_positive', text(quantity), '0');
  if (!isMultipleOf(quantity, filters.quantityStep)) {
    return reason('quantity_step', text(quantity), text(filters.quantityStep));
  }
  if (quantity.lt(filters.minQuantity)) return reason('min_quantity', text(quantity), text(filters.minQuantity));
  const isMarket = limitPriceUsd === undefined;
  if (isMarket && quantity.lt(filters.marketMinQuantity)) {
    return reason('min_quantity', text(quantity), text(filters.marketMinQuantity));
  }
  const most = mostAtOnce(filters, isMarket ? 'market' : 'limit');
  if (most !== undefined && quantity.gt(most)) return reason('max_quantity', text(quantity), text(most));
  const notional = quantity.times(price);
  if (notional.lt(filters.minNotionalUsd)) return reason('min_notional', text(notional), text(filters.minNotionalUsd));
  if (limitPriceUsd === undefined) return undefined;
  if (!isMultipleOf(limitPriceUsd, filters.priceTick)) {
    return reason('price_tick', text(limitPriceUsd), text(filters.priceTick));
  }
  const [bandLow, bandHigh] =
    side === 'buy' ? [filters.priceBandLow, filters.priceBandHigh] : [filters.sellBandLow, filters.sellBandHigh];
  const low = marketPriceUsd.times(bandLow);
  const high = marketPriceUsd.times(bandHigh);
  if (limitPriceUsd.lt(low)) return reason('price_band', text(limitPriceUsd), text(low));
  if (bandHigh.gt(0) && limitPriceUsd.gt(high)) return reason('price_band', text(limitPriceUsd), text(high));
  return undefined;
}

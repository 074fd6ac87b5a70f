import { isMultipleOf, type Money, money } from '../../domain/index.ts';
import type { OrderRequest } from './order.ts';

/** Why the exchange says no, with Binance's number. */
export class Refusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const FILTERS = {
  tick: money('0.01'),
  step: money('0.0001'),
  minQuantity: money('0.0001'),
  maxQuantity: money('9000'),
  minNotional: money('5'),
};
const ONE = money(1);

/** @throws Refusal -1013 with Binance's name of the broken filter */
export function checkFilters(request: Pick<OrderRequest, 'price'>, quantity: Money, reference: Money): void {
  const { tick, step, minQuantity, maxQuantity, minNotional } = FILTERS;
  const price = request.price;
  if (price && (!price.gt(0) || !isMultipleOf(price, tick))) throw new Refusal(-1013, 'Filter failure: PRICE_FILTER');
  if (quantity.lt(minQuantity) || quantity.gt(maxQuantity) || !isMultipleOf(quantity, step))
    throw new Refusal(-1013, 'Filter failure: LOT_SIZE');
  if (quantity.times(reference).lt(minNotional)) throw new Refusal(-1013, 'Filter failure: NOTIONAL');
  const market = reference.gt(0) ? reference : ONE;
  if (price && (price.gt(market.times(5)) || price.lt(market.div(5))))
    throw new Refusal(-1013, 'Filter failure: PERCENT_PRICE_BY_SIDE');
}

import { floorToStep, type Money, minMoney, money, ZERO } from '../../domain/index.ts';
import type { OrderSide } from '../order.ts';
import { type Reason, reason } from '../reason.ts';
import { brokenFilter, type SymbolFilters } from '../symbol-filters.ts';

export interface SizingInput {
  /** Wanted share of equity in Ether, 0..1. 0 sells everything. */
  readonly targetExposure: number;
  readonly cashUsd: Money;
  readonly positionEth: Money;
  /** The price at which the order is expected to fill before slippage; it also values the position. */
  readonly priceUsd: Money;
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly filters: SymbolFilters;
}

/** An order's side and quantity, or why there is none. */
export type Sizing =
  | { readonly kind: 'order'; readonly side: OrderSide; readonly quantity: Money; readonly notionalUsd: Money }
  | { readonly kind: 'none'; readonly reason: Reason };

const BPS = money('0.0001');
const ONE = money(1);

/**
 * The order that brings the position to the target: a fraction of equity at `priceUsd`, rounded down to the venue's
 * step, never more than cash pays for with slippage and fee on top, never more than is held. What the venue's filters
 * refuse (dust) is no order.
 */
export function sizeOrder(input: SizingInput): Sizing {
  const { priceUsd, positionEth, filters } = input;
  if (!priceUsd.gt(0)) return none(reason('price_not_positive', priceUsd.toFixed(), '0'));
  const held = positionEth.times(priceUsd);
  const target = money(Math.min(1, Math.max(0, input.targetExposure)));
  const change = target.times(input.cashUsd.plus(held)).minus(held);
  const side: OrderSide = target.eq(0) || change.lt(0) ? 'sell' : 'buy';
  const quantity = side === 'buy' ? buyQuantity(change, input) : sellQuantity(target.eq(0), change, input);
  if (!quantity.gt(0)) return none(reason('nothing_to_trade', quantity.toFixed(), filters.quantityStep.toFixed()));
  const broken = brokenFilter({ quantity }, priceUsd, filters);
  if (broken !== undefined) return none(broken);
  return { kind: 'order', side, quantity, notionalUsd: quantity.times(priceUsd) };
}

const none = (why: Reason): Sizing => ({ kind: 'none', reason: why });

function buyQuantity(changeUsd: Money, { cashUsd, priceUsd, feeBps, slippageBps, filters }: SizingInput): Money {
  const fillPrice = slippageBps === 0 ? priceUsd : priceUsd.times(ONE.plus(BPS.times(slippageBps)));
  const costPerEth = fillPrice.times(ONE.plus(BPS.times(feeBps)));
  const affordable = affordableQuantity(cashUsd, costPerEth, filters.quantityStep);
  const wanted = floorToStep(changeUsd.div(priceUsd), filters.quantityStep);
  const most = filters.maxQuantity.gt(0) ? filters.maxQuantity : affordable;
  return minMoney(minMoney(wanted, affordable), most);
}

/** The largest multiple of `step` with quantity x cost <= cash; the quotient's own rounding cannot make it too large. */
function affordableQuantity(cashUsd: Money, costPerEth: Money, step: Money): Money {
  if (!cashUsd.gt(0)) return ZERO;
  const quantity = floorToStep(cashUsd.div(costPerEth), step);
  return quantity.times(costPerEth).gt(cashUsd) ? quantity.minus(step) : quantity;
}

function sellQuantity(everything: boolean, changeUsd: Money, { positionEth, priceUsd, filters }: SizingInput): Money {
  const wanted = everything ? positionEth : minMoney(positionEth, changeUsd.times(-1).div(priceUsd));
  const quantity = floorToStep(wanted, filters.quantityStep);
  return filters.maxQuantity.gt(0) ? minMoney(quantity, filters.maxQuantity) : quantity;
}

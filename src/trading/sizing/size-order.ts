import { divideDown, floorToStep, type Money, maxMoney, minMoney, money, ZERO } from '../../domain/index.ts';
import type { OrderSide } from '../order.ts';
import { type Reason, reason } from '../reason.ts';
import { brokenFilter, mostAtOnce, type SymbolFilters } from '../symbol-filters.ts';

export interface SizingInput {
  /** Wanted share of equity in Ether, 0..1. 0 sells everything. */
  readonly targetExposure: number;
  readonly cashUsd: Money;
  /** Fees that were paid in other assets: the account is worth that much less than cash and Ether. 0 unless told. */
  readonly otherFeesUsd?: Money | undefined;
  readonly positionEth: Money;
  /** The price at which the order is expected to fill before slippage; it also values the position. */
  readonly priceUsd: Money;
  /** What a purchase is limited to: its size and its cost are counted at this price. Absent: a market order. */
  readonly buyLimitUsd?: Money | undefined;
  /** What no other order may still sell; absent: all that is held. */
  readonly freeEth?: Money | undefined;
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly filters: SymbolFilters;
}

/** An order's side and quantity, or why there is none. */
export type Sizing =
  | {
      readonly kind: 'order';
      readonly side: OrderSide;
      readonly quantity: Money;
      readonly notionalUsd: Money;
      /** Of a perpetual: whether the order only makes the position smaller. */
      readonly reduceOnly?: boolean;
    }
  | { readonly kind: 'none'; readonly reason: Reason };

const BPS = money('0.0001');
const ONE = money(1);

/**
 * The order that brings the position to the target: a fraction of equity at `priceUsd`, rounded down to the venue's
 * step, never more than cash pays for with slippage (of a market order) and fee on top, never more than is held and free to
 * sell. What the venue's filters refuse (dust) is no order.
 */
export function sizeOrder(input: SizingInput): Sizing {
  const { priceUsd, positionEth, filters } = input;
  if (!priceUsd.gt(0)) return none(reason('price_not_positive', priceUsd.toFixed(), '0'));
  const held = positionEth.times(priceUsd);
  const target = money(Math.min(1, Math.max(0, input.targetExposure)));
  const change = target.times(input.cashUsd.plus(held).minus(input.otherFeesUsd ?? ZERO)).minus(held);
  const side: OrderSide = target.eq(0) || change.lt(0) ? 'sell' : 'buy';
  const quantity = side === 'buy' ? buyQuantity(change, input) : sellQuantity(target.eq(0), change, input);
  if (!quantity.gt(0)) return none(reason('nothing_to_trade', quantity.toFixed(), filters.quantityStep.toFixed()));
  const limitPriceUsd = side === 'buy' ? input.buyLimitUsd : undefined;
  const broken = brokenFilter({ side, quantity, limitPriceUsd }, priceUsd, filters);
  if (broken !== undefined) return none(broken);
  return { kind: 'order', side, quantity, notionalUsd: quantity.times(priceUsd) };
}

const none = (why: Reason): Sizing => ({ kind: 'none', reason: why });

/** Quotients are cut off here, far below any step; one wei is 18 decimals. */
const QUANTITY_DECIMALS = 20;

function buyQuantity(changeUsd: Money, { cashUsd, priceUsd, buyLimitUsd, feeBps, slippageBps, filters }: SizingInput): Money {
  const price = buyLimitUsd ?? priceUsd;
  const isMarket = buyLimitUsd === undefined && slippageBps !== 0;
  const fillPrice = isMarket ? price.times(ONE.plus(BPS.times(slippageBps))) : price;
  const costPerEth = fillPrice.times(ONE.plus(BPS.times(feeBps)));
  const isAffordable = changeUsd.times(costPerEth).lte(cashUsd.times(price));
  const wanted = isAffordable
    ? divideDown(changeUsd, price, QUANTITY_DECIMALS)
    : divideDown(maxMoney(cashUsd, ZERO), costPerEth, QUANTITY_DECIMALS);
  const most = mostAtOnce(filters, buyLimitUsd === undefined ? 'market' : 'limit');
  return atMost(floorToStep(wanted, filters.quantityStep), most);
}

function sellQuantity(
  everything: boolean,
  changeUsd: Money,
  { positionEth, freeEth = positionEth, priceUsd, filters }: SizingInput,
): Money {
  const wanted = everything ? positionEth : minMoney(positionEth, divideDown(changeUsd.times(-1), priceUsd, QUANTITY_DECIMALS));
  const free = maxMoney(minMoney(wanted, freeEth), ZERO);
  return atMost(floorToStep(free, filters.quantityStep), mostAtOnce(filters, 'market'));
}

const atMost = (quantity: Money, most: Money | undefined): Money => (most ? minMoney(quantity, most) : quantity);

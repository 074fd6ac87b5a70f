import { divideDown, floorToStep, type Money, maxMoney, minMoney, money, ZERO } from '../../domain/index.ts';
import { reason } from '../reason.ts';
import { brokenFilter, withoutSmallest } from '../symbol-filters.ts';
import type { Sizing, SizingInput } from './size-order.ts';

export interface PerpetualSizingInput extends Omit<SizingInput, 'targetExposure' | 'positionEth'> {
  /** Wanted share of equity, negative for a short position. 0 closes. */
  readonly targetExposure: number;
  /** Signed. */
  readonly positionEth: Money;
  /** Cash and the signed cost of the position: what the venue keeps as the wallet. */
  readonly walletUsd: Money;
  /** Initial margin is the notional divided by it. */
  readonly leverage: number;
}

const BPS = money('0.0001');
const ONE = money(1);
const QUANTITY_DECIMALS = 20;

/**
 * The order that brings a perpetual to a signed target: a fraction of equity at `priceUsd`, never beyond the leverage, never
 * more than the wallet has margin for after slippage and fee, rounded down to the venue's step. From long to short, and
 * back, it is one order of what is held and what is wanted. An order that only makes the position smaller is `reduceOnly`,
 * and no smallest notional holds for it.
 */
export function sizePerpetualOrder(input: PerpetualSizingInput): Sizing {
  const { priceUsd, positionEth, filters } = input;
  if (!priceUsd.gt(0)) return { kind: 'none', reason: reason('price_not_positive', priceUsd.toFixed(), '0') };
  const equityUsd = input.cashUsd.plus(positionEth.times(priceUsd));
  const share = Math.min(input.leverage, Math.max(-input.leverage, input.targetExposure));
  const wanted = divideDown(maxMoney(equityUsd, ZERO).times(share), priceUsd, QUANTITY_DECIMALS);
  const held = positionEth.abs();
  const isAgainst = wanted.times(positionEth).lt(0);
  const opens = positionEth.eq(0) || isAgainst;
  const isLess = !opens && wanted.abs().lte(held);
  const side = wanted.eq(0) || isLess ? closing(positionEth) : wanted.gt(0) ? 'buy' : 'sell';
  const quantity = atMost(
    floorToStep(
      isLess
        ? held.minus(wanted.abs())
        : opens
          ? held.plus(floorToStep(minMoney(wanted.abs(), mostToOpen(equityUsd, held, input)), filters.quantityStep))
          : minMoney(wanted.abs().minus(held), mostToAdd(equityUsd, held, input)),
      filters.quantityStep,
    ),
    filters.maxQuantity,
  );
  if (!quantity.gt(0))
    return { kind: 'none', reason: reason('nothing_to_trade', quantity.toFixed(), filters.quantityStep.toFixed()) };
  const reduceOnly = (isLess || isAgainst) && quantity.lte(held);
  const broken = brokenFilter({ quantity }, priceUsd, reduceOnly ? withoutSmallest(filters) : filters);
  if (broken !== undefined) return { kind: 'none', reason: broken };
  return { kind: 'order', side, quantity, notionalUsd: quantity.times(priceUsd), reduceOnly };
}

const closing = (positionEth: Money) => (positionEth.gt(0) ? ('sell' as const) : ('buy' as const));

/** Fee and slippage of one Ether. */
const costPerEth = ({ priceUsd, feeBps, slippageBps }: PerpetualSizingInput): Money =>
  worstPrice({ priceUsd, slippageBps }).times(BPS).times(feeBps).plus(priceUsd.times(BPS).times(slippageBps));

const worstPrice = ({ priceUsd, slippageBps }: Pick<PerpetualSizingInput, 'priceUsd' | 'slippageBps'>): Money =>
  priceUsd.times(ONE.plus(BPS.times(slippageBps)));

/** What can be opened out of nothing, or after `held` was closed, with all equity as margin. */
function mostToOpen(equityUsd: Money, held: Money, input: PerpetualSizingInput): Money {
  return mostFor(equityUsd.minus(held.times(costPerEth(input))).times(input.leverage), input);
}

/** What can be added to `held`: profit that is not realised is no margin, a loss is. */
function mostToAdd(equityUsd: Money, held: Money, input: PerpetualSizingInput): Money {
  const free = minMoney(equityUsd, input.walletUsd).times(input.leverage);
  return mostFor(free.minus(held.times(worstPrice(input))), input);
}

/** How much a notional of `freeUsd` allows: price / leverage + cost for each Ether, both sides times the leverage. */
const mostFor = (freeUsd: Money, input: PerpetualSizingInput): Money =>
  divideDown(maxMoney(freeUsd, ZERO), worstPrice(input).plus(costPerEth(input).times(input.leverage)), QUANTITY_DECIMALS);

const atMost = (quantity: Money, maximum: Money): Money => (maximum.gt(0) ? minMoney(quantity, maximum) : quantity);

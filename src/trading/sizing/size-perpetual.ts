import { divideDown, floorToStep, type Money, maxMoney, minMoney, money, ZERO } from '../../domain/index.ts';
import type { OrderSide } from '../order.ts';
import { reason } from '../reason.ts';
import { brokenFilter, mostAtOnce, withoutSmallest } from '../symbol-filters.ts';
import type { Sizing, SizingInput } from './size-order.ts';

export interface PerpetualSizingInput extends Omit<SizingInput, 'targetExposure' | 'positionEth'> {
  /** Wanted share of equity, negative for a short position. 0 closes. */
  readonly targetExposure: number;
  /** Signed. */
  readonly positionEth: Money;
  /** What a sale that opens is limited to. Absent: a market order. */
  readonly sellLimitUsd?: Money | undefined;
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
 * and no smallest notional holds for it; it leaves what other orders may still close to them.
 */
export function sizePerpetualOrder(input: PerpetualSizingInput): Sizing {
  const { priceUsd, positionEth, filters, freeEth = positionEth.abs() } = input;
  if (!priceUsd.gt(0)) return { kind: 'none', reason: reason('price_not_positive', priceUsd.toFixed(), '0') };
  const equityUsd = maxMoney(equityOf(input), ZERO);
  const share = Math.min(input.leverage, Math.max(-input.leverage, input.targetExposure));
  const wantedUsd = equityUsd.times(Math.abs(share));
  const held = positionEth.abs();
  const isAgainst = wantedUsd.gt(0) && positionEth.times(share).lt(0);
  const opens = positionEth.eq(0) || isAgainst;
  const isLess = !opens && wantedUsd.lte(held.times(priceUsd));
  const side = isLess || wantedUsd.eq(0) ? closing(positionEth) : share > 0 ? 'buy' : 'sell';
  const step = (quantity: Money) => floorToStep(quantity, filters.quantityStep);
  const left = isLess ? divideDown(wantedUsd, priceUsd, QUANTITY_DECIMALS) : ZERO;
  const opened = (usd: Money) => divideDown(usd, openingPrice(input, side), QUANTITY_DECIMALS);
  const traded = isLess
    ? minMoney(held.minus(left), freeEth)
    : opens
      ? held.plus(step(minMoney(opened(wantedUsd), mostToOpen(input, side))))
      : minMoney(opened(wantedUsd.minus(held.times(priceUsd))), mostToOpen(input, side));
  // A way out may end as an order at the market.
  const limitPriceUsd = isLess ? undefined : side === 'buy' ? input.buyLimitUsd : input.sellLimitUsd;
  const quantity = atMost(step(traded), mostAtOnce(filters, limitPriceUsd === undefined ? 'market' : 'limit'));
  if (!quantity.gt(0))
    return { kind: 'none', reason: reason('nothing_to_trade', quantity.toFixed(), filters.quantityStep.toFixed()) };
  const reduceOnly = (isLess || isAgainst) && quantity.lte(held);
  const broken = brokenFilter({ side, quantity, limitPriceUsd }, priceUsd, reduceOnly ? withoutSmallest(filters) : filters);
  if (broken !== undefined) return { kind: 'none', reason: broken };
  return { kind: 'order', side, quantity, notionalUsd: quantity.times(priceUsd), reduceOnly };
}

const closing = (positionEth: Money): OrderSide => (positionEth.gt(0) ? 'sell' : 'buy');

const equityOf = ({ cashUsd, positionEth, priceUsd, otherFeesUsd = ZERO }: MarginInput): Money =>
  cashUsd.plus(positionEth.times(priceUsd)).minus(otherFeesUsd);

/** What an order that opens is counted at: its limit, or the price now. */
const openingPrice = ({ priceUsd, buyLimitUsd, sellLimitUsd }: MarginInput, side: OrderSide): Money =>
  (side === 'buy' ? buyLimitUsd : sellLimitUsd) ?? priceUsd;

/** What decides how much can be opened: the account, the price, and what trading costs. */
export type MarginInput = Pick<
  PerpetualSizingInput,
  | 'cashUsd'
  | 'otherFeesUsd'
  | 'walletUsd'
  | 'positionEth'
  | 'priceUsd'
  | 'buyLimitUsd'
  | 'sellLimitUsd'
  | 'leverage'
  | 'feeBps'
  | 'slippageBps'
>;

/**
 * What margin there is for, in the base asset, after fee and slippage: on top of a position that goes the same way, for
 * which profit that is not realised is no margin, and a loss is; after it was closed where it goes the other way.
 */
export function mostToOpen(input: MarginInput, side: OrderSide): Money {
  const { priceUsd, positionEth, feeBps, slippageBps, leverage } = input;
  const price = openingPrice(input, side);
  const isMarket = (side === 'buy' ? input.buyLimitUsd : input.sellLimitUsd) === undefined;
  const worst = isMarket ? price.times(ONE.plus(BPS.times(slippageBps))) : price;
  const isWorse = side === 'buy' ? worst.gt(priceUsd) : isMarket || worst.lt(priceUsd);
  const cost = worst
    .times(BPS)
    .times(feeBps)
    .plus(isWorse ? worst.minus(priceUsd).abs() : ZERO);
  const equityUsd = equityOf(input);
  const held = positionEth.times(side === 'buy' ? 1 : -1);
  const freeUsd = held.gt(0)
    ? minMoney(equityUsd, input.walletUsd)
        .times(leverage)
        .minus(held.times(maxMoney(worst, priceUsd)))
    : equityUsd.plus(held.times(cost)).times(leverage);
  return divideDown(maxMoney(freeUsd, ZERO), worst.plus(cost.times(leverage)), QUANTITY_DECIMALS);
}

const atMost = (quantity: Money, most: Money | undefined): Money => (most ? minMoney(quantity, most) : quantity);

import { floorToStep, type Money, money } from '../domain/index.ts';
import type { OrderSide } from './order.ts';

/** How an order rests in the book instead of taking from it. */
export interface LimitPolicy {
  /** Distance of the limit from the price it was sized with: positive pays more (or asks less) to be filled sooner. */
  readonly offsetBps: number;
  /** Refused rather than filled at once. */
  readonly postOnly: boolean;
}

const ONE = money(1);
const BPS = money('0.0001');
const PRICE_DECIMALS = 8;

/** A limit price on the venue's tick, rounded so that it is never worse than asked for. */
export function limitPrice(side: OrderSide, priceUsd: Money, offsetBps: number, tick: Money): Money {
  const offset = BPS.times(offsetBps).times(side === 'buy' ? 1 : -1);
  return toTick(side, priceUsd.times(ONE.plus(offset)), tick);
}

/** The limit of a later attempt: as far from the price now as the first one was from its own. */
export function repricedLimit(
  { side, limitPriceUsd, referencePriceUsd }: { side: OrderSide; limitPriceUsd: string; referencePriceUsd: string },
  priceUsd: Money,
  tick: Money,
): Money {
  return toTick(side, priceUsd.times(limitPriceUsd).div(referencePriceUsd), tick);
}

function toTick(side: OrderSide, price: Money, tick: Money): Money {
  if (!tick.gt(0)) return price.round(PRICE_DECIMALS);
  const down = floorToStep(price, tick);
  return side === 'buy' || down.eq(price) ? down : down.plus(tick);
}

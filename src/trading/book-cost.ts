import { type Money, money, toNumber, ZERO } from '../domain/index.ts';
import type { OrderSide } from './order.ts';

/** One side of an order book, best price first: price and quantity as the exchange writes them. */
type BookSide = readonly (readonly [priceUsd: string, quantity: string])[];

export interface OrderBook {
  readonly bids: BookSide;
  readonly asks: BookSide;
}

/** What taking from the book now would cost, in basis points of the middle price. */
export interface BookCost {
  readonly spreadBps: number;
  /** Average price of the purchase above the middle, of the sale below it; infinite where the book is not deep enough. */
  readonly slippageBps: number;
}

const BPS = 10_000;

/** The cost of trading for `notionalUsd`; nothing where a side of the book is empty or crossed. */
export function bookCost({ bids, asks }: OrderBook, notionalUsd: Money, side: OrderSide = 'buy'): BookCost | undefined {
  const bid = money(bids[0]?.[0] ?? 0);
  const ask = money(asks[0]?.[0] ?? 0);
  if (!bid.gt(0) || !ask.gt(bid)) return undefined;
  const middle = bid.plus(ask).div(2);
  const price = averagePrice(side === 'buy' ? asks : bids, notionalUsd);
  const away = (level: Money) => toNumber(level.div(middle).minus(1)) * (side === 'buy' ? BPS : -BPS);
  return {
    spreadBps: toNumber(ask.minus(bid).div(middle)) * BPS,
    slippageBps: price === undefined ? Number.POSITIVE_INFINITY : away(price),
  };
}

function averagePrice(levels: BookSide, notionalUsd: Money): Money | undefined {
  let left = notionalUsd;
  let quantity = ZERO;
  for (const [priceText, quantityText] of levels) {
    const price = money(priceText);
    const there = price.times(quantityText);
    if (there.gte(left)) {
      quantity = quantity.plus(left.div(price));
      return quantity.gt(0) ? notionalUsd.div(quantity) : price;
    }
    left = left.minus(there);
    quantity = quantity.plus(quantityText);
  }
  return undefined;
}

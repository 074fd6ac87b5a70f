import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { Exchange, type ExchangeMarket, type OrderRequest, Refusal } from './exchange.ts';

/** A price that goes up and down between 1,900 and 2,100. */
const market: ExchangeMarket = {
  priceAt: (timeMs) => 2_000 + 100 * Math.sin(timeMs / 50_000),
  range: () => ({ low: 1_900, high: 2_100 }),
};
const open = () => new Exchange(market, 0, 1, '10000');
const marketOrder = (id: string, side: 'BUY' | 'SELL', quantity: string, inPieces = false): OrderRequest => ({
  clientOrderId: id,
  side,
  type: 'MARKET',
  timeInForce: 'GTC',
  quantity: money(quantity),
  quoteQuantity: undefined,
  price: undefined,
  stopPrice: undefined,
  inPieces,
});
const limitOrder = (id: string, side: 'BUY' | 'SELL', quantity: string, price: string): OrderRequest => ({
  ...marketOrder(id, side, quantity),
  type: 'LIMIT',
  price: money(price),
});
const refusalOf = (act: () => unknown): number | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Refusal ? error.code : Number.NaN;
  }
};

describe('Exchange', () => {
  it('keeps its books: balances are what it began with, plus and minus every fill, never below zero', () => {
    const step = fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      lots: fc.integer({ min: 1, max: 30_000 }),
      price: fc.option(fc.integer({ min: 180_000, max: 220_000 })),
      inPieces: fc.boolean(),
      wait: fc.integer({ min: 0, max: 60_000 }),
      cancels: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const exchange = open();
        let nowMs = 1;
        for (const [i, { side, lots, price, inPieces, wait, cancels }] of steps.entries()) {
          const quantity = money(lots).times('0.0001').toFixed();
          const request =
            price === null
              ? marketOrder(`o${i}`, side, quantity, inPieces)
              : limitOrder(`o${i}`, side, quantity, money(price).div(100).toFixed());
          refusalOf(() => exchange.place(request, nowMs));
          nowMs += wait;
          if (cancels) refusalOf(() => exchange.cancel(exchange.openOrders()[0], nowMs));
          exchange.advanceTo(nowMs);
        }
        let [eth, usdt] = [money(0), money('10000')];
        for (const { side, quantity, price, commission } of exchange.fills) {
          const notional = quantity.times(price);
          eth = side === 'BUY' ? eth.plus(quantity).minus(commission) : eth.minus(quantity);
          usdt = side === 'BUY' ? usdt.minus(notional) : usdt.plus(notional).minus(commission);
        }
        for (const [asset, expected] of [
          ['ETH', eth],
          ['USDT', usdt],
        ] as const) {
          const { free, locked } = exchange.balance(asset);
          expect(free.plus(locked).toFixed()).toBe(expected.toFixed());
          expect(free.plus(locked).gte(0)).toBe(true);
        }
        for (const order of exchange.orders) {
          const filled = exchange.fills.filter(({ orderId }) => orderId === order.orderId);
          expect(filled.reduce((sum, fill) => sum.plus(fill.quantity), money(0)).toFixed()).toBe(
            order.executedQuantity.toFixed(),
          );
          expect(order.executedQuantity.lte(order.quantity)).toBe(true);
          if (order.status === 'FILLED') expect(order.executedQuantity.eq(order.quantity)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('as at Binance refuses an id only while an order with it is open: a repeat after a fill is a second order', () => {
    const exchange = open();
    exchange.place(marketOrder('same', 'BUY', '0.5'), 1);
    exchange.place(marketOrder('same', 'BUY', '0.5'), 2);
    expect(exchange.orders).toHaveLength(2);
    exchange.place(limitOrder('rests', 'BUY', '0.5', '1500'), 3);
    expect(refusalOf(() => exchange.place(limitOrder('rests', 'BUY', '0.5', '1500'), 4))).toBe(-2010);
  });

  it.each([
    ['PRICE_FILTER', limitOrder('x', 'BUY', '1', '1800.001'), -1013],
    ['LOT_SIZE', marketOrder('x', 'BUY', '0.00005'), -1013],
    ['NOTIONAL', marketOrder('x', 'BUY', '0.0001'), -1013],
    ['balance', marketOrder('x', 'BUY', '100'), -2010],
  ])('refuses what breaks %s', (_, request, code) => {
    expect(refusalOf(() => open().place(request, 1))).toBe(code);
  });

  it('fills in pieces that arrive as time goes on, and cancels what has not come', () => {
    const exchange = open();
    const order = exchange.place(marketOrder('p', 'BUY', '1', true), 1);
    expect(order.status).toBe('PARTIALLY_FILLED');
    exchange.advanceTo(10 * 60_000);
    expect(order.status).toBe('FILLED');
    const second = exchange.place(marketOrder('q', 'BUY', '1', true), 10 * 60_000);
    exchange.cancel(second, 10 * 60_000);
    exchange.advanceTo(20 * 60_000);
    expect(second.status).toBe('CANCELED');
    expect(second.executedQuantity.lt(second.quantity)).toBe(true);
  });

  it('a stop sleeps until its price is reached', () => {
    const calm: ExchangeMarket = {
      priceAt: (t) => (t < 100 ? 2_000 : 1_900),
      range: (_, to) => ({ low: to < 100 ? 1_990 : 1_890, high: 2_010 }),
    };
    const exchange = new Exchange(calm, 0, 1, '10000');
    exchange.place(marketOrder('b', 'BUY', '1'), 1);
    const stop = exchange.place({ ...marketOrder('s', 'SELL', '0.9'), type: 'STOP_LOSS', stopPrice: money('1950') }, 2);
    exchange.advanceTo(50);
    expect(stop.status).toBe('NEW');
    exchange.advanceTo(150);
    expect(stop.status).toBe('FILLED');
  });
});

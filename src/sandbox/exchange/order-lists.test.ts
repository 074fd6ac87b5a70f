import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { Exchange, type ExchangeMarket, Refusal } from './exchange.ts';
import type { OcoRequest } from './order-lists.ts';

/** A price that a test sets. */
class Market implements ExchangeMarket {
  price = 2_000;
  low = 2_000;
  high = 2_000;
  priceAt = () => this.price;
  range = () => ({ low: this.low, high: this.high });
  go(price: number): void {
    Object.assign(this, { price, low: Math.min(price, this.price), high: Math.max(price, this.price) });
  }
}

const oco = (change: Partial<OcoRequest> = {}): OcoRequest => ({
  listClientOrderId: 'list',
  side: 'SELL',
  quantity: money('0.9'),
  above: { clientOrderId: 'target', type: 'LIMIT_MAKER', price: money('2300'), stopPrice: undefined },
  below: { clientOrderId: 'stop', type: 'STOP_LOSS', price: undefined, stopPrice: money('1800') },
  inPieces: false,
  ...change,
});

describe('a list of which one order cancels the other', () => {
  let market: Market;
  let exchange: Exchange;
  beforeEach(() => {
    market = new Market();
    exchange = new Exchange(market, 0, 1, '10000');
    exchange.place(
      {
        clientOrderId: 'buy',
        side: 'BUY',
        type: 'MARKET',
        timeInForce: 'GTC',
        quantity: money('1'),
        quoteQuantity: undefined,
        price: undefined,
        stopPrice: undefined,
        inPieces: false,
      },
      1,
    );
  });
  const states = () => ['stop', 'target'].map((clientOrderId) => exchange.find({ clientOrderId })?.status);
  const refusal = (request: OcoRequest) => {
    try {
      exchange.placeOco(request, 2);
    } catch (error) {
      if (error instanceof Refusal) return { code: error.code, message: error.message };
    }
    return undefined;
  };

  it('locks what it may sell once, and no other sale gets it', () => {
    exchange.placeOco(oco(), 2);
    expect(exchange.balance('ETH').locked.toFixed()).toBe('0.9');
    expect(exchange.balance('ETH').free.toFixed()).toBe('0.099');
    expect(refusal(oco({ listClientOrderId: 'second', quantity: money('0.1') }))).toMatchObject({ code: -2010 });
  });

  it.each([
    ['stop', 1_790, 'FILLED', 'EXPIRED'],
    ['target', 2_310, 'EXPIRED', 'FILLED'],
  ])('the %s is filled when its price comes, the other expires', (_, price, stop, target) => {
    const list = exchange.placeOco(oco(), 2);
    market.go(price);
    exchange.advanceTo(100);
    expect(states()).toEqual([stop, target]);
    expect(list.status).toBe('ALL_DONE');
    expect(exchange.balance('ETH').locked.toFixed()).toBe('0');
    expect(exchange.balance('ETH').free.toFixed()).toBe('0.099');
  });

  it('takes the stop where both prices come inside one step', () => {
    exchange.placeOco(oco(), 2);
    Object.assign(market, { low: 1_700, high: 2_400 });
    exchange.advanceTo(100);
    expect(states()).toEqual(['FILLED', 'EXPIRED']);
  });

  it('the first piece of a target ends the stop; the rest goes on alone until it is cancelled', () => {
    const list = exchange.placeOco(oco({ inPieces: true }), 2);
    market.go(2_310);
    exchange.advanceTo(100);
    expect(states()).toEqual(['EXPIRED', 'PARTIALLY_FILLED']);
    expect(list.status).toBe('EXECUTING');
    exchange.cancelList(list, 101);
    expect(states()).toEqual(['EXPIRED', 'CANCELED']);
    exchange.advanceTo(1_000_000);
    const sold = exchange.fills.filter(({ side }) => side === 'SELL').reduce((sum, { quantity }) => sum.plus(quantity), money(0));
    expect(sold.gt(0) && sold.lt('0.9')).toBe(true);
    expect(() => exchange.cancelList(list, 1_000_001)).toThrow('Unknown order list');
  });

  it('cancelling one order cancels both', () => {
    exchange.placeOco(oco(), 2);
    exchange.cancel(exchange.find({ clientOrderId: 'target' }), 3);
    expect(states()).toEqual(['CANCELED', 'CANCELED']);
    expect(exchange.balance('ETH').locked.toFixed()).toBe('0');
  });

  it.each([
    ['a stop above the price', oco({ below: { ...oco().below, stopPrice: money('2100') } }), 'relationship of the prices'],
    ['a target below the price', oco({ above: { ...oco().above, price: money('1900') } }), 'relationship of the prices'],
    ['more than is held', oco({ quantity: money('2') }), 'insufficient balance'],
    ['one id for both', oco({ above: { ...oco().above, clientOrderId: 'stop' } }), 'Duplicate'],
    ['a price that is no whole tick', oco({ below: { ...oco().below, stopPrice: money('1800.001') } }), 'PRICE_FILTER'],
  ])('refuses %s and keeps nothing of it', (_, request, message) => {
    expect(refusal(request)?.message).toContain(message);
    expect(exchange.openOrders()).toEqual([]);
  });

  it('tells of its beginning and its end, once each', () => {
    const told: string[] = [];
    exchange.lists.onEvent(({ status }) => told.push(status));
    exchange.placeOco(oco({ inPieces: true }), 2);
    market.go(1_700);
    exchange.advanceTo(100);
    exchange.advanceTo(1_000_000);
    expect(told).toEqual(['EXECUTING', 'ALL_DONE']);
  });

  it('sells its quantity at most once, whatever the price does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_500, max: 2_600 }), { maxLength: 20 }), fc.boolean(), (prices, inPieces) => {
        const path = new Market();
        const one = new Exchange(path, 0, 1, '10000');
        one.place({ ...buyAll, clientOrderId: 'buy' }, 1);
        const list = one.placeOco(oco({ inPieces }), 2);
        prices.forEach((price, i) => {
          path.go(price);
          one.advanceTo(10_000 * (i + 1));
        });
        const sold = list.orders.reduce((sum, { executedQuantity }) => sum.plus(executedQuantity), money(0));
        expect(sold.lte('0.9')).toBe(true);
        expect(list.orders.filter(({ executedQuantity }) => executedQuantity.gt(0)).length).toBeLessThanOrEqual(1);
        const { free, locked } = one.balance('ETH');
        expect(free.plus(locked).plus(sold).toFixed()).toBe('0.999');
      }),
    );
  });
});

const buyAll = {
  side: 'BUY',
  type: 'MARKET',
  timeInForce: 'GTC',
  quantity: money('1'),
  quoteQuantity: undefined,
  price: undefined,
  stopPrice: undefined,
  inPieces: false,
} as const;

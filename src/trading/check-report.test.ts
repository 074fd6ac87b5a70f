import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import type { OrderReport } from './broker.ts';
import { assertBelievable, assertSameOrder } from './check-report.ts';
import { orderOf, pairOf } from './engine-desk.contract.ts';
import type { Order } from './ledger.ts';
import type { Fill, OrderIntent } from './order.ts';
import { OrderBlotter } from './order-blotter.ts';

const buy = orderOf('b', 'buy');
const limit = orderOf('l', 'buy', { type: 'limit', limitPriceUsd: '1990' });
const sale = orderOf('s', 'sell', { type: 'limit', limitPriceUsd: '2010' });
const { stop, target } = pairOf('p');

const orderWith = (intent: OrderIntent, venueOrderId: string | null = null): Order => {
  const blotter = new OrderBlotter();
  blotter.plan({ type: 'order_planned', atMs: 1, intent });
  return { ...blotter.order(intent.clientOrderId), venueOrderId };
};

const reportOf = (intent: OrderIntent, more: Partial<OrderReport> = {}): OrderReport => ({
  clientOrderId: intent.clientOrderId,
  venueOrderId: '7',
  state: 'ACCEPTED',
  side: intent.side,
  quantity: money(intent.quantity),
  limitPriceUsd: intent.limitPriceUsd ?? null,
  executedQuantity: money(0),
  fills: [],
  atMs: 1,
  ...more,
});

const fillOf = (intent: OrderIntent, priceUsd: string, fee: Partial<Fill> = {}): Fill => ({
  tradeId: 't',
  clientOrderId: intent.clientOrderId,
  side: intent.side,
  quantity: '1',
  priceUsd,
  feeAmount: '2',
  feeAsset: 'USDT',
  feeUsd: '2',
  executedAtMs: 1,
  ...fee,
});

describe('an order that the exchange shows', () => {
  it.each([
    ['a market order', buy, {}],
    ['the type told', buy, { type: 'market' }],
    ['a limit written otherwise', limit, { limitPriceUsd: '1990.00', type: 'limit' }],
    ['a stop', stop, { type: 'stop', stopPriceUsd: '1800.00' }],
    ['a target executed in part', target, { executedQuantity: money('0.4') }],
    ['the number it had', orderWith(buy, '7').intent, { venueOrderId: '7' }],
  ] as const)('is ours: %s', (_name, intent, more) => {
    expect(() => assertSameOrder(orderWith(intent, '7'), reportOf(intent, more))).not.toThrow();
  });

  it.each([
    ['number', buy, { venueOrderId: '8' }, '7', '8'],
    ['side', buy, { side: 'sell' }, 'buy', 'sell'],
    ['type', buy, { type: 'other' }, 'market', 'other'],
    ['type', target, { type: 'stop' }, 'limit', 'stop'],
    ['quantity', buy, { quantity: money('0.4') }, '1', '0.4'],
    ['limit price', buy, { limitPriceUsd: '1900' }, null, '1900'],
    ['limit price', limit, { limitPriceUsd: '1991' }, '1990', '1991'],
    ['limit price', limit, { limitPriceUsd: null }, '1990', null],
    ['stop price', stop, { stopPriceUsd: '1700' }, '1800', '1700'],
    ['executed quantity', buy, { executedQuantity: money('1.1') }, '0 to 1', '1.1'],
    ['executed quantity', buy, { executedQuantity: money('-1') }, '0 to 1', '-1'],
  ] as const)('is not, where its %s differs', (name, intent, more, journal, exchange) => {
    const check = () => assertSameOrder(orderWith(intent, '7'), reportOf(intent, more));
    expect(check).toThrow(
      expect.objectContaining({
        code: 'order.report_differs',
        message: `order ${intent.clientOrderId} is another one there: ${name}: journal ${journal ?? 'none'}, exchange ${exchange ?? 'none'}`,
        details: { clientOrderId: intent.clientOrderId, differs: { [name]: { journal, exchange } } },
      }),
    );
  });
});

describe('an execution', () => {
  const absurd = (why: string) => expect.objectContaining({ code: 'order.fill_absurd', message: expect.stringContaining(why) });

  it.each([
    ['at the price meant', buy, '2000', {}],
    ['as far away as allowed', buy, '2200', {}],
    ['at its limit', limit, '1990', {}],
    ['better than its limit', limit, '1850', {}],
    ['better than the limit of a sale', sale, '2100', {}],
    ['of a stop, in a gap', stop, '450', {}],
    ['of a stop, far above', stop, '7200', {}],
    ['of a sale of everything, sized without a price', orderOf('f', 'sell', { leg: 'flatten' }), '1100', {}],
    ['without a fee', buy, '2000', { feeAmount: '0', feeUsd: '0' }],
    ['with a fee that nobody has valued', buy, '2000', { feeAmount: '9', feeAsset: 'BNB', feeUsd: null }],
    ['paid for resting in the book', limit, '1990', { feeAmount: '-0.2', feeUsd: '-0.2' }],
  ] as const)('can be: %s', (_name, intent, priceUsd, fee) => {
    expect(() => assertBelievable(intent, fillOf(intent, priceUsd, fee), 0.1)).not.toThrow();
  });

  it.each([
    ['of nothing', buy, '2000', { quantity: '0' }, 'quantity 0'],
    ['of less than nothing', buy, '2000', { quantity: '-1' }, 'quantity -1'],
    ['a negative price', buy, '-2000', {}, 'price -2000'],
    ['no price', buy, '0', {}, 'price 0'],
    ['far above', buy, '2200.01', {}, 'price 2200.01, expected 1800 to 2200'],
    ['far below', buy, '1799.99', {}, 'price 1799.99, expected 1800 to 2200'],
    ['worse than its limit', limit, '1990.01', {}, 'expected 1791 to 1990'],
    ['worse than the limit of a sale', sale, '2009.99', {}, 'expected 2010 to 2211'],
    ['of a stop, beyond any gap', stop, '449.99', {}, 'expected 450 to 7200'],
    ['of a stop, beyond any price', stop, '7200.01', {}, 'expected 450 to 7200'],
    ['a fee that is paid to who takes', buy, '2000', { feeAmount: '-5', feeUsd: '-5' }, 'fee -5 USDT'],
    ['a fee larger than all', buy, '2000', { feeAmount: '5000000', feeUsd: '5000000' }, 'at most 200 USD'],
    ['a rebate larger than all', limit, '1990', { feeAmount: '-5000000', feeUsd: '-5000000' }, 'at most 199 USD'],
  ] as const)('cannot be: %s', (_name, intent, priceUsd, fee, why) => {
    expect(() => assertBelievable(intent, fillOf(intent, priceUsd, fee), 0.1)).toThrow(absurd(why));
  });

  it('has a price and a fee of the right sign even where nothing says how far it may be', () => {
    expect(() => assertBelievable(buy, fillOf(buy, '-1'), undefined)).toThrow(absurd('price -1'));
    expect(() => assertBelievable(buy, fillOf(buy, '2000', { feeAmount: '-1' }), undefined)).toThrow(absurd('fee -1 USDT'));
    expect(() => assertBelievable(buy, fillOf(buy, '999999'), undefined)).not.toThrow();
  });
});

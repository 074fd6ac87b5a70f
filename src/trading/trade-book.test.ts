import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import type { Fill, OrderIntent } from './order.ts';
import type { FillPart } from './split-fill.ts';
import { TradeBook } from './trade-book.ts';

const intent = (id: string, side: 'buy' | 'sell'): OrderIntent => ({
  clientOrderId: id,
  decisionId: `decision-${id}`,
  leg: side === 'buy' ? 'entry' : 'exit',
  attempt: 1,
  symbol: 'ETHUSDT',
  side,
  type: 'market',
  quantity: '1',
  quantityStep: '0.0001',
  referencePriceUsd: '2000',
  plannedAtMs: 1,
  validUntilMs: 2,
  reason: `why-${id}`,
  modelId: null,
  mode: 'paper',
});

const part = (side: 'buy' | 'sell', quantity: string, executedAtMs: number, fee: Partial<Fill> = {}): FillPart => ({
  effect: side === 'buy' ? 'grow' : 'reduce',
  fill: {
    tradeId: String(executedAtMs),
    clientOrderId: 'any',
    side,
    quantity,
    priceUsd: '2000',
    feeAmount: '0',
    feeAsset: 'USDT',
    feeUsd: '0',
    executedAtMs,
    ...fee,
  },
});

/** Trades of one Ether, each bought and sold at these times. */
function bookOf(...trades: readonly (readonly [boughtMs: number, soldMs: number | null])[]): TradeBook {
  const book = new TradeBook();
  for (const [boughtMs, soldMs] of trades) {
    book.book(intent(`b${boughtMs}`, 'buy'), part('buy', '1', boughtMs), money(1), 'ETH');
    if (soldMs !== null) book.book(intent(`s${soldMs}`, 'sell'), part('sell', '1', soldMs), money(0), 'ETH');
  }
  return book;
}

const fundingOf = (book: TradeBook) => book.closed.map(({ fundingUsd }) => fundingUsd);

describe('TradeBook', () => {
  it('opens a trade, adds to it, and closes it where less than a step is left', () => {
    const book = new TradeBook();
    const bought = intent('b', 'buy');
    const tradeId = book.book(bought, part('buy', '1', 10), money(1), 'ETH');
    expect(tradeId).toBe('b-10');
    expect(book.book(bought, part('buy', '1', 20), money(2), 'ETH')).toBe(tradeId);
    const sold = intent('s', 'sell');
    expect(book.book(sold, part('sell', '1.9999', 30), money('0.0001'), 'ETH')).toBe(tradeId);
    expect(book.open).toMatchObject({ tradeId, decisionId: 'decision-b', boughtEth: '2', soldEth: '1.9999', reason: 'why-b' });
    expect(book.closed).toEqual([]);
    expect(book.book(sold, part('sell', '0.00005', 40), money('0.00005'), 'ETH')).toBe(tradeId);
    expect(book.open).toBeNull();
    expect(book.closed).toMatchObject([{ tradeId, entryTimeMs: 10, exitTimeMs: 40, reason: 'why-s', soldEth: '1.99995' }]);
  });

  it('keeps a trade that was just opened with less than a step', () => {
    const book = new TradeBook();
    book.book(intent('b', 'buy'), part('buy', '0.00001', 10), money('0.00001'), 'ETH');
    expect(book.open).toMatchObject({ boughtEth: '0.00001' });
    expect(book.closed).toEqual([]);
  });

  it('books no trade for a sale of what no trade bought', () => {
    const book = new TradeBook();
    expect(book.book(intent('s', 'sell'), part('sell', '1', 10), money(0), 'ETH')).toBeNull();
    expect([book.open, book.closed]).toEqual([null, []]);
  });

  it('ends the open trade without an execution, and nothing where none is open', () => {
    const book = bookOf([10, null]);
    book.end(50, 'dust');
    expect(book.open).toBeNull();
    expect(book.closed).toMatchObject([{ entryTimeMs: 10, exitTimeMs: 50, reason: 'dust' }]);
    book.end(60, 'dust');
    expect(book.closed).toHaveLength(1);
  });

  it.each([
    [9, [undefined, undefined], undefined],
    [10, ['1', undefined], undefined],
    [20, ['1', undefined], undefined],
    [21, [undefined, undefined], undefined],
    [30, [undefined, '1'], undefined],
    [40, [undefined, '1'], undefined],
    [49, [undefined, undefined], undefined],
    [50, [undefined, undefined], '1'],
    [99, [undefined, undefined], '1'],
  ])('books a payment that was due at %d on the trade that was open then', (paidAtMs, closed, open) => {
    const book = bookOf([10, 20], [30, 40], [50, null]);
    book.fund(money(1), paidAtMs);
    expect(fundingOf(book)).toEqual(closed);
    expect(book.open?.fundingUsd).toBe(open);
  });

  it('books a payment that was due as one trade ended and the next began on the later one', () => {
    const book = bookOf([10, 20], [20, 30]);
    book.fund(money('-0.5'), 20);
    expect(fundingOf(book)).toEqual([undefined, '-0.5']);
  });

  it('values the fee of the trade that bears it, open or closed, and of no other', () => {
    const book = bookOf([10, 20], [30, 40], [50, null]);
    const value = (ofTrade: string | null) => book.valueFee('BNB', { ofTrade, amount: money('0.01'), feeUsd: money(6) });
    const fees = () => [...book.closed, book.open!].map(({ feesUsd }) => feesUsd);
    value(null);
    value('elsewhere');
    expect(fees()).toEqual(['0', '0', '0']);
    value('b10-10');
    value('b50-50');
    value('b50-50');
    expect(fees()).toEqual(['6', '0', '12']);
  });

  it('goes on from what a snapshot says', () => {
    const before = bookOf([10, 20], [30, null]);
    const after = new TradeBook();
    after.restore({ openTrade: before.open, closedTrades: before.closed });
    expect([after.open, after.closed]).toEqual([before.open, before.closed]);
    after.end(40, 'dust');
    expect(after.closed).toHaveLength(2);
  });
});

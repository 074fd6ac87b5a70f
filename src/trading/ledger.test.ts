import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Money, money, ZERO } from '../domain/index.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { Ledger } from './ledger.ts';
import type { Fill, OrderIntent } from './order.ts';
import { tradePnlUsd } from './trade.ts';

const intent = (id: string, side: 'buy' | 'sell', quantity: string): OrderIntent => ({
  clientOrderId: id,
  decisionId: `decision-${id}`,
  leg: side === 'buy' ? 'entry' : 'exit',
  attempt: 1,
  symbol: 'ETHUSDT',
  side,
  type: 'market',
  quantity,
  quantityStep: '0.0001',
  referencePriceUsd: '2000',
  plannedAtMs: 1,
  validUntilMs: 2,
  reason: 'test',
  modelId: null,
  mode: 'paper',
});

const fill = (
  id: string,
  tradeId: string,
  side: 'buy' | 'sell',
  quantity: string,
  priceUsd: string,
  fee = ['0', 'USDT', '0'],
): Fill => ({
  tradeId,
  clientOrderId: id,
  side,
  quantity,
  priceUsd,
  feeAmount: fee[0]!,
  feeAsset: fee[1]!,
  feeUsd: fee[2]!,
  executedAtMs: 5,
});

const capital: JournalRecord = {
  type: 'transfer',
  atMs: 0,
  asset: 'USDT',
  amount: '10000',
  valueUsd: '10000',
  reason: 'capital',
};
const sent = (order: OrderIntent): JournalRecord[] => [
  { type: 'order_planned', atMs: 1, intent: order },
  { type: 'order_submitting', atMs: 1, clientOrderId: order.clientOrderId, sendBeforeMs: 2 },
];
const filled = (...fills: Fill[]): JournalRecord[] => fills.map((one) => ({ type: 'fill', atMs: 5, fill: one }));
const fold = (records: readonly JournalRecord[]): Ledger => {
  const ledger = new Ledger();
  for (const record of records) ledger.apply(record);
  return ledger;
};

const buy = intent('b', 'buy', '2');
const sell = intent('s', 'sell', '2');

describe('Ledger', () => {
  it('follows an order from plan to fill', () => {
    const ledger = fold([capital, ...sent(buy)]);
    expect(ledger.unsettledOrders().map(({ state }) => state)).toEqual(['SUBMITTING']);
    ledger.apply(filled(fill('b', '1', 'buy', '0.5', '2000'))[0]!);
    expect(ledger.order('b').state).toBe('PARTIALLY_FILLED');
    ledger.apply(filled(fill('b', '2', 'buy', '1.5', '2000'))[0]!);
    expect(ledger.order('b').state).toBe('FILLED');
    expect(ledger.unsettledOrders()).toEqual([]);
    expect(ledger.exposure(money(2000))).toBeCloseTo(0.4, 12);
  });

  it('books the same execution once', () => {
    const one = fill('b', '1', 'buy', '0.5', '2000');
    expect(
      fold([capital, ...sent(buy), ...filled(one, one, one)])
        .balance('ETH')
        .toFixed(),
    ).toBe('0.5');
  });

  it.each([
    ['more than was ordered', [...sent(buy), ...filled(fill('b', '1', 'buy', '2.1', '2000'))], 'ledger.fill_does_not_fit'],
    ['the wrong side', [...sent(buy), ...filled(fill('b', '1', 'sell', '1', '2000'))], 'ledger.fill_does_not_fit'],
    ['nothing', [...sent(buy), ...filled(fill('b', '1', 'buy', '0', '2000'))], 'ledger.fill_does_not_fit'],
    ['an order that nobody planned', filled(fill('x', '1', 'buy', '1', '2000')), 'ledger.unknown_order'],
    ['an order that was not sent', [sent(buy)[0]!, ...filled(fill('b', '1', 'buy', '1', '2000'))], 'order.illegal_transition'],
    [
      'an order that is complete',
      [...sent(buy), ...filled(fill('b', '1', 'buy', '2', '2000'), fill('b', '2', 'buy', '1', '2000'))],
      'ledger.fill_does_not_fit',
    ],
    ['a plan made before', [...sent(buy), ...sent(buy)], 'ledger.order_planned_twice'],
  ])('refuses %s', (_name, records, code) => {
    expect(() => fold([capital, ...records])).toThrow(expect.objectContaining({ code }));
  });

  it('makes one trade of several buys and sells, with exact profit', () => {
    const ledger = fold([
      capital,
      ...sent(buy),
      ...filled(
        fill('b', '1', 'buy', '1', '2000', ['2', 'USDT', '2']),
        fill('b', '2', 'buy', '1', '2100', ['2.1', 'USDT', '2.1']),
      ),
      ...sent(sell),
      ...filled(fill('s', '1', 'sell', '0.5', '2200', ['1.1', 'USDT', '1.1'])),
    ]);
    expect(ledger.openTrade).toMatchObject({ boughtEth: '2', soldEth: '0.5', exitTimeMs: null });
    expect(ledger.position.costUsd.toFixed()).toBe('3075');
    ledger.apply(filled(fill('s', '2', 'sell', '1.5', '2000', ['3', 'USDT', '3']))[0]!);
    expect(ledger.openTrade).toBeNull();
    expect(ledger.closedTrades).toHaveLength(1);
    expect(tradePnlUsd(ledger.closedTrades[0]!).toFixed()).toBe('-8.2');
    expect(ledger.cashUsd.toFixed()).toBe('9991.8');
    expect(ledger.feesUsd.toFixed()).toBe('8.2');
    expect(ledger.position.protection).toBeNull();
  });

  it('takes fees in Ether and in a third asset from where they were charged', () => {
    const ledger = fold([
      capital,
      ...sent(buy),
      ...filled(
        fill('b', '1', 'buy', '1', '2000', ['0.001', 'ETH', '2']),
        fill('b', '2', 'buy', '1', '2000', ['0.004', 'BNB', '2.4']),
      ),
      ...sent(intent('s', 'sell', '1.999')),
      ...filled(fill('s', '1', 'sell', '1.999', '2100')),
    ]);
    expect(ledger.balance('ETH').toFixed()).toBe('0');
    expect(ledger.balance('BNB').toFixed()).toBe('-0.004');
    expect(ledger.feesByAsset.get('ETH')?.toFixed()).toBe('0.001');
    expect(tradePnlUsd(ledger.closedTrades[0]!).toFixed()).toBe('195.5');
    expect(ledger.cashUsd.minus('10000').minus('2.4').toFixed()).toBe('195.5');
  });

  it('closes a trade when only dust is left', () => {
    const ledger = fold([
      capital,
      ...sent(buy),
      ...filled(fill('b', '1', 'buy', '2', '2000', ['0.00005', 'ETH', '0.1'])),
      ...sent(intent('s', 'sell', '1.9999')),
      ...filled(fill('s', '1', 'sell', '1.9999', '2000')),
    ]);
    expect(ledger.closedTrades).toHaveLength(1);
    expect(ledger.balance('ETH').toFixed()).toBe('0.00005');
  });

  it('counts adopted Ether as position, and flows by hand as transfers', () => {
    const ledger = fold([
      capital,
      { type: 'transfer', atMs: 1, asset: 'ETH', amount: '1.5', valueUsd: '3000', reason: 'adopted' },
      { type: 'transfer', atMs: 2, asset: 'USDT', amount: '-500', valueUsd: '-500', reason: 'withdrawn by hand' },
    ]);
    expect(ledger.position.quantityEth.toFixed()).toBe('1.5');
    expect(ledger.transfersUsd.toFixed()).toBe('12500');
    expect(ledger.equityUsd(money(2000)).toFixed()).toBe('12500');
  });

  /** Random orders in random pieces: returns the records and the balances by independent arithmetic. */
  function randomRecords(seed: number, orders: number): { records: JournalRecord[]; cash: Money; eth: Money; bnb: Money } {
    const rng = createRng(seed);
    const pick = (max: number) => 1 + Math.floor(rng() * max);
    const records: JournalRecord[] = [capital];
    let [cash, eth, bnb] = [money(10_000), ZERO, ZERO];
    for (let i = 0; i < orders; i++) {
      const side = rng() < 0.5 || !eth.gt(1) ? 'buy' : 'sell';
      const pieces = Array.from({ length: pick(4) }, () => money(pick(5_000)).div(10_000));
      const total = pieces.reduce((sum, piece) => sum.plus(piece), ZERO);
      const order = intent(String(i), side, total.toFixed());
      records.push(...sent(order));
      pieces.forEach((piece, n) => {
        const price = money(pick(500_000)).div(100);
        const asset = (['USDT', 'ETH', 'BNB'] as const)[Math.floor(rng() * 3)]!;
        const fee = money(pick(1_000_000)).div(1e8);
        const one = fill(String(i), String(n), side, piece.toFixed(), price.toFixed(), [fee.toFixed(), asset, '0.01']);
        records.push(...filled(one), ...(rng() < 0.2 ? filled(one) : []));
        const sign = side === 'buy' ? 1 : -1;
        cash = cash.minus(piece.times(price).times(sign));
        eth = eth.plus(piece.times(sign));
        if (asset === 'USDT') cash = cash.minus(fee);
        else if (asset === 'ETH') eth = eth.minus(fee);
        else bnb = bnb.minus(fee);
      });
    }
    return { records, cash, eth, bnb };
  }

  it('balances to the last unit over many random fills', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { records, cash, eth, bnb } = randomRecords(seed, 60);
        const ledger = fold(records);
        expect([ledger.cashUsd.toFixed(), ledger.balance('ETH').toFixed(), ledger.balance('BNB').toFixed()]).toEqual([
          cash.toFixed(),
          eth.toFixed(),
          bnb.toFixed(),
        ]);
        expect(ledger.position.quantityEth.toFixed()).toBe(eth.toFixed());
      }),
      { numRuns: 50 },
    );
  });

  it('goes on from a snapshot taken anywhere as if there were none', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), (seed, at) => {
        const { records } = randomRecords(seed, 15);
        const cut = at % records.length;
        const before = fold(records.slice(0, cut));
        const checkpoint: JournalRecord = {
          type: 'checkpoint',
          atMs: 0,
          ledger: JSON.parse(JSON.stringify(snapshotLedger(before))),
        };
        expect(snapshotLedger(fold([checkpoint, ...records.slice(cut)]))).toEqual(snapshotLedger(fold(records)));
      }),
      { numRuns: 100 },
    );
  });

  it('takes a checkpoint only as the beginning', () => {
    for (const ledger of [fold([capital]), fold([sent(buy)[0]!])])
      expect(() => ledger.apply({ type: 'checkpoint', atMs: 0, ledger: snapshotLedger(new Ledger()) })).toThrow(
        expect.objectContaining({
          code: 'ledger.checkpoint_not_first',
          message: 'a checkpoint can only begin a journal',
        }),
      );
  });
});

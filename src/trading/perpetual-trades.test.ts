import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money, toText, ZERO } from '../domain/index.ts';
import { attributeTrades } from './attribution.ts';
import type { JournalEntry } from './journal/journal.ts';
import { type JournalRecord, journalRecordSchema } from './journal/journal-record.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { Ledger } from './ledger.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS } from './symbol-filters.ts';
import { taxCsv } from './tax-export.ts';
import { tradePnlUsd, tradeReturn } from './trade.ts';
import { tradeHistory } from './trade-history.ts';

type Step =
  | {
      readonly side: 'buy' | 'sell';
      readonly quantity: string;
      readonly price: string;
      readonly fee?: string;
      /** What the fee was taken in, its value not known; Tether where absent. */
      readonly feeAsset?: string;
      readonly wanted?: string;
    }
  | { readonly funding: string };

/** A journal of orders that are filled at once, one a minute, and funding between them. */
function journalOf(steps: readonly Step[]): JournalEntry[] {
  const records: JournalRecord[] = [
    { type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' },
  ];
  for (const [i, step] of steps.entries()) {
    const atMs = (i + 1) * 60_000;
    if ('funding' in step) {
      records.push({ type: 'funding', atMs, fundingId: `f${i}`, asset: 'USDT', amount: step.funding, paidAtMs: atMs });
      continue;
    }
    const { side, quantity, price, fee = '0', feeAsset, wanted = price } = step;
    const intent = makeIntent({
      decisionId: `d${i}`,
      leg: 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      reduceOnly: false,
      quantity: money(quantity),
      priceUsd: money(wanted),
      filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS,
      nowMs: atMs,
      validUntilMs: atMs,
      reason: `signal_${side}`,
      modelId: null,
    });
    const { clientOrderId } = intent;
    const costs = { feeAmount: fee, feeAsset: feeAsset ?? 'USDT', feeUsd: feeAsset === undefined ? fee : null };
    const fill = { tradeId: String(i), clientOrderId, side, quantity, priceUsd: price, ...costs, executedAtMs: atMs };
    records.push(
      { type: 'order_planned', atMs, intent },
      { type: 'order_submitting', atMs, clientOrderId, sendBeforeMs: atMs },
      { type: 'fill', atMs, fill },
    );
  }
  return records.map((record, i) => ({ seq: i + 1, record }));
}

const fold = (entries: readonly JournalEntry[]): Ledger => {
  const ledger = new Ledger();
  for (const { record } of entries) ledger.apply(record);
  return ledger;
};

/** Short 2 at 2000, back at 1900 and on to long 1, out at 1950; funding both ways. */
const TURN: readonly Step[] = [
  { side: 'sell', quantity: '2', price: '2000', fee: '4' },
  { funding: '0.4' },
  { side: 'buy', quantity: '3', price: '1900', fee: '6' },
  { funding: '-0.2' },
  { side: 'sell', quantity: '1', price: '1950', fee: '2', wanted: '1951' },
];

describe('a fee that is valued after an execution that crossed zero', () => {
  const steps: readonly Step[] = [
    { side: 'sell', quantity: '2', price: '2000', fee: '4' },
    { side: 'buy', quantity: '3', price: '1900', fee: '0.02', feeAsset: 'BNB' },
  ];
  const turned = journalOf(steps);
  const { clientOrderId } = turned.flatMap(({ record }) => (record.type === 'fill' ? [record.fill] : []))[1]!;
  const valued: JournalRecord = { type: 'fee_valued', atMs: 999_000, clientOrderId, tradeId: '1', feeUsd: '6' };
  /** What both trades bear: of the trade that was closed, and of the one that was opened. */
  const borne = (ledger: Ledger) => tradeHistory(ledger).map(({ feesUsd, unvaluedFees }) => [feesUsd, unvaluedFees]);
  const restored = (ledger: Ledger) => {
    const again = new Ledger();
    again.apply(journalRecordSchema.parse({ type: 'checkpoint', atMs: 0, reason: 'test', ledger: snapshotLedger(ledger) }));
    return again;
  };

  it('is of both trades pro rata, in its asset before and in USD after, once', () => {
    const ledger = fold(turned);
    expect(borne(ledger)).toEqual([
      ['4', { BNB: '0.013333333333' }],
      ['0', { BNB: '0.006666666667' }],
    ]);
    expect(ledger.feesUsd.toFixed()).toBe('4');
    ledger.apply(valued);
    ledger.apply(valued);
    expect(borne(ledger).map(([, unvalued]) => unvalued)).toEqual([undefined, undefined]);
    const both = [ledger.closedTrades[0]!, ledger.openTrade!].map(({ feesUsd }) => money(feesUsd));
    expect(both[0]!.plus(both[1]!).toFixed()).toBe('10');
    expect(both.map(Number)).toEqual([expect.closeTo(8, 9), expect.closeTo(2, 9)]);
    expect([ledger.feesUsd.toFixed(), ledger.otherFeesUsd.toFixed(), ledger.unvaluedFees.size]).toEqual(['10', '6', 0]);
  });

  it('reaches the same trades after both were closed, and after the journal was compacted', () => {
    const closed = fold(journalOf([...steps, { side: 'sell', quantity: '1', price: '1950', fee: '2' }]));
    for (const ledger of [closed, restored(closed), restored(fold(turned))]) {
      const before = tradeHistory(ledger).map(({ feesUsd }) => Number(feesUsd));
      ledger.apply(valued);
      const gained = tradeHistory(ledger).map(({ feesUsd }, i) => Number(feesUsd) - before[i]!);
      expect(gained).toEqual([expect.closeTo(4, 7), expect.closeTo(2, 7)]);
      expect(tradeHistory(ledger).some((trade) => 'unvaluedFees' in trade)).toBe(false);
    }
  });
});

describe('trades in a perpetual', () => {
  it('open and close where the position crosses zero, each with its own fees and funding', () => {
    const ledger = fold(journalOf(TURN));
    expect(ledger.position).toMatchObject({ quantityEth: ZERO, costUsd: ZERO });
    expect(tradeHistory(ledger)).toMatchObject([
      {
        side: 'short',
        quantityEth: '2',
        entryPriceUsd: '2000',
        exitPriceUsd: '1900',
        feesUsd: '8',
        fundingUsd: '0.4',
        pnlUsd: '192.4',
        reason: 'signal_buy',
      },
      {
        side: 'long',
        quantityEth: '1',
        entryPriceUsd: '1900',
        exitPriceUsd: '1950',
        feesUsd: '4',
        fundingUsd: '-0.2',
        pnlUsd: '45.8',
      },
    ]);
    expect(ledger.cashUsd.toFixed()).toBe('10238.2');
    const [short, long] = ledger.closedTrades.map(tradeReturn);
    expect(short).toBeCloseTo(192.4 / 4000, 12);
    expect(long).toBeCloseTo(45.8 / 1900, 12);
  });

  it('show an open short with what its exits realised so far', () => {
    const ledger = fold(journalOf([...TURN.slice(0, 2), { side: 'buy', quantity: '0.5', price: '1900', fee: '1' }]));
    expect(tradeHistory(ledger)).toMatchObject([{ side: 'short', exitTimeMs: null, exitPriceUsd: '1900', pnlUsd: '45.4' }]);
    expect(ledger.position.quantityEth.toFixed()).toBe('-1.5');
    expect(ledger.position.costUsd.toFixed()).toBe('-3000');
    expect(ledger.exposure(money(2000))).toBeCloseTo(-3000 / 10_045.4, 3);
  });

  it('count a payment once, also where it is told after the trade it was due in', () => {
    const [capital, ...orders] = journalOf(TURN.filter((step) => 'side' in step));
    const ledger = fold([capital!, ...orders]);
    const late = (fundingId: string, paidAtMs: number): JournalRecord => ({
      type: 'funding',
      atMs: 9_000_000,
      fundingId,
      asset: 'USDT',
      amount: '1.5',
      paidAtMs,
    });
    for (const record of [late('x', 70_000), late('x', 70_000), late('y', 1), late('z', 130_000)]) ledger.apply(record);
    expect(ledger.closedTrades.map(({ fundingUsd }) => fundingUsd)).toEqual(['1.5', '1.5']);
    expect(ledger.fundingUsd.toFixed()).toBe('4.5');
    expect(ledger.lastFundingMs).toBe(130_000);
  });

  it('split a profit into signal, timing, slippage, fees and funding', () => {
    expect(attributeTrades(journalOf(TURN))).toMatchObject([
      { pnlUsd: '192.4', signalUsd: '200', slippageUsd: '0', feesUsd: '-8', fundingUsd: '0.4' },
      { pnlUsd: '45.8', signalUsd: '51', slippageUsd: '-1', feesUsd: '-4', fundingUsd: '-0.2' },
    ]);
  });

  it('are profits and payments for the tax file, never Ether that was sold', () => {
    const entries = journalOf(TURN);
    const lines = taxCsv(entries, fold(entries)).trim().split('\n').slice(1);
    expect(lines.map((line) => line.split(',').slice(1, 5).join(','))).toEqual([
      ',,192,USDT',
      ',,46,USDT',
      ',,0.4,USDT',
      '0.2,USDT,,',
    ]);
    for (const line of lines) {
      expect(line).toContain('Realized P&L');
      expect(line.split(',')).toHaveLength(12);
    }
  });

  it('come back from a snapshot, and from journals that know neither direction nor funding', () => {
    const ledger = fold(journalOf(TURN.slice(0, 4)));
    const snapshot = snapshotLedger(ledger);
    const record = journalRecordSchema.parse(JSON.parse(JSON.stringify({ type: 'checkpoint', atMs: 1, ledger: snapshot })));
    const again = new Ledger();
    again.apply(record);
    expect(snapshotLedger(again)).toEqual(snapshot);
    again.apply({ type: 'funding', atMs: 2, fundingId: 'f1', asset: 'USDT', amount: '99', paidAtMs: 120_000 });
    expect(again.fundingUsd.toFixed()).toBe('0.2');
    const spot = snapshotLedger(new Ledger());
    expect(Object.keys(spot)).not.toContain('fundingUsd');
    const old = new Ledger();
    old.apply({ type: 'checkpoint', atMs: 1, ledger: spot });
    expect([old.fundingUsd.toFixed(), old.lastFundingMs]).toEqual(['0', null]);
  });

  it('add up to the cash whenever the position is flat, and to the wallet always', () => {
    const step = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      quantity: fc.integer({ min: 1, max: 4_000 }).map((units) => money(units).div(1_000).toFixed()),
      price: fc.integer({ min: 150_000, max: 250_000 }).map((cents) => money(cents).div(100).toFixed()),
      fee: fc.integer({ min: 0, max: 500 }).map((cents) => money(cents).div(100).toFixed()),
    });
    const funding = fc.integer({ min: -500, max: 500 }).map((cents) => ({ funding: money(cents).div(100).toFixed() }));
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: step }, funding), { maxLength: 20 }), (steps) => {
        const open = fold(journalOf(steps)).position.quantityEth;
        const close: Step[] = open.eq(0)
          ? []
          : [{ side: open.gt(0) ? 'sell' : 'buy', quantity: open.abs().toFixed(), price: '2000', fee: '0.5' }];
        const entries = journalOf([...steps, ...close]);
        const ledger = fold(entries);
        expect(ledger.position.quantityEth.toFixed()).toBe('0');
        expect(ledger.openTrade).toBeNull();
        const inTrades = ledger.closedTrades.reduce((sum, trade) => sum.plus(trade.fundingUsd ?? 0), ZERO);
        const outside = ledger.fundingUsd.minus(inTrades);
        const profit = ledger.closedTrades.reduce((sum, trade) => sum.plus(tradePnlUsd(trade)), ZERO);
        expect(toText(ledger.cashUsd)).toBe(toText(money(10_000).plus(profit).plus(outside)));
        expect(ledger.walletUsd.eq(ledger.cashUsd)).toBe(true);
        for (const one of attributeTrades(entries)) {
          const parts = [one.signalUsd, one.timingUsd, one.slippageUsd, one.feesUsd, one.fundingUsd ?? '0'];
          expect(parts.reduce((sum, part) => sum.plus(part), ZERO).eq(one.pnlUsd)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { orderOf } from './engine-desk.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { Ledger } from './ledger.ts';
import type { OrderIntent } from './order.ts';

const capital: JournalRecord = {
  type: 'transfer',
  atMs: 0,
  asset: 'USDT',
  amount: '10000',
  valueUsd: '10000',
  reason: 'capital',
};
const sent = (intent: OrderIntent): JournalRecord[] => [
  { type: 'order_planned', atMs: 1, intent },
  { type: 'order_submitting', atMs: 1, clientOrderId: intent.clientOrderId, sendBeforeMs: 2 },
];
const fold = (records: readonly JournalRecord[]): Ledger => {
  const ledger = new Ledger();
  for (const record of records) ledger.apply(record);
  return ledger;
};

/** A purchase that was filled at once. */
const bought = (): JournalRecord[] => {
  const intent = orderOf('b', 'buy', { quantity: '2' });
  const costs = { feeAmount: '0', feeAsset: 'USDT', feeUsd: '0' };
  const { clientOrderId, side, quantity } = intent;
  const fill = { tradeId: '1', clientOrderId, side, quantity, priceUsd: '2000', ...costs, executedAtMs: 5 };
  return [...sent(intent), { type: 'fill', atMs: 5, fill }];
};

describe('records that a ledger folds', () => {
  it('notes equity after each decision once, and what a comparison found, also over a checkpoint', () => {
    const point = (decisionId: string, equityUsd: number) => ({
      timeMs: 1,
      decisionId,
      equityUsd,
      cashUsd: equityUsd,
      positionEth: 0,
      priceUsd: 2000,
      exposure: 0,
      transfersUsd: 10_000,
    });
    const equity = (decisionId: string, equityUsd: number): JournalRecord => ({
      type: 'equity',
      atMs: 1,
      point: point(decisionId, equityUsd),
    });
    const found: JournalRecord = {
      type: 'reconciliation',
      atMs: 9,
      differences: [{ kind: 'foreign_order', subject: 'web', journal: 'none', venue: 'ACCEPTED', explained: true }],
    };
    const ledger = fold([capital, equity('a', 1), equity('b', 2), equity('a', 3), found]);
    expect(ledger.equityPoints).toEqual([point('a', 1), point('b', 2)]);
    const again = fold([{ type: 'checkpoint', atMs: 10, ledger: snapshotLedger(ledger) }]);
    expect(again.lastReconciliation).toEqual(found);
    again.apply(equity('b', 9));
    again.apply(equity('c', 4));
    expect(again.equityPoints).toEqual([point('a', 1), point('b', 2), point('c', 4)]);
    expect(fold([{ type: 'checkpoint', atMs: 10, ledger: snapshotLedger(fold([capital])) }]).lastReconciliation).toBeNull();
  });

  it('renews the holding time by a decision that asks for it alone', () => {
    const decision = (decisionId: string, renewsHolding: boolean): JournalRecord => ({
      type: 'decision_taken',
      atMs: 1,
      decisionId,
      decisionTimeMs: renewsHolding ? 7 : 8,
      action: 'BUY',
      renewsHolding,
    });
    const ledger = fold([capital, decision('a', true), decision('b', false)]);
    expect(ledger.position.lastBuyMs).toBe(7);
    expect([...ledger.decisionIds]).toEqual(['a', 'b']);
  });

  it('books funding once, in its asset, and knows when the newest payment was due', () => {
    const funding = (fundingId: string, asset: string, amount: string, paidAtMs: number): JournalRecord => ({
      type: 'funding',
      atMs: 9,
      fundingId,
      asset,
      amount,
      paidAtMs,
    });
    const ledger = fold([
      capital,
      ...bought(),
      funding('a', 'USDT', '-1.5', 8),
      funding('b', 'USDT', '0.5', 7),
      funding('a', 'USDT', '-1.5', 9),
      funding('c', 'BNB', '-0.01', 6),
    ]);
    expect([ledger.fundingUsd.toFixed(), ledger.openTrade?.fundingUsd, ledger.lastFundingMs]).toEqual(['-1', '-1', 8]);
    expect([ledger.cashUsd.toFixed(), ledger.balance('BNB').toFixed()]).toEqual(['5999', '-0.01']);
    const again = fold([{ type: 'checkpoint', atMs: 10, ledger: snapshotLedger(ledger) }]);
    expect([...again.fundingIds]).toEqual(['a', 'b', 'c']);
    const { fundingIds: _none, ...older } = snapshotLedger(ledger);
    expect(fold([{ type: 'checkpoint', atMs: 10, ledger: older }]).fundingIds.size).toBe(0);
  });

  it('has no exposure without equity', () => {
    expect(new Ledger().exposure(money(2000))).toBe(0);
    const owing = fold([
      { ...capital, amount: '-5000', valueUsd: '-5000' },
      { ...capital, asset: 'ETH', amount: '2' },
    ]);
    expect(owing.exposure(money(2000))).toBe(0);
    expect(owing.exposure(money(3000))).toBe(6);
    expect(owing.exposure(money(2500))).toBe(0);
  });

  it('counts the attempts of one decision and leg, in their order', () => {
    const of = (id: string, more: Partial<OrderIntent>) => sent(orderOf('d', 'buy', { clientOrderId: id, ...more }));
    const ledger = fold([
      capital,
      ...of('1', {}),
      ...of('2', { leg: 'exit' }),
      ...of('3', { decisionId: 'e' }),
      ...of('4', { attempt: 2 }),
    ]);
    expect(ledger.attempts('d', 'entry').map(({ intent: { clientOrderId } }) => clientOrderId)).toEqual(['1', '4']);
  });
});

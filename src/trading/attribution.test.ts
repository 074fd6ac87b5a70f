import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { attributeTrades } from './attribution.ts';
import type { JournalEntry } from './journal/journal.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';

interface Execution {
  readonly attempt?: number;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly wantedAt: number;
  readonly filledAt: string;
  readonly ordered?: string;
  readonly feeAsset?: string;
}

/** A journal in which each execution is an order of its own. */
function journalOf(executions: readonly Execution[]): JournalEntry[] {
  const records: JournalRecord[] = [
    { type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' },
  ];
  for (const [i, { attempt = 1, side, quantity, ordered, wantedAt, filledAt, feeAsset = 'USDT' }] of executions.entries()) {
    const intent = makeIntent({
      decisionId: side,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money(ordered ?? quantity),
      priceUsd: money(wantedAt),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: i,
      validUntilMs: i,
      reason: 'test',
      modelId: null,
    });
    const { clientOrderId } = intent;
    const fee = money(feeAsset === 'ETH' ? '0.001' : '2');
    const feeUsd = feeAsset === 'ETH' ? fee.times(filledAt) : fee;
    const common = { clientOrderId, side, quantity, priceUsd: filledAt, feeAsset };
    records.push(
      { type: 'order_planned', atMs: i, intent },
      { type: 'order_submitting', atMs: i, clientOrderId, sendBeforeMs: i },
      {
        type: 'fill',
        atMs: i,
        fill: { ...common, tradeId: String(i), feeAmount: fee.toFixed(), feeUsd: feeUsd.toFixed(), executedAtMs: i },
      },
    );
    if (ordered !== undefined)
      records.push({ type: 'order_state', atMs: i, clientOrderId, state: 'EXPIRED', venueOrderId: null, message: null });
  }
  return records.map((record, i) => ({ seq: i + 1, record }));
}

describe('attributeTrades', () => {
  it('splits a profit into signal, timing, slippage and fees', () => {
    const journal = journalOf([
      { side: 'buy', quantity: '1', ordered: '2', wantedAt: 2000, filledAt: '2001' },
      { side: 'buy', quantity: '1', attempt: 2, wantedAt: 2010, filledAt: '2010.5' },
      { side: 'sell', quantity: '2', wantedAt: 2100, filledAt: '2098' },
    ]);
    expect(attributeTrades(journal)).toMatchObject([
      { decisionId: 'buy', pnlUsd: '178.5', signalUsd: '200', timingUsd: '-10', slippageUsd: '-5.5', feesUsd: '-6' },
    ]);
  });

  it('counts a fee taken from the Ether as a fee, and only closed trades', () => {
    const bought: Execution = { side: 'buy', quantity: '1', wantedAt: 2000, filledAt: '2000', feeAsset: 'ETH' };
    expect(attributeTrades(journalOf([bought]))).toEqual([]);
    expect(
      attributeTrades(journalOf([bought, { side: 'sell', quantity: '0.999', wantedAt: 2000, filledAt: '2000' }])),
    ).toMatchObject([{ pnlUsd: '-4', signalUsd: '0', timingUsd: '0', slippageUsd: '0', feesUsd: '-4' }]);
  });
});

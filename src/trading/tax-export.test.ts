import { describe, expect, it } from 'vitest';
import type { JournalRecord } from './journal/journal-record.ts';
import { taxCsv } from './tax-export.ts';

const fill = (side: 'buy' | 'sell', tradeId: string): JournalRecord => ({
  type: 'fill',
  atMs: 0,
  fill: {
    tradeId,
    clientOrderId: `order-${side}`,
    side,
    quantity: '0.5',
    priceUsd: '2000.1',
    feeAmount: '0.0005',
    feeAsset: side === 'buy' ? 'ETH' : 'USDT',
    feeUsd: '1.00005',
    executedAtMs: Date.UTC(2024, 0, 2, 3, 4, 5),
  },
});

describe('taxCsv', () => {
  it('has one line for each execution, with what was given and received and the fee in its own asset', () => {
    const entries = [
      { seq: 1, record: fill('buy', 't1') },
      { seq: 2, record: { type: 'reconciliation', atMs: 0, differences: [] } as JournalRecord },
      { seq: 3, record: fill('sell', 't2') },
    ];
    const [header, ...lines] = taxCsv(entries, { baseAsset: 'ETH', quoteAsset: 'USDT' }).trim().split('\n');
    expect(header!.split(',').slice(0, 5)).toEqual([
      'Date',
      'Sent Amount',
      'Sent Currency',
      'Received Amount',
      'Received Currency',
    ]);
    expect(lines.map((line) => line.split(','))).toEqual([
      [
        '2024-01-02T03:04:05.000Z',
        '1000.05',
        'USDT',
        '0.5',
        'ETH',
        '0.0005',
        'ETH',
        '1000.05',
        'USD',
        '',
        'order order-buy',
        't1',
      ],
      [
        '2024-01-02T03:04:05.000Z',
        '0.5',
        'ETH',
        '1000.05',
        'USDT',
        '0.0005',
        'USDT',
        '1000.05',
        'USD',
        '',
        'order order-sell',
        't2',
      ],
    ]);
  });
});

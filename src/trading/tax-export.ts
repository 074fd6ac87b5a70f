import { money, toIso } from '../domain/index.ts';
import type { JournalEntry } from './journal/journal.ts';
import type { Ledger } from './ledger.ts';
import type { Fill } from './order.ts';

const HEADER = [
  'Date',
  'Sent Amount',
  'Sent Currency',
  'Received Amount',
  'Received Currency',
  'Fee Amount',
  'Fee Currency',
  'Net Worth Amount',
  'Net Worth Currency',
  'Label',
  'Description',
  'TxHash',
];

/**
 * Every execution as one line of the universal CSV that tax programs import (Koinly's column names): what was given, what
 * was received, the fee in its own asset. Fees charged in what was received are beside it, not taken off.
 */
export function taxCsv(
  entries: readonly JournalEntry[],
  { baseAsset, quoteAsset }: Pick<Ledger, 'baseAsset' | 'quoteAsset'>,
): string {
  const fills = entries.flatMap(({ record }) => (record.type === 'fill' ? [record.fill] : []));
  return `${[HEADER, ...fills.map((fill) => lineOf(fill, baseAsset, quoteAsset))].map((cells) => cells.join(',')).join('\n')}\n`;
}

function lineOf(fill: Fill, baseAsset: string, quoteAsset: string): string[] {
  const value = money(fill.quantity).times(fill.priceUsd).toFixed();
  const isBuy = fill.side === 'buy';
  return [
    toIso(fill.executedAtMs),
    isBuy ? value : fill.quantity,
    isBuy ? quoteAsset : baseAsset,
    isBuy ? fill.quantity : value,
    isBuy ? baseAsset : quoteAsset,
    fill.feeAmount,
    fill.feeAsset,
    value,
    'USD',
    '',
    `order ${fill.clientOrderId}`,
    fill.tradeId,
  ];
}

import { type Money, money, type TimeMs, toIso } from '../domain/index.ts';
import type { JournalEntry } from './journal/journal.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import type { Ledger } from './ledger.ts';
import type { Fill } from './order.ts';
import { type Trade, tradePnlUsd } from './trade.ts';

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

/** What names the assets, and the closed trades where perpetuals were traded. */
export type TaxLedger = Pick<Ledger, 'baseAsset' | 'quoteAsset'> & Partial<Pick<Ledger, 'closedTrades'>>;

/**
 * Every execution as one line of the universal CSV that tax programs import (Koinly's column names): what was given, what
 * was received, the fee in its own asset. Fees charged in what was received are beside it, not taken off. A perpetual
 * moves no Ether, so what comes of it is one line for each closed trade, its profit or loss after fees, and one for each
 * funding payment, under the label that such programs have for derivatives.
 */
export function taxCsv(entries: readonly JournalEntry[], { baseAsset, quoteAsset, closedTrades = [] }: TaxLedger): string {
  const perpetual = perpetualOrders(entries);
  const fills = entries.flatMap(({ record }) => (record.type === 'fill' ? [record.fill] : []));
  const lines = [
    ...fills.filter(({ clientOrderId }) => !perpetual.has(clientOrderId)).map((fill) => lineOf(fill, baseAsset, quoteAsset)),
    ...closedTrades.filter(({ direction }) => direction !== undefined).map((trade) => profitLine(trade, quoteAsset)),
    ...entries.flatMap(({ record }) => (record.type === 'funding' ? [fundingLine(record)] : [])),
  ];
  return `${[HEADER, ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
}

function perpetualOrders(entries: readonly JournalEntry[]): Set<string> {
  const intents = entries.flatMap(({ record }) => {
    if (record.type === 'checkpoint') return record.ledger.orders.map(({ intent }) => intent);
    return record.type === 'order_planned' ? [record.intent] : [];
  });
  return new Set(intents.filter(({ reduceOnly }) => reduceOnly !== undefined).map(({ clientOrderId }) => clientOrderId));
}

/** Funding has lines of its own. */
function profitLine(trade: Trade, quoteAsset: string): string[] {
  const profit = tradePnlUsd(trade).minus(trade.fundingUsd ?? 0);
  const what = `${trade.direction} perpetual after fees of ${trade.feesUsd}`;
  return derivativeLine(trade.exitTimeMs ?? trade.entryTimeMs, profit, quoteAsset, what, trade.tradeId);
}

const fundingLine = ({ paidAtMs, amount, asset, fundingId }: Extract<JournalRecord, { type: 'funding' }>): string[] =>
  derivativeLine(paidAtMs, money(amount), asset, 'funding', fundingId);

function derivativeLine(atMs: TimeMs, amount: Money, asset: string, what: string, id: string): string[] {
  const size = amount.abs().toFixed();
  const isLoss = amount.lt(0);
  const moved = isLoss ? [size, asset, '', ''] : ['', '', size, asset];
  return [toIso(atMs), ...moved, '', '', size, 'USD', 'Realized P&L', what, id];
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

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Money, money, type TimeMs, toText } from '../domain/index.ts';
import { writeFileAtomically } from './durable-file.ts';
import type { Ledger } from './ledger.ts';
import { averagePrice, entrySide, exitSide, isShort, type Trade, tradePnlUsd } from './trade.ts';
import type { TradingMode } from './trading-mode.ts';

/** One entry of `trade_history.json`. An open trade has no exit yet. Decimals are strings. */
export interface TradeHistoryEntry {
  readonly tradeId: string;
  readonly decisionId: string;
  readonly modelId: string | null;
  readonly side: 'long' | 'short';
  readonly quantityEth: string;
  readonly entryTimeMs: TimeMs;
  readonly entryPriceUsd: string;
  readonly exitTimeMs: TimeMs | null;
  readonly exitPriceUsd: string | null;
  readonly feesUsd: string;
  /** Received less paid; only of a trade in a perpetual that had any. */
  readonly fundingUsd?: string;
  /** Realised so far; of an open trade on average cost. */
  readonly pnlUsd: string;
  readonly reason: string;
  readonly mode: TradingMode;
}

/** Every trade of a ledger, closed ones first, the open one last. */
export const tradeHistory = (ledger: Ledger): TradeHistoryEntry[] =>
  [...ledger.closedTrades, ...(ledger.openTrade === null ? [] : [ledger.openTrade])].map(entryOf);

/** Writes `trade_history.json` so that readers see the old or the new one, never a part. */
export async function writeTradeHistory(path: string, ledger: Ledger): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, `${JSON.stringify(tradeHistory(ledger), null, 2)}\n`);
}

const USD_DECIMALS = 8;

function entryOf(trade: Trade): TradeHistoryEntry {
  const entry = entrySide(trade);
  const exit = exitSide(trade);
  const entryPrice = averagePrice(entry.usd, entry.eth);
  const exitPrice = averagePrice(exit.usd, exit.eth);
  const realised = trade.exitTimeMs === null ? realisedSoFar(trade, entryPrice) : tradePnlUsd(trade);
  return {
    tradeId: trade.tradeId,
    decisionId: trade.decisionId,
    modelId: trade.modelId,
    side: isShort(trade) ? 'short' : 'long',
    quantityEth: entry.eth,
    entryTimeMs: trade.entryTimeMs,
    entryPriceUsd: toText(entryPrice),
    exitTimeMs: trade.exitTimeMs,
    exitPriceUsd: exitPrice.gt(0) ? toText(exitPrice) : null,
    feesUsd: toText(money(trade.feesUsd).round(USD_DECIMALS)),
    ...(trade.fundingUsd !== undefined && { fundingUsd: toText(money(trade.fundingUsd).round(USD_DECIMALS)) }),
    pnlUsd: toText(realised.round(USD_DECIMALS)),
    reason: trade.reason,
    mode: trade.mode,
  };
}

/** Of an open trade: what its exits gained on the average entry price, less every fee, with the funding so far. */
function realisedSoFar(trade: Trade, entryPriceUsd: Money): Money {
  const { eth, usd } = exitSide(trade);
  const gained = money(usd).minus(entryPriceUsd.times(eth));
  return (isShort(trade) ? gained.times(-1) : gained).minus(trade.feesUsd).plus(trade.fundingUsd ?? 0);
}

import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { money, type TimeMs, toText } from '../domain/index.ts';
import { writeFileAtomically } from './durable-file.ts';
import type { Ledger } from './ledger.ts';
import { averagePrice, type Trade, tradePnlUsd } from './trade.ts';
import type { TradingMode } from './trading-mode.ts';

/** One entry of `trade_history.json`. An open trade has no exit yet. Decimals are strings. */
export interface TradeHistoryEntry {
  readonly tradeId: string;
  readonly decisionId: string;
  readonly modelId: string | null;
  readonly side: 'long';
  readonly quantityEth: string;
  readonly entryTimeMs: TimeMs;
  readonly entryPriceUsd: string;
  readonly exitTimeMs: TimeMs | null;
  readonly exitPriceUsd: string | null;
  readonly feesUsd: string;
  /** Fees by asset that are not valued yet, and so neither in `feesUsd` nor in `pnlUsd`; absent where there are none. */
  readonly unvaluedFees?: Readonly<Record<string, string>>;
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
  const entryPrice = averagePrice(trade.boughtUsd, trade.boughtEth);
  const exitPrice = averagePrice(trade.soldUsd, trade.soldEth);
  const isOpen = trade.exitTimeMs === null;
  const realised = isOpen ? money(trade.soldUsd).minus(entryPrice.times(trade.soldEth)).minus(trade.feesUsd) : tradePnlUsd(trade);
  return {
    tradeId: trade.tradeId,
    decisionId: trade.decisionId,
    modelId: trade.modelId,
    side: 'long',
    quantityEth: trade.boughtEth,
    entryTimeMs: trade.entryTimeMs,
    entryPriceUsd: toText(entryPrice),
    exitTimeMs: trade.exitTimeMs,
    exitPriceUsd: exitPrice.gt(0) ? toText(exitPrice) : null,
    feesUsd: toText(money(trade.feesUsd).round(USD_DECIMALS)),
    ...(Object.keys(trade.unvaluedFees ?? {}).length > 0 && { unvaluedFees: trade.unvaluedFees }),
    pnlUsd: toText(realised.round(USD_DECIMALS)),
    reason: trade.reason,
    mode: trade.mode,
  };
}

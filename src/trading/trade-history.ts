import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Money, money, type TimeMs, toText } from '../domain/index.ts';
import { type CrashHook, noCrash } from './crash-point.ts';
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
  /** The same fees, and those that are not valued yet, in the assets that they were charged in. */
  readonly feesByAsset: Readonly<Record<string, string>>;
  /** Fees by asset that are not valued yet, and so neither in `feesUsd` nor in `pnlUsd`; absent where there are none. */
  readonly unvaluedFees?: Readonly<Record<string, string>>;
  /** Realised so far; of an open trade on average cost. */
  readonly pnlUsd: string;
  /** Of what is still held, at the mark; with `pnlUsd` it is what the trade has brought so far. Null where no mark is known. */
  readonly unrealisedPnlUsd: string | null;
  readonly reason: string;
  readonly mode: TradingMode;
}

/** Every trade of a ledger, closed ones first, the open one last. @param markUsd what one Ether is worth now */
export const tradeHistory = (ledger: Ledger, markUsd?: Money): TradeHistoryEntry[] =>
  [...ledger.closedTrades, ...(ledger.openTrade === null ? [] : [ledger.openTrade])].map((trade) =>
    entryOf(trade, ledger.baseAsset, markUsd),
  );

/** What the position would bring at the mark over what it cost, or was sold short for; fees left out. Null without a mark. */
export function unrealisedPnlUsd({ position }: Ledger, markUsd: Money | undefined): string | null {
  if (position.quantityEth.eq(0)) return '0';
  return markUsd ? toText(position.quantityEth.times(markUsd).minus(position.costUsd).round(USD_DECIMALS)) : null;
}

/** Fees so far by the asset that they were charged in. */
export const feesByAsset = (ledger: Ledger): Record<string, string> =>
  Object.fromEntries([...ledger.feesByAsset].map(([asset, amount]) => [asset, toText(amount)]));

/** Writes `trade_history.json` so that readers see the old or the new one, never a part. */
export async function writeTradeHistory(
  path: string,
  ledger: Ledger,
  markUsd?: Money,
  crash: CrashHook = noCrash,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await crash('history.before_write');
  await writeFileAtomically(path, `${JSON.stringify(tradeHistory(ledger, markUsd), null, 2)}\n`);
  await crash('history.after_write');
}

const USD_DECIMALS = 8;

function entryOf(trade: Trade, baseAsset: string, markUsd: Money | undefined): TradeHistoryEntry {
  const entry = entrySide(trade);
  const exit = exitSide(trade);
  const entryPrice = averagePrice(entry.usd, entry.eth);
  const exitPrice = averagePrice(exit.usd, exit.eth);
  const isOpen = trade.exitTimeMs === null;
  const realised = isOpen ? realisedSoFar(trade, entryPrice) : tradePnlUsd(trade);
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
    feesByAsset: trade.feesByAsset,
    ...(trade.fundingUsd !== undefined && { fundingUsd: toText(money(trade.fundingUsd).round(USD_DECIMALS)) }),
    ...(Object.keys(trade.unvaluedFees ?? {}).length > 0 && { unvaluedFees: trade.unvaluedFees }),
    pnlUsd: toText(realised.round(USD_DECIMALS)),
    unrealisedPnlUsd: isOpen
      ? markUsd
        ? toText(soFar(trade, baseAsset, markUsd).minus(realised).round(USD_DECIMALS))
        : null
      : '0',
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

/** What a trade would have brought, were the rest of it traded back at the mark without a fee. */
function soFar(trade: Trade, baseAsset: string, markUsd: Money): Money {
  const held = money(trade.boughtEth)
    .minus(trade.soldEth)
    .minus(trade.feesByAsset[baseAsset] ?? '0');
  return tradePnlUsd(trade).plus(held.times(markUsd));
}

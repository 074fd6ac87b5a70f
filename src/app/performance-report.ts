import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performanceMetrics } from '../backtest/index.ts';
import { createRng, money, toNumber } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import {
  type Attribution,
  attributeTrades,
  feesByAsset,
  Ledger,
  readPerformanceLog,
  readWholeJournal,
  timeWeightedEquity,
  tradeHistory,
  unrealisedPnlUsd,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { searchedTrials } from './searched-trials.ts';

export interface PerformanceReportOptions {
  readonly html: boolean;
  readonly outputFile?: string | undefined;
}

const inAssets = (fees: Readonly<Record<string, string>>): string =>
  Object.keys(fees).length === 0
    ? ''
    : `, charged as ${Object.entries(fees)
        .map(([asset, amount]) => `${amount} ${asset}`)
        .join(', ')}`;

const percent = (fraction: number | null): string => (fraction === null ? '-' : `${(100 * fraction).toFixed(2)} %`);

/** Results of the trades so far, from the journal and the equity log alone. */
export async function performanceReport(
  { dataDir, config, isSimulated }: AppParts,
  { html, outputFile }: PerformanceReportOptions,
) {
  const points = await readPerformanceLog(join(dataDir, PATHS.performance));
  const ledger = new Ledger();
  const journal = join(dataDir, PATHS.journal);
  const entries = existsSync(journal) ? await readWholeJournal(journal) : [];
  for (const { record } of entries) ledger.apply(record);
  const attribution = attributeTrades(entries);
  const mark = points.at(-1)?.priceUsd;
  const markUsd = mark === undefined ? undefined : money(mark);
  const trades = tradeHistory(ledger, markUsd);
  const [unrealised, fees] = [unrealisedPnlUsd(ledger, markUsd), feesByAsset(ledger)];
  const metrics = performanceMetrics({
    timeMs: Float64Array.from(points, (point) => point.timeMs),
    equityUsd: Float64Array.from(timeWeightedEquity(points)),
    exposure: Float64Array.from(points, (point) => point.exposure),
    trades: trades.map(({ pnlUsd, feesUsd, exitTimeMs }) => ({ pnlUsd: Number(pnlUsd), feesUsd: Number(feesUsd), exitTimeMs })),
    feesUsd: toNumber(ledger.feesUsd),
    ...(await searchedTrials({ dataDir })),
    rng: createRng(config.model.seed, 1),
  });
  const simulated = isSimulated || trades.some(({ mode }) => mode === 'sandbox');
  const [low, high] = metrics.sharpeInterval ?? [null, null];
  const sum = (part: (one: Attribution) => string) => attribution.reduce((total, one) => total + Number(part(one)), 0).toFixed(2);
  const lines = [
    `${simulated ? 'SIMULATED ' : ''}results over ${metrics.days} days, ${trades.length} trades, after costs`,
    `equity      ${points.at(-1)?.equityUsd.toFixed(2) ?? config.capitalUsd} USDT of ${config.capitalUsd}`,
    `return      ${percent(metrics.totalReturn)}`,
    `Sharpe      ${metrics.sharpe?.toFixed(2) ?? '-'} (95 % interval ${low?.toFixed(2) ?? '-'} to ${high?.toFixed(2) ?? '-'})`,
    `drawdown    ${percent(metrics.maxDrawdown)}`,
    `fees        ${metrics.feesUsd.toFixed(2)} USDT${inAssets(fees)}`,
    ...(ledger.lastFundingMs === null ? [] : [`funding     ${ledger.fundingUsd.toFixed(2)} USDT`]),
    `unrealised  ${unrealised === null ? '-' : Number(unrealised).toFixed(2)} USDT at the price of the last decision`,
    `signal      ${sum((one) => one.signalUsd)}, timing ${sum((one) => one.timingUsd)}, slippage ${sum((one) => one.slippageUsd)} USDT of closed trades`,
    `win rate    ${percent(metrics.winRate)}`,
  ];
  const document = {
    simulated,
    metrics,
    ...(ledger.lastFundingMs !== null && { fundingUsd: ledger.fundingUsd.toFixed() }),
    trades,
    attribution,
    unrealisedPnlUsd: unrealised,
    feesByAsset: fees,
    equity: points,
  };
  if (!html) return { document, text: lines.join('\n') };
  const path = outputFile ?? join(dataDir, PATHS.reports, 'performance.html');
  await writeFileAtomic(path, page(lines));
  return { document: { ...document, report: path }, text: `${lines.join('\n')}\nreport: ${path}` };
}

const page = (lines: readonly string[]): string =>
  `<!doctype html><meta charset="utf-8"><title>Performance</title><style>body{font:16px/1.6 system-ui;margin:2rem;color-scheme:light dark}</style><h1>Performance</h1><pre>${lines.join('\n')}</pre>\n`;

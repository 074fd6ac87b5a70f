import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performanceMetrics } from '../backtest/index.ts';
import { createRng, toNumber } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import {
  type Attribution,
  attributeTrades,
  Ledger,
  readJournal,
  readPerformanceLog,
  timeWeightedEquity,
  tradeHistory,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

export interface PerformanceReportOptions {
  readonly html: boolean;
  readonly outputFile?: string | undefined;
}

const percent = (fraction: number | null): string => (fraction === null ? '-' : `${(100 * fraction).toFixed(2)} %`);

/** Results of the trades so far, from the journal and the equity log alone. */
export async function performanceReport(
  { dataDir, config, isSimulated }: AppParts,
  { html, outputFile }: PerformanceReportOptions,
) {
  const points = await readPerformanceLog(join(dataDir, PATHS.performance));
  const ledger = new Ledger();
  const journal = join(dataDir, PATHS.journal);
  const entries = existsSync(journal) ? (await readJournal(journal)).entries : [];
  for (const { record } of entries) ledger.apply(record);
  const attribution = attributeTrades(entries);
  const trades = tradeHistory(ledger);
  const metrics = performanceMetrics({
    timeMs: Float64Array.from(points, (point) => point.timeMs),
    equityUsd: Float64Array.from(timeWeightedEquity(points)),
    exposure: Float64Array.from(points, (point) => point.exposure),
    trades: trades.map(({ pnlUsd, feesUsd, exitTimeMs }) => ({ pnlUsd: Number(pnlUsd), feesUsd: Number(feesUsd), exitTimeMs })),
    feesUsd: toNumber(ledger.feesUsd),
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
    `fees        ${metrics.feesUsd.toFixed(2)} USDT`,
    ...(ledger.lastFundingMs === null ? [] : [`funding     ${ledger.fundingUsd.toFixed(2)} USDT`]),
    `signal      ${sum((one) => one.signalUsd)}, timing ${sum((one) => one.timingUsd)}, slippage ${sum((one) => one.slippageUsd)} USDT of closed trades`,
    `win rate    ${percent(metrics.winRate)}`,
  ];
  const funding = ledger.lastFundingMs === null ? {} : { fundingUsd: ledger.fundingUsd.toFixed() };
  const document = { simulated, metrics, ...funding, trades, attribution, equity: points };
  if (!html) return { document, text: lines.join('\n') };
  const path = outputFile ?? join(dataDir, PATHS.reports, 'performance.html');
  await writeFileAtomic(path, page(lines));
  return { document: { ...document, report: path }, text: `${lines.join('\n')}\nreport: ${path}` };
}

const page = (lines: readonly string[]): string =>
  `<!doctype html><meta charset="utf-8"><title>Performance</title><style>body{font:16px/1.6 system-ui;margin:2rem;color-scheme:light dark}</style><h1>Performance</h1><pre>${lines.join('\n')}</pre>\n`;

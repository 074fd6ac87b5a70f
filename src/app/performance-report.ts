import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type PerformanceMetrics, performanceMetrics, renderLiveReport } from '../backtest/index.ts';
import { AppError, createRng, type Money, money, toNumber } from '../domain/index.ts';
import { type ModelManifest, ModelRegistry } from '../model/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import {
  type Attribution,
  attributeTrades,
  type EquityPoint,
  feesByAsset,
  type JournalEntry,
  Ledger,
  readDecisionLog,
  readPerformanceLog,
  readWholeJournal,
  timeWeightedEquity,
  tradeHistory,
  unrealisedPnlUsd,
} from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { compareWithExpectation, type Expectation } from './performance/expectation.ts';
import { expectedRun } from './performance/expected-run.ts';
import { expectationLines, liveReportOf } from './performance/live-report.ts';
import { searchedTrials } from './searched-trials.ts';

export interface PerformanceReportOptions {
  readonly html: boolean;
  readonly outputFile?: string | undefined;
  /** Whether to run the backtest of the same days, which takes seconds; unless told, it is. */
  readonly isCompared?: boolean;
}

const inAssets = (fees: Readonly<Record<string, string>>): string =>
  Object.keys(fees).length === 0
    ? ''
    : `, charged as ${Object.entries(fees)
        .map(([asset, amount]) => `${amount} ${asset}`)
        .join(', ')}`;

const percent = (fraction: number | null): string => (fraction === null ? '-' : `${(100 * fraction).toFixed(2)} %`);

/** Results of the trades so far, from the journal and the equity log, against what was to be expected. */
export async function performanceReport(parts: AppParts, { html, outputFile, isCompared = true }: PerformanceReportOptions) {
  const { dataDir, config, isSimulated } = parts;
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
  const fundingUsd = ledger.lastFundingMs === null ? undefined : ledger.fundingUsd;
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
  const expectation = isCompared ? await expectationOf(parts, points, entries, ledger) : { why: 'It was not asked for.' };
  const lines = [
    `${simulated ? 'SIMULATED ' : ''}results over ${metrics.days} days, ${trades.length} trades, after costs`,
    `equity      ${points.at(-1)?.equityUsd.toFixed(2) ?? config.capitalUsd} USDT of ${config.capitalUsd}`,
    ...figureLines(metrics, attribution, { charged: inAssets(fees), fundingUsd, unrealised }),
    ...(isCompared ? ['', ...('why' in expectation ? [expectation.why] : expectationLines(expectation, simulated))] : []),
  ];
  const document = {
    simulated,
    metrics,
    ...(fundingUsd !== undefined && { fundingUsd: fundingUsd.toFixed() }),
    trades,
    attribution,
    unrealisedPnlUsd: unrealised,
    feesByAsset: fees,
    expectation,
    equity: points,
  };
  if (!html) return { document, text: lines.join('\n') };
  const path = outputFile ?? join(dataDir, PATHS.reports, 'performance.html');
  const { capitalUsd } = config;
  const madeAtMs = parts.clock.nowMs();
  const facts = liveReportOf({
    ...{ simulated, madeAtMs, metrics, capitalUsd, points, trades, attribution, expectation },
    ...(fundingUsd !== undefined && { fundingUsd: toNumber(fundingUsd) }),
  });
  await writeFileAtomic(path, renderLiveReport(facts));
  return { document: { ...document, report: path }, text: `${lines.join('\n')}\nreport: ${path}` };
}

/** What of an account's figures is no metric. */
interface AccountFigures {
  /** Fees in the assets that they were charged in, as text. */
  readonly charged: string;
  /** Received less paid; undefined where there was none. */
  readonly fundingUsd: Money | undefined;
  readonly unrealised: string | null;
}

function figureLines(
  metrics: PerformanceMetrics,
  attribution: readonly Attribution[],
  { charged, fundingUsd, unrealised }: AccountFigures,
): string[] {
  const [low, high] = metrics.sharpeInterval ?? [null, null];
  const sum = (part: (one: Attribution) => string) => attribution.reduce((total, one) => total + Number(part(one)), 0).toFixed(2);
  return [
    `return      ${percent(metrics.totalReturn)}`,
    `Sharpe      ${metrics.sharpe?.toFixed(2) ?? '-'} (95 % interval ${low?.toFixed(2) ?? '-'} to ${high?.toFixed(2) ?? '-'})`,
    `drawdown    ${percent(metrics.maxDrawdown)}`,
    `fees        ${metrics.feesUsd.toFixed(2)} USDT${charged}`,
    ...(fundingUsd === undefined ? [] : [`funding     ${fundingUsd.toFixed(2)} USDT`]),
    `unrealised  ${unrealised === null ? '-' : Number(unrealised).toFixed(2)} USDT at the price of the last decision`,
    `signal      ${sum((one) => one.signalUsd)}, timing ${sum((one) => one.timingUsd)}, slippage ${sum((one) => one.slippageUsd)} USDT of closed trades`,
    `win rate    ${percent(metrics.winRate)}`,
  ];
}

/** Reality against expectation, or why they cannot be compared. */
async function expectationOf(
  parts: AppParts,
  points: readonly EquityPoint[],
  entries: readonly JournalEntry[],
  ledger: Ledger,
): Promise<Expectation | { readonly why: string }> {
  const { dataDir, config, clock } = parts;
  const log = join(dataDir, PATHS.decisions);
  const records = existsSync(log) ? await readDecisionLog(log) : [];
  records.sort((a, b) => a.decisionTimeMs - b.decisionTimeMs);
  if (records.length === 0) return { why: 'No decision was made yet: there is nothing to compare.' };
  try {
    const registry = new ModelRegistry(join(dataDir, PATHS.models), clock);
    const adjusted = timeWeightedEquity(points);
    const manifests = new Map((await registry.list()).map((manifest): [string, ModelManifest] => [manifest.modelId, manifest]));
    const models = new Map(
      [...manifests].map(([modelId, { canonical, trainedUntilMs, trainDays }]) => [
        modelId,
        { canonical: canonical.series, trainedUntilMs, trainDays },
      ]),
    );
    return compareWithExpectation({
      records,
      expectedDays: await expectedRun(parts, records, models),
      equity: points.map(({ timeMs }, i) => ({ timeMs, usd: adjusted[i]! })),
      manifests,
      fills: entries.flatMap(({ record }) =>
        record.type === 'fill' ? [{ fill: record.fill, intent: ledger.order(record.fill.clientOrderId).intent }] : [],
      ),
      assumedSlippageBps: config.costs.slippageBps,
      rng: createRng(config.model.seed, 2),
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { why: `The same days cannot be run again on what is stored: ${error.message}.` };
  }
}

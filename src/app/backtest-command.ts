import type { Config } from '../config/index.ts';
import { type TimeMs, toIsoDay } from '../domain/index.ts';
import { writeFileAtomic } from '../storage/index.ts';
import type { AppParts } from './app-parts.ts';
import { type BacktestOptions, walkForward } from './backtest.ts';
import { type RunSummary, reportOf, shownSettings, summarize } from './run-report.ts';
import type { ScoredCycle } from './score-run.ts';
import { searchedTrials } from './searched-trials.ts';
import { writeReport } from './write-report.ts';

/** Costs and capital of the command line, where they differ from the configuration. */
export interface CostOverrides {
  readonly feeBps?: number | undefined;
  readonly slippageBps?: number | undefined;
  readonly capitalUsd?: string | undefined;
}

export interface BacktestRequest extends Pick<BacktestOptions, 'startMs' | 'endMs' | 'retrainEveryDays' | 'trainDays'> {
  readonly costs: CostOverrides;
  readonly outputFile?: string | undefined;
}

export const withCosts = (config: Config, { feeBps, slippageBps, capitalUsd }: CostOverrides): Config => ({
  ...config,
  capitalUsd: capitalUsd ?? config.capitalUsd,
  costs: { feeBps: feeBps ?? config.costs.feeBps, slippageBps: slippageBps ?? config.costs.slippageBps },
});

/** Walks forward over stored data, writes the report, and gives the figures. */
export async function backtestCommand(parts: AppParts, request: BacktestRequest) {
  const started = parts.timer.elapsedMs();
  const config = withCosts(parts.config, request.costs);
  const searched = await searchedTrials(parts);
  const run = await walkForward(
    { store: parts.store, config, dataSources: parts.dataSources },
    {
      ...request,
      onProgress: parts.onProgress,
      ...(parts.signal && { signal: parts.signal }),
    },
  );
  const simulated = parts.isSimulated;
  const summary = summarize(run, config, config.model.seed, searched);
  const command = `ets backtest --start ${toIsoDay(request.startMs)} --end ${toIsoDay(request.endMs)} --retrain-every ${request.retrainEveryDays}d`;
  const report = await writeReport(
    parts.dataDir,
    `backtest-${toIsoDay(request.startMs)}-${toIsoDay(request.endMs)}`,
    reportOf(run, summary, {
      title: 'Walk-forward backtest',
      command,
      simulated,
      madeAtMs: parts.clock.nowMs(),
      settings: shownSettings(config),
    }),
  );
  if (request.outputFile !== undefined) await writeFileAtomic(request.outputFile, cyclesCsv(run.cycles));
  return {
    simulated,
    canonical: run.canonical,
    cycles: run.cycles.length,
    retrains: run.trainings.length,
    promotions: run.trainings.filter(({ gate }) => gate.decision === 'promoted').length,
    decisions: summary.decisions,
    trades: summary.trades.length,
    feesUsd: run.ledger.feesUsd.round(2).toFixed(2),
    ...resultOf(summary),
    report,
    durationMs: Math.round(parts.timer.elapsedMs() - started),
  };
}

const cents = (usd: number): string => usd.toFixed(2);

/** The fields that every run gives. */
export const resultOf = ({ score, metrics, buyAndHold, ...summary }: RunSummary) => ({
  equity: { startUsd: cents(summary.startUsd), endUsd: cents(summary.endUsd), buyAndHoldUsd: cents(summary.buyAndHoldUsd) },
  metrics,
  baselines: { buyAndHold, cash: { totalReturn: 0, sharpe: null } },
  model: {
    days: score.days,
    logLoss: score.logLoss,
    accuracy: score.accuracy,
    baselineLogLoss: score.baselineLogLoss,
    baselineAccuracy: score.baselineAccuracy,
  },
  skill: score.skill,
});

/** One line a cycle, for other programs. */
function cyclesCsv(cycles: readonly ScoredCycle[]): string {
  const lines = cycles.map(({ record, exposure, equityUsd }) => {
    const { decision } = record;
    const target = decision.targetExposure ?? exposure;
    return [record.decisionTimeMs satisfies TimeMs, decision.label, decision.confidence ?? '', target, equityUsd].join(',');
  });
  return `${['decisionTimeMs,label,confidence,targetExposure,equityUsd', ...lines].join('\n')}\n`;
}

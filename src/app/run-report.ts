import { type PerformanceMetrics, performanceMetrics, type ReportData, type ReportDay } from '../backtest/index.ts';
import type { Config } from '../config/index.ts';
import { createRng, type TimeMs, toNumber } from '../domain/index.ts';
import { UNKNOWN_LABEL } from '../model/index.ts';
import { type Ledger, type TradeHistoryEntry, tradeHistory } from '../trading/index.ts';
import type { MarketView } from './market-view.ts';
import type { TrainingNote } from './retrain.ts';
import { type RunScore, type ScoredCycle, scoredPredictions, scoreRun } from './score-run.ts';
import type { SearchedTrials } from './searched-trials.ts';

/** A finished run of daily cycles: a backtest or a demo. */
export interface FinishedRun {
  readonly view: MarketView;
  readonly canonical: string;
  readonly cycles: readonly ScoredCycle[];
  readonly trainings: readonly TrainingNote[];
  readonly ledger: Ledger;
}

/** What a run came to, in figures. */
export interface RunSummary {
  readonly score: RunScore;
  readonly metrics: PerformanceMetrics;
  readonly buyAndHold: PerformanceMetrics;
  readonly startUsd: number;
  readonly endUsd: number;
  readonly buyAndHoldUsd: number;
  readonly decisions: { readonly buy: number; readonly sell: number; readonly hold: number };
  readonly trades: readonly TradeHistoryEntry[];
  readonly days: readonly ReportDay[];
}

const BPS = 1e-4;

/** Figures of a run, after costs. @param seed of the bootstrap intervals @param searched what the Sharpe ratio is deflated by */
export function summarize(run: FinishedRun, config: Config, seed: number, searched: SearchedTrials): RunSummary {
  const { cycles, ledger } = run;
  const startUsd = Number(config.capitalUsd);
  const days = reportDays(run, startUsd, config);
  const timeMs = Float64Array.from(days, (day) => day.timeMs);
  const trades = tradeHistory(ledger);
  const tradedUsd = [...ledger.orders.values()].reduce((sum, order) => sum + toNumber(order.notionalUsd), 0);
  const metrics = performanceMetrics({
    timeMs,
    equityUsd: Float64Array.from(days, (day) => day.equityUsd),
    exposure: Float64Array.from(days, (day) => day.exposure),
    trades: trades.map(({ pnlUsd, feesUsd, exitTimeMs }) => ({ pnlUsd: Number(pnlUsd), feesUsd: Number(feesUsd), exitTimeMs })),
    tradedUsd,
    feesUsd: toNumber(ledger.feesUsd),
    ...searched,
    rng: createRng(seed, 1),
  });
  const buyAndHold = performanceMetrics({
    timeMs,
    equityUsd: Float64Array.from(days, (day) => day.buyAndHoldUsd),
    rng: createRng(seed, 2),
  });
  const count = (label: string) => cycles.filter(({ record }) => record.prediction && record.decision.label === label).length;
  return {
    score: scoreRun(scoredPredictions(run), seed),
    metrics,
    buyAndHold,
    startUsd,
    endUsd: days.at(-1)?.equityUsd ?? startUsd,
    buyAndHoldUsd: days.at(-1)?.buyAndHoldUsd ?? startUsd,
    decisions: { buy: count('BUY'), sell: count('SELL'), hold: cycles.length - count('BUY') - count('SELL') },
    trades,
    days,
  };
}

function reportDays({ view, canonical, cycles }: FinishedRun, startUsd: number, { costs }: Config): ReportDay[] {
  const { set } = view.table(canonical);
  const rowOf = new Map(Array.from(set.timeMs, (timeMs, row) => [timeMs, row]));
  const entryUsd = Number(cycles[0]?.priceUsd ?? 1) * (1 + costs.slippageBps * BPS) * (1 + costs.feeBps * BPS);
  return cycles.map(({ record, priceUsd, equityUsd, exposure }) => {
    const outcome = set.label[rowOf.get(record.decisionTimeMs) ?? -1] ?? UNKNOWN_LABEL;
    return {
      timeMs: record.decisionTimeMs,
      priceUsd: Number(priceUsd),
      equityUsd: Number(equityUsd),
      buyAndHoldUsd: (startUsd / entryUsd) * Number(priceUsd),
      label: record.prediction ? record.decision.label : null,
      action: record.decision.action,
      confidence: record.prediction?.confidence ?? null,
      exposure,
      outcome: outcome === UNKNOWN_LABEL ? null : (outcome as 0 | 1 | 2),
    };
  });
}

/** Everything that the HTML report shows of a run. */
export function reportOf(
  run: FinishedRun,
  summary: RunSummary,
  about: {
    readonly title: string;
    readonly command: string;
    readonly simulated: boolean;
    readonly madeAtMs: TimeMs;
    readonly settings: readonly (readonly [string, string])[];
  },
): ReportData {
  const { score, days } = summary;
  return {
    ...about,
    periodStartMs: days[0]?.timeMs ?? about.madeAtMs,
    periodEndMs: days.at(-1)?.timeMs ?? about.madeAtMs,
    startUsd: summary.startUsd,
    endUsd: summary.endUsd,
    buyAndHoldUsd: summary.buyAndHoldUsd,
    feesUsd: summary.metrics.feesUsd,
    skill: score.skill,
    metrics: summary.metrics,
    buyAndHold: summary.buyAndHold,
    model: score,
    days,
    trades: summary.trades,
    trainings: run.trainings.map(({ trainedUntilMs, rows, metrics, baseline, gate }) => ({
      trainedUntilMs,
      rows,
      logLoss: metrics.logLoss,
      baselineLogLoss: baseline.logLoss,
      decision: gate.decision,
      reason: gate.reason,
    })),
    data: run.view.series.map(({ series, rows, timeMs }) => ({
      series,
      rows,
      firstMs: timeMs[0] ?? null,
      lastMs: timeMs[rows - 1] ?? null,
    })),
  };
}

/** Settings that shape a result, for the report. */
export const shownSettings = (config: Config): (readonly [string, string])[] => {
  const { strategy, costs, label, model } = config;
  return [
    ['confidence threshold', String(strategy.confidenceThreshold)],
    ['target exposure', String(strategy.targetExposure)],
    ['stop-loss / take-profit', `${strategy.stopLoss} / ${strategy.takeProfit}`],
    ['fee + slippage', `${costs.feeBps} + ${costs.slippageBps} bps a side`],
    ['label', `${label.horizonHours} h, band ${label.bandK} x volatility`],
    ['training', `${model.trainDays} days, seed ${model.seed}, ${model.trees} trees, ${model.folds} folds`],
  ];
};

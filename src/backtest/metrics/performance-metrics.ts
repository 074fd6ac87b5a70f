import { DAY_MS, type Rng } from '../../domain/index.ts';
import { type BootstrapOptions, bootstrapInterval } from './bootstrap-interval.ts';
import { deflatedSharpe } from './deflated-sharpe.ts';
import { maxDrawdown } from './drawdown.ts';
import { mean } from './moments.ts';
import { compoundAnnualGrowth, dailyCurve, type EquityCurve, simpleReturns, totalReturn } from './returns.ts';
import { annualVolatility, sharpeRatio, sortinoRatio } from './sharpe-ratio.ts';
import { type TradeOutcome, tradeStatistics } from './trade-statistics.ts';

export interface PerformanceInput extends EquityCurve {
  /** Share of equity in ETH at each point of the curve. */
  readonly exposure?: Float64Array | undefined;
  readonly trades?: readonly TradeOutcome[] | undefined;
  /** Notional of all fills together. */
  readonly tradedUsd?: number | undefined;
  /** All fees paid; of `trades` unless told. */
  readonly feesUsd?: number | undefined;
  /** Strategies that were tried before this one was chosen, itself included; 1 unless told. */
  readonly trials?: number | undefined;
  /** Variance of their Sharpe ratios per day; that of estimates without skill unless told. */
  readonly trialVariance?: number | undefined;
  readonly rng: Rng;
  readonly bootstrap?: BootstrapOptions | undefined;
}

/** Results of an equity curve after costs. Ratios as fractions; null where undefined or not told, never NaN. */
export interface PerformanceMetrics {
  readonly days: number;
  readonly totalReturn: number | null;
  /** A year of 365 days. */
  readonly cagr: number | null;
  /** Of daily returns, annualised. */
  readonly volatility: number | null;
  /** A year, risk-free rate 0. */
  readonly sharpe: number | null;
  /** 95 % interval of it by stationary bootstrap. */
  readonly sharpeInterval: readonly [lo: number, hi: number] | null;
  readonly sortino: number | null;
  /** Compound annual growth over the deepest drawdown. */
  readonly calmar: number | null;
  /** Share of the peak lost, 0..1. */
  readonly maxDrawdown: number | null;
  /** Of that drawdown, from the peak to the recovery or the end. */
  readonly maxDrawdownDays: number | null;
  /** Probability that the Sharpe ratio is above what the best of all trials would show without skill. */
  readonly deflatedSharpe: number | null;
  /** How many trials that allows for. */
  readonly searchedTrials: number;
  /** Mean share of equity in ETH; what is short counts below zero. */
  readonly exposure: number | null;
  /** Notional traded a year over mean equity. */
  readonly turnover: number | null;
  readonly trades: number;
  readonly closedTrades: number;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly expectancyUsd: number | null;
  readonly feesUsd: number;
}

/** All figures of a run. The curve is reduced to the last point of each UTC day first. */
export function performanceMetrics(input: PerformanceInput): PerformanceMetrics {
  const curve = dailyCurve(input);
  const { timeMs, equityUsd } = curve;
  const returns = simpleReturns(equityUsd);
  const deepest = maxDrawdown(curve);
  const cagr = compoundAnnualGrowth(curve);
  const years = timeMs.length < 2 ? 0 : (timeMs.at(-1)! - timeMs[0]!) / (365 * DAY_MS);
  const statistics = tradeStatistics(input.trades ?? []);
  return finiteOrNull({
    ...statistics,
    days: timeMs.length,
    totalReturn: totalReturn(equityUsd),
    cagr,
    volatility: annualVolatility(returns),
    sharpe: sharpeRatio(returns),
    sharpeInterval: bootstrapInterval(returns, sharpeRatio, input.rng, input.bootstrap),
    sortino: sortinoRatio(returns),
    calmar: deepest === null || cagr === null ? null : cagr / deepest.depth,
    maxDrawdown: equityUsd.length === 0 ? null : (deepest?.depth ?? 0),
    maxDrawdownDays: equityUsd.length === 0 ? null : (deepest?.days ?? 0),
    deflatedSharpe: deflatedSharpe(returns, input.trials, input.trialVariance),
    searchedTrials: input.trials ?? 1,
    exposure: input.exposure?.length ? mean(input.exposure) : null,
    turnover: input.tradedUsd === undefined || years === 0 ? null : input.tradedUsd / mean(equityUsd) / years,
    feesUsd: input.feesUsd ?? statistics.feesUsd,
  });
}

const finiteOrNull = (metrics: PerformanceMetrics): PerformanceMetrics => ({
  ...metrics,
  totalReturn: finite(metrics.totalReturn),
  cagr: finite(metrics.cagr),
  volatility: finite(metrics.volatility),
  sharpe: finite(metrics.sharpe),
  sortino: finite(metrics.sortino),
  calmar: finite(metrics.calmar),
  maxDrawdown: finite(metrics.maxDrawdown),
  deflatedSharpe: finite(metrics.deflatedSharpe),
  exposure: finite(metrics.exposure),
  turnover: finite(metrics.turnover),
});

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

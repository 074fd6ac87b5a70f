import { DAY_MS } from '../../domain/index.ts';
import { type Reason, reason } from '../reason.ts';
import type { AccountView, ClosedTrade, RiskContext } from './risk-input.ts';
import type { RiskLimits } from './risk-limits.ts';

/** A rule answers with the reason for which new risk is denied, or not at all. */
export type RiskRule = (account: AccountView, limits: RiskLimits, context: RiskContext) => Reason | undefined;

/** Denies where `value` is above `limit`. A limit of null is switched off; a value that is not known passes. */
const above = (rule: string, value: number | undefined, limit: number | null): Reason | undefined =>
  limit !== null && value !== undefined && !(value <= limit) ? reason(rule, value, limit) : undefined;

const lossSince = (startUsd: number, nowUsd: number): number => (startUsd > 0 ? 1 - nowUsd / startUsd : 0);

const halted: RiskRule = (_account, _limits, context) => (context.isHalted ? reason('halted', 1, 0) : undefined);
const exchangeStatus: RiskRule = (_account, _limits, { isExchangeUp, marketStatus = 'trading' }) => {
  if (isExchangeUp === false) return reason('exchange_status', 'down', 'up');
  return marketStatus === 'trading' ? undefined : reason('exchange_status', marketStatus, 'trading');
};

const dailyLoss: RiskRule = (account, limits) =>
  above('daily_loss', lossSince(account.dayStartEquityUsd, account.equityUsd), limits.dailyLoss);
const weeklyLoss: RiskRule = (account, limits) =>
  above('weekly_loss', lossSince(account.weekStartEquityUsd, account.equityUsd), limits.weeklyLoss);
const drawdown: RiskRule = (account, limits) =>
  above('drawdown', lossSince(account.peakEquityUsd, account.equityUsd), limits.drawdown);
const equity: RiskRule = (account) => (account.equityUsd > 0 ? undefined : reason('equity', account.equityUsd, 0));

const tradesPerDay: RiskRule = (account, limits) =>
  limits.tradesPerDay !== null && account.ordersToday >= limits.tradesPerDay
    ? reason('trades_per_day', account.ordersToday, limits.tradesPerDay)
    : undefined;

const consecutiveLosses: RiskRule = ({ closedTrades }, { consecutiveLosses: limit }) => {
  if (limit === null) return undefined;
  const lastGain = closedTrades.findLastIndex((trade) => trade.pnlUsd >= 0);
  const losses = closedTrades.length - 1 - lastGain;
  return losses >= limit ? reason('consecutive_losses', losses, limit) : undefined;
};

const minConfidence: RiskRule = (_account, limits, { confidence }) =>
  limits.minConfidence !== null && confidence !== undefined && !(confidence >= limits.minConfidence)
    ? reason('min_confidence', confidence, limits.minConfidence)
    : undefined;

const dataAge: RiskRule = (_account, limits, context) => above('data_age', context.dataAgeMs, limits.maxDataAgeMs);
const dataVerdict: RiskRule = (_account, _limits, { dataVerdicts = [] }) => {
  const bad = dataVerdicts.find(({ verdict, isRequired }) => isRequired && verdict !== 'ok' && verdict !== 'warning');
  return bad && reason('data_verdict', `${bad.dataset} ${bad.verdict}`, 'ok');
};
const modelAge: RiskRule = (_account, limits, context) => above('model_age', context.modelAgeMs, limits.maxModelAgeMs);
const drift: RiskRule = (_account, limits, context) => above('drift_level', context.driftLevel, limits.maxDriftLevel);

const modelSkill: RiskRule = (_account, { needsSkill }, { hasSkill }) =>
  needsSkill && hasSkill !== true ? reason('model_skill', hasSkill === undefined ? 'unknown' : 'none', 'found') : undefined;

const priceSanity: RiskRule = (_account, limits, { priceUsd, secondPriceUsd }) => {
  if (!(priceUsd > 0) || !Number.isFinite(priceUsd)) return reason('price_sanity', priceUsd, 0);
  if (secondPriceUsd === undefined || !(secondPriceUsd > 0)) return undefined;
  return above('price_sanity', Math.abs(priceUsd / secondPriceUsd - 1), limits.maxPriceDeviation);
};
const secondSource: RiskRule = (_account, { maxPriceDeviation }, { priceUsd, otherSourcePriceUsd }) => {
  if (otherSourcePriceUsd === undefined) return undefined;
  if (otherSourcePriceUsd === null || !(otherSourcePriceUsd > 0)) return reason('second_source', 'unknown', maxPriceDeviation);
  return above('second_source', Math.abs(priceUsd / otherSourcePriceUsd - 1), maxPriceDeviation);
};
const ofBook = (rule: string, value: number | undefined, limit: number | null, { needsBook }: RiskContext): Reason | undefined =>
  needsBook === true && value === undefined && limit !== null ? reason(rule, 'unknown', limit) : above(rule, value, limit);

const spread: RiskRule = (_account, limits, context) => ofBook('spread_bps', context.spreadBps, limits.maxSpreadBps, context);
const slippage: RiskRule = (_account, limits, context) =>
  ofBook('slippage_bps', context.slippageBps, limits.maxSlippageBps, context);

/** What an order of ours may still buy is not in the account yet: new risk waits until its outcome is known. */
const workingOrder: RiskRule = ({ workingOrders }) => (workingOrders > 0 ? reason('working_order', workingOrders, 0) : undefined);

const within = ({ closedTrades, nowMs }: AccountView, lookbackMs: number): readonly ClosedTrade[] =>
  closedTrades.filter((trade) => trade.exitTimeMs > nowMs - lookbackMs && trade.exitTimeMs <= nowMs);

/** freqtrade's CooldownPeriod. */
const cooldown: RiskRule = ({ closedTrades, nowMs }, { cooldownMs }) => {
  const last = closedTrades.at(-1);
  const sinceMs = last === undefined ? Number.POSITIVE_INFINITY : nowMs - last.exitTimeMs;
  return cooldownMs > 0 && sinceMs < cooldownMs ? reason('cooldown_period', sinceMs, cooldownMs) : undefined;
};

const stillStopped = (trades: readonly ClosedTrade[], nowMs: number, stopMs: number): boolean => {
  const last = trades.at(-1);
  return last !== undefined && nowMs < last.exitTimeMs + stopMs;
};

const stoplossGuard: RiskRule = (account, { stoplossGuard: guard }) => {
  if (guard === null) return undefined;
  const stops = within(account, guard.lookbackMs).filter((trade) => trade.isStop);
  return stops.length >= guard.trades && stillStopped(stops, account.nowMs, guard.stopMs)
    ? reason('stoploss_guard', stops.length, guard.trades)
    : undefined;
};

const maxDrawdownGuard: RiskRule = (account, { maxDrawdownGuard: guard }) => {
  if (guard === null) return undefined;
  const trades = within(account, guard.lookbackMs);
  if (trades.length < guard.trades || !stillStopped(trades, account.nowMs, guard.stopMs)) return undefined;
  const total = trades.reduce((sum, trade) => sum + trade.pnlUsd, 0);
  let level = account.equityUsd - total;
  let peak = level;
  let worst = 0;
  for (const trade of trades) {
    level += trade.pnlUsd;
    peak = Math.max(peak, level);
    worst = Math.max(worst, lossSince(peak, level));
  }
  return worst > guard.drawdown ? reason('max_drawdown', worst, guard.drawdown) : undefined;
};

const lowProfitPairs: RiskRule = (account, { lowProfitPairs: guard }) => {
  if (guard === null) return undefined;
  const trades = within(account, guard.lookbackMs);
  const profit = trades.reduce((sum, trade) => sum + trade.return, 0);
  return trades.length >= guard.trades && profit < guard.profit && stillStopped(trades, account.nowMs, guard.stopMs)
    ? reason('low_profit_pairs', profit, guard.profit)
    : undefined;
};

/** Every rule, in the order in which denials are listed. */
export const RISK_RULES: readonly RiskRule[] = [
  halted,
  exchangeStatus,
  workingOrder,
  equity,
  priceSanity,
  secondSource,
  dataVerdict,
  dataAge,
  modelAge,
  drift,
  modelSkill,
  minConfidence,
  dailyLoss,
  weeklyLoss,
  drawdown,
  tradesPerDay,
  consecutiveLosses,
  cooldown,
  stoplossGuard,
  maxDrawdownGuard,
  lowProfitPairs,
  spread,
  slippage,
];

/** Longest time that loss limits look back on. */
export const WEEK_MS = 7 * DAY_MS;

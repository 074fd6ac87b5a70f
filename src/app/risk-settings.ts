import type { Config } from '../config/index.ts';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import type { ExposurePolicy, RiskLimits, TradingMode } from '../trading/index.ts';

type Protection = Config['risk']['protections'][number];
type ProtectionOf<Method extends Protection['method']> = Extract<Protection, { method: Method }>;

/** How far drift may have gone, as the risk engine counts it. */
export const DRIFT_LEVELS = { ok: 0, watch: 0.5, act: 1 } as const;

/** The configured risk section as the limits that the engine applies. */
export function riskLimits({ risk, futures, strategy }: Config, mode: TradingMode): RiskLimits {
  const find = <Method extends Protection['method']>(method: Method) =>
    risk.protections.find((one): one is ProtectionOf<Method> => one.method === method);
  const cooldown = find('CooldownPeriod');
  const stops = find('StoplossGuard');
  const drawdown = find('MaxDrawdown');
  const lowProfit = find('LowProfitPairs');
  return {
    maxExposure: risk.maxExposure,
    maxPositionUsd: risk.maxPositionUsd ?? null,
    maxOrderUsd: risk.maxOrderUsd ?? null,
    dailyLoss: risk.dailyLoss,
    weeklyLoss: risk.weeklyLoss,
    drawdown: risk.drawdown ?? null,
    tradesPerDay: risk.tradesPerDay,
    consecutiveLosses: risk.consecutiveLosses ?? null,
    cooldownMs: cooldown ? cooldown.stopHours * HOUR_MS : 0,
    minConfidence: risk.minConfidence ?? null,
    maxDataAgeMs: risk.maxDataAgeHours * HOUR_MS,
    maxModelAgeMs: risk.maxModelAgeDays === null ? null : risk.maxModelAgeDays * DAY_MS,
    maxDriftLevel: risk.maxDrift === undefined ? null : DRIFT_LEVELS[risk.maxDrift],
    needsSkill: mode === 'live' && !risk.allowNoSkill,
    maxPriceDeviation: risk.maxPriceDeviation,
    maxSpreadBps: risk.maxSpreadBps,
    maxSlippageBps: risk.maxSlippageBps,
    stoplossGuard: stops ? windowOf(stops) : null,
    maxDrawdownGuard: drawdown ? { ...windowOf(drawdown), drawdown: drawdown.maxAllowedDrawdown } : null,
    lowProfitPairs: lowProfit ? { ...windowOf(lowProfit), profit: lowProfit.requiredProfit } : null,
    ...(futures.enabled && {
      futures: {
        leverage: futures.leverage,
        allowShort: futures.allowShort,
        minLiquidationDistance: futures.minLiquidationDistance,
        maintenanceMarginRate: futures.maintenanceMarginRate,
        stopLoss: strategy.stopLoss,
      },
    }),
  };
}

const windowOf = ({ lookbackHours, tradeLimit, stopHours }: Exclude<Protection, { method: 'CooldownPeriod' }>) => ({
  lookbackMs: lookbackHours * HOUR_MS,
  trades: tradeLimit,
  stopMs: stopHours * HOUR_MS,
});

export function exposurePolicy({ strategy }: Config): ExposurePolicy {
  const { method, annualVolatility, kellyFraction, maxExposure, scaleByConfidence } = strategy.sizing;
  if (method === 'volatility') return { kind: method, annualTarget: annualVolatility, maxExposure, scaleByConfidence };
  if (method === 'kelly') return { kind: method, lambda: kellyFraction, maxExposure, scaleByConfidence };
  return { kind: method, fraction: strategy.targetExposure, scaleByConfidence };
}

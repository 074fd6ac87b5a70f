import { DAY_MS } from '../../domain/index.ts';

/** No new position for `stopMs` once `trades` stop-losses happened within `lookbackMs`. */
export interface StoplossGuard {
  readonly lookbackMs: number;
  readonly trades: number;
  readonly stopMs: number;
}

/** No new position for `stopMs` once trades closed within `lookbackMs` lost `drawdown` of equity from their peak. */
export interface MaxDrawdownGuard {
  readonly lookbackMs: number;
  readonly trades: number;
  readonly drawdown: number;
  readonly stopMs: number;
}

/** No new position for `stopMs` once at least `trades` trades within `lookbackMs` returned less than `profit` together. */
export interface LowProfitPairs {
  readonly lookbackMs: number;
  readonly trades: number;
  readonly profit: number;
  readonly stopMs: number;
}

/** What holds besides where perpetuals are traded. */
export interface FuturesLimits {
  /** Set at the venue, and the largest position as a multiple of equity. */
  readonly leverage: number;
  readonly allowShort: boolean;
  /** Least distance of the liquidation price, as a fraction of the price. */
  readonly minLiquidationDistance: number;
  /** Of the notional, where the venue does not say. */
  readonly maintenanceMarginRate: number;
  /** Distance of the stop from the entry price, which the liquidation price has to lie beyond. */
  readonly stopLoss?: number;
}

/** Limits of the risk engine. null switches a rule off. Fractions are of equity unless said otherwise. */
export interface RiskLimits {
  /** Caps the target, so that a larger wish becomes this one. */
  readonly maxExposure: number;
  readonly maxPositionUsd: number | null;
  readonly maxOrderUsd: number | null;
  readonly dailyLoss: number | null;
  readonly weeklyLoss: number | null;
  readonly drawdown: number | null;
  readonly tradesPerDay: number | null;
  readonly consecutiveLosses: number | null;
  /** After a trade was closed. */
  readonly cooldownMs: number;
  readonly minConfidence: number | null;
  readonly maxDataAgeMs: number;
  readonly maxModelAgeMs: number | null;
  readonly maxDriftLevel: number | null;
  /** Whether only a model whose walk-forward showed skill may open positions. */
  readonly needsSkill: boolean;
  /** Largest relative distance between the price and a second source's. */
  readonly maxPriceDeviation: number;
  readonly maxSpreadBps: number | null;
  readonly maxSlippageBps: number | null;
  readonly stoplossGuard: StoplossGuard | null;
  readonly maxDrawdownGuard: MaxDrawdownGuard | null;
  readonly lowProfitPairs: LowProfitPairs | null;
  /** Absent on spot. */
  readonly futures?: FuturesLimits;
}

/**
 * The shipped limits. They stop what can only be a fault (a day that loses a fifth, prices that contradict each other,
 * twenty orders a day) and leave ordinary trading to the size, the stop and the target.
 */
export const DEFAULT_RISK_LIMITS: RiskLimits = {
  maxExposure: 1,
  maxPositionUsd: null,
  maxOrderUsd: null,
  dailyLoss: 0.2,
  weeklyLoss: 0.35,
  drawdown: null,
  tradesPerDay: 20,
  consecutiveLosses: null,
  cooldownMs: 0,
  minConfidence: null,
  maxDataAgeMs: 3 * DAY_MS,
  maxModelAgeMs: 365 * DAY_MS,
  maxDriftLevel: null,
  needsSkill: false,
  maxPriceDeviation: 0.1,
  maxSpreadBps: 200,
  maxSlippageBps: 200,
  stoplossGuard: null,
  maxDrawdownGuard: null,
  lowProfitPairs: null,
};

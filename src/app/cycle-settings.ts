import { createHash } from 'node:crypto';
import type { Config } from '../config/index.ts';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import { type Procedure, pluginRef } from '../model/index.ts';
import type { LimitPolicy, ProtectionPolicy } from '../trading/index.ts';
import type { CycleSettings } from './cycle-types.ts';
import type { MarketViewOptions } from './market-view.ts';
import type { OrderRoute } from './order-route.ts';
import { exposurePolicy, riskLimits } from './risk-settings.ts';

const BPS = 1e-4;
/** A decision on prices older than this holds. */
const MAX_DATA_AGE_MS = 2 * DAY_MS;

/** The configuration as the daily cycle takes it. */
export function cycleSettings(config: Config, { mode }: Pick<OrderRoute, 'mode'>, runId: string | null): CycleSettings {
  const { strategy, label, costs } = config;
  return {
    strategy: strategy.name,
    symbol: strategy.symbol,
    mode,
    runId,
    configHash: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
    policy: {
      confidenceThreshold: strategy.confidenceThreshold,
      targetExposure: strategy.targetExposure,
      rebalanceBand: strategy.rebalanceBand,
      maxHoldingMs: (strategy.maxHoldingHours ?? label.horizonHours) * HOUR_MS,
      maxDataAgeMs: MAX_DATA_AGE_MS,
    },
    exposure: exposurePolicy(config),
    roundTripCost: roundTripCost(config),
    limits: riskLimits(config, mode),
    exposureAtDrift: config.risk.exposureAtDrift,
    limit: mode === 'sandbox' || mode === 'live' ? limitPolicy(config) : undefined,
    secondSource: config.price.secondSource,
    costs,
  };
}

const limitPolicy = ({ exchange: { orderType, limitOffsetBps } }: Config): LimitPolicy | undefined =>
  orderType === 'market' ? undefined : { offsetBps: limitOffsetBps, postOnly: orderType === 'post_only' };

export const protectionPolicy = ({ strategy }: Config): ProtectionPolicy => ({
  stopLoss: strategy.stopLoss,
  takeProfit: strategy.takeProfit,
  ...(strategy.trailingStop !== undefined && { trailingStop: strategy.trailingStop }),
});

/** How decisions see stored data. The round trip costs fee and slippage on both sides. */
export const viewOptions = ({ strategy, price, model, label, costs }: Config): MarketViewOptions => ({
  decisionHourUtc: strategy.decisionHourUtc,
  canonical: price.canonical,
  trainDays: model.trainDays,
  horizonMs: label.horizonHours * HOUR_MS,
  bandK: label.bandK,
  roundTripCost: roundTripCost({ costs }),
});

const roundTripCost = ({ costs }: Pick<Config, 'costs'>): number => 2 * (costs.feeBps + costs.slippageBps) * BPS;

/** What a candidate has to be before it serves. */
export const gatePolicy = ({ gate, strategy, costs }: Config) => ({
  ...gate,
  bounds: {
    ...gate,
    confidenceThreshold: strategy.confidenceThreshold,
    costOfChange: roundTripCost({ costs }) / 2,
  },
});

/** How ensembles are made; rows whose labels overlap are purged between folds. @throws ModelError `plugin.not_loaded` */
export function procedureOf({ model, label }: Config, seed = model.seed): Procedure {
  const { halfLifeDays, classBalance, uniqueness } = model.weights;
  const isWeighted = halfLifeDays !== undefined || classBalance || uniqueness;
  return {
    trees: model.trees,
    folds: model.folds,
    purgeRows: Math.ceil(label.horizonHours / 24),
    seed,
    ...(Object.keys(model.learners).length > 0 && { learners: model.learners }),
    ...(isWeighted && { weights: { halfLifeDays, isClassBalanced: classBalance, isUniqueness: uniqueness } }),
    ...(model.meta !== 'pool' && { meta: model.meta }),
    ...(model.passThrough.length > 0 && { passThrough: model.passThrough }),
    ...(Object.keys(model.monotone).length > 0 && { monotone: model.monotone }),
    ...(model.plugins.length > 0 && {
      plugins: model.plugins.map(({ name, settings }) => ({ ref: pluginRef(name), settings })),
    }),
    ...(model.dropUnhelpful && { dropsUnhelpful: true }),
  };
}

import { DAY_MS, lastAtOrBefore, type Prediction, type TimeMs } from '../domain/index.ts';
import { trainableRows } from '../model/index.ts';
import { type ClassReturns, targetExposureFor } from '../trading/index.ts';
import type { CycleSettings } from './cycle-types.ts';
import type { DecisionTable, MarketView } from './market-view.ts';
import type { DecidingModel } from './serving-model.ts';

const CLASSES = 3;

/**
 * The share of equity that a BUY asks for, or a SELL that goes short. What classes returned is taken from the model's own training window alone, so
 * nothing after its training speaks.
 */
export function wantedExposure(
  { exposure, policy, roundTripCost, limits }: CycleSettings,
  view: MarketView,
  model: DecidingModel,
  prediction: Prediction,
  decisionTimeMs: TimeMs,
  direction: 'long' | 'short' = 'long',
): number {
  const table = view.table(model.canonical);
  const row = lastAtOrBefore(table.features.timeMs, decisionTimeMs);
  return targetExposureFor(exposure, {
    confidence: prediction.confidence,
    confidenceThreshold: policy.confidenceThreshold,
    probabilities: prediction.probabilities,
    dailyVolatility: table.dailyVolatility[row] ?? Number.NaN,
    returns: exposure.kind === 'kelly' ? classReturns(table, model) : NO_RETURNS,
    roundTripCost,
    direction,
    largest: limits.futures?.leverage ?? 1,
  });
}

const NO_RETURNS: ClassReturns = { means: [0, 0, 0], variance: 0 };

/** Mean return of each class and the variance of all returns over the days that a model was trained on. */
function classReturns({ set, labels }: DecisionTable, { trainedUntilMs, trainDays }: DecidingModel): ClassReturns {
  const rows = trainableRows(set, trainedUntilMs - trainDays * DAY_MS, trainedUntilMs);
  const returns = rows.map((row) => labels.forwardReturn[row]!);
  const mean = (values: readonly number[]) =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const centre = mean(returns);
  const means = Array.from({ length: CLASSES }, (_, label) =>
    mean(returns.filter((_value, i) => labels.label[rows[i]!] === label)),
  );
  return { means: [means[0]!, means[1]!, means[2]!], variance: mean(returns.map((value) => (value - centre) ** 2)) };
}

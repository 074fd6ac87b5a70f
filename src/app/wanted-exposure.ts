import { DAY_MS, lastAtOrBefore, type Prediction, type TimeMs } from '../domain/index.ts';
import { assessDrift, type FeatureDrift, fitFeatureReference, measureFeatureDrift, trainableRows } from '../model/index.ts';
import { type ClassReturns, targetExposureFor } from '../trading/index.ts';
import type { CycleSettings } from './cycle-types.ts';
import type { DecisionTable, MarketView } from './market-view.ts';
import { DRIFT_LEVELS } from './risk-settings.ts';
import type { ServingModel } from './serving-model.ts';

const CLASSES = 3;

/**
 * The share of equity that a BUY asks for. What classes returned is taken from the model's own training window alone, so
 * nothing after its training speaks.
 */
export function wantedExposure(
  { exposure, policy, roundTripCost, trainDays }: CycleSettings,
  view: MarketView,
  model: ServingModel,
  prediction: Prediction,
  decisionTimeMs: TimeMs,
): number {
  const table = view.table(model.canonical);
  const row = lastAtOrBefore(table.features.timeMs, decisionTimeMs);
  return targetExposureFor(exposure, {
    confidence: prediction.confidence,
    confidenceThreshold: policy.confidenceThreshold,
    probabilities: prediction.probabilities,
    dailyVolatility: table.dailyVolatility[row] ?? Number.NaN,
    returns: exposure.kind === 'kelly' ? classReturns(table, model, trainDays) : NO_RETURNS,
    roundTripCost,
  });
}

const NO_RETURNS: ClassReturns = { means: [0, 0, 0], variance: 0 };

/** Mean return of each class and the variance of all returns over the days that a model was trained on. */
function classReturns({ set, labels }: DecisionTable, { trainedUntilMs }: ServingModel, trainDays: number): ClassReturns {
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

/** How far the newest features are from those that a model was trained on, 0 to 1. */
export const driftLevelAt = (view: MarketView, model: ServingModel, trainDays: number, decisionTimeMs: TimeMs): number =>
  DRIFT_LEVELS[assessDrift(featureDriftAt(view, model, trainDays, decisionTimeMs), null).level];

/** How the newest features differ from those that a model was trained on. */
export function featureDriftAt(view: MarketView, model: ServingModel, trainDays: number, decisionTimeMs: TimeMs): FeatureDrift {
  const { set } = view.table(model.canonical);
  const rows = trainableRows(set, model.trainedUntilMs - trainDays * DAY_MS, model.trainedUntilMs);
  const columns = model.ensemble.featureNames.map((name) => set.names.indexOf(name));
  const recent = view.predictionData(model.canonical, decisionTimeMs).matrix;
  const pick = (data: Float64Array, width: number, from: readonly number[]) => ({
    data: Float64Array.from(from.flatMap((row) => columns.map((column) => data[row * width + column] ?? Number.NaN))),
    rows: from.length,
    columns: columns.length,
    names: model.ensemble.featureNames,
  });
  const newest = Array.from({ length: recent.rows }, (_, row) => row);
  const reference = fitFeatureReference(pick(set.matrix.data, set.matrix.columns, rows), recent.rows);
  return measureFeatureDrift(reference, pick(recent.data, recent.columns, newest));
}

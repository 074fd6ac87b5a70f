import { DAY_MS, type TimeMs } from '../domain/index.ts';
import {
  assessDrift,
  cumulativeExcess,
  type DriftVerdict,
  type FeatureDrift,
  fitFeatureReference,
  type LoggedPrediction,
  measureFeatureDrift,
  type TrainingSet,
  trainableRows,
  UNKNOWN_LABEL,
} from '../model/index.ts';
import type { MarketView } from './market-view.ts';
import type { ServingModel } from './serving-model.ts';

const SMALLEST = 1e-15;

/** What a model said of one decision while it served. */
export type ServedPrediction = Pick<LoggedPrediction, 'decisionTimeMs' | 'modelId' | 'probabilities'>;

/**
 * How far the newest features are from those that a model was trained on, and how much worse its predictions have been
 * than the walk-forward ones that spoke for it.
 */
export function driftAt(
  view: MarketView,
  model: ServingModel,
  trainDays: number,
  served: readonly ServedPrediction[],
  decisionTimeMs: TimeMs,
): DriftVerdict {
  const { set } = view.table(model.canonical);
  return assessDrift(featureDrift(view, set, model, trainDays, decisionTimeMs), excessLoss(set, model, served, decisionTimeMs));
}

/** Nothing where the training window is too short to know how much its own stretches differ. */
function featureDrift(
  view: MarketView,
  set: TrainingSet,
  { canonical, ensemble, trainedUntilMs }: ServingModel,
  trainDays: number,
  decisionTimeMs: TimeMs,
): FeatureDrift | null {
  const rows = trainableRows(set, trainedUntilMs - trainDays * DAY_MS, trainedUntilMs);
  const columns = ensemble.featureNames.map((name) => set.names.indexOf(name));
  const recent = view.predictionData(canonical, decisionTimeMs).matrix;
  if (columns.length === 0 || rows.length < 2 * recent.rows) return null;
  const pick = (data: Float64Array, width: number, from: readonly number[]) => ({
    data: Float64Array.from(from.flatMap((row) => columns.map((column) => data[row * width + column] ?? Number.NaN))),
    rows: from.length,
    columns: columns.length,
    names: ensemble.featureNames,
  });
  const newest = Array.from({ length: recent.rows }, (_, row) => row);
  const reference = fitFeatureReference(pick(set.matrix.data, set.matrix.columns, rows), recent.rows);
  return measureFeatureDrift(reference, pick(recent.data, recent.columns, newest));
}

/** Cumulative excess of the log loss of what the model has said while serving; nothing where too little is known. */
function excessLoss(
  set: TrainingSet,
  { modelId, expectedLoss }: ServingModel,
  served: readonly ServedPrediction[],
  decisionTimeMs: TimeMs,
): number | null {
  if (expectedLoss === undefined) return null;
  const rows = new Map(Array.from(set.timeMs, (time, row) => [time, row]));
  const losses = served.flatMap((said) => {
    const row = rows.get(said.decisionTimeMs);
    const isKnown = row !== undefined && set.label[row] !== UNKNOWN_LABEL && set.labelKnownMs[row]! <= decisionTimeMs;
    return said.modelId === modelId && isKnown ? [-Math.log(Math.max(SMALLEST, said.probabilities[set.label[row]!]!))] : [];
  });
  return cumulativeExcess(expectedLoss, Float64Array.from(losses));
}

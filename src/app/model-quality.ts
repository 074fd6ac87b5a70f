import { createHash } from 'node:crypto';
import { CLASS_LABELS, DAY_MS, lastAtOrBefore, type Matrix, type TimeMs } from '../domain/index.ts';
import {
  assessDrift,
  cumulativeExcess,
  type DriftEvidence,
  type DriftLevel,
  type FeatureReference,
  fitFeatureReference,
  fitRankReference,
  measureFeatureDrift,
  measureLabelShift,
  measureNovelty,
  measureRankDrift,
  type RankReference,
  type TrainingSet,
  trainableRows,
} from '../model/index.ts';
import type { MarketView } from './market-view.ts';
import { knownOutcomes, type ServedPrediction } from './served-outcomes.ts';
import type { DecidingModel } from './serving-model.ts';

/** Whether the serving model still sees and says what it was trained for. */
export interface ModelQuality {
  readonly level: DriftLevel;
  /** For people, one for each thing that is not ok. */
  readonly reasons: readonly string[];
  /** Deviations in sum by which predictions keep being worse than expected; null before outcomes are known. */
  readonly excessLoss: number | null;
}

/**
 * Judges the newest features against the model's own training window, and the model's own predictions whose outcomes are known at
 * `nowMs` against what they claimed.
 */
export function modelQuality(
  view: MarketView,
  model: DecidingModel,
  predictions: readonly ServedPrediction[],
  nowMs: TimeMs,
): ModelQuality {
  const { set } = view.table(model.canonical);
  const own = predictions.filter(({ modelId }) => modelId === model.modelId);
  const judged = knownOutcomes(set, own, nowMs);
  const excessLoss = judged.length === 0 ? undefined : excessOf(judged);
  const { level, reasons } = assessDrift({ ...inputDrift(view, set, model, nowMs), excessLoss });
  return { level, reasons, excessLoss: excessLoss ?? null };
}

/** Nothing where the training window is too short to know how much its own stretches differ. */
function inputDrift(view: MarketView, set: TrainingSet, model: DecidingModel, nowMs: TimeMs): DriftEvidence {
  const { canonical, ensemble, trainedUntilMs, trainDays } = model;
  const rows = trainableRows(set, trainedUntilMs - trainDays * DAY_MS, trainedUntilMs);
  const columns = ensemble.featureNames.map((name) => set.names.indexOf(name));
  const decisionTimeMs = set.timeMs[lastAtOrBefore(set.timeMs, nowMs)];
  if (decisionTimeMs === undefined) return {};
  const recent = view.predictionData(canonical, decisionTimeMs).matrix;
  if (columns.length === 0 || rows.length < 2 * recent.rows) return {};
  const pick = (data: Float64Array, width: number, from: readonly number[]) => ({
    data: Float64Array.from(from.flatMap((row) => columns.map((column) => data[row * width + column] ?? Number.NaN))),
    rows: from.length,
    columns: columns.length,
    names: ensemble.featureNames,
  });
  const newest = Array.from({ length: recent.rows }, (_, row) => row);
  const { features, ranks } = referenceOf(model, pick(set.matrix.data, set.matrix.columns, rows), recent.rows);
  const own = pick(recent.data, recent.columns, newest);
  const known = trainableRows(set, 0, decisionTimeMs).slice(-recent.rows);
  const labelsOf = (of: readonly number[]) => Uint8Array.from(of, (row) => set.label[row]!);
  return {
    features: measureFeatureDrift(features, own),
    ranks: measureRankDrift(ranks, own),
    novelty: measureNovelty(ranks, own.data.subarray((own.rows - 1) * own.columns)),
    ...(known.length === recent.rows && { labels: measureLabelShift(labelsOf(rows), labelsOf(known), CLASS_LABELS.length) }),
  };
}

/** What drift is judged against. */
interface WindowReference {
  /** Hash of the rows that it was fitted on. */
  readonly hash: string;
  readonly features: FeatureReference;
  readonly ranks: RankReference;
}

/** A window's own scatter takes a hundred times as long to measure as a day's distance, and is the same until rows change. */
const references = new WeakMap<DecidingModel, WindowReference>();

function referenceOf(model: DecidingModel, training: Matrix, recentRows: number): WindowReference {
  const { buffer, byteOffset, byteLength } = training.data;
  const hash = createHash('sha256')
    .update(`${recentRows}:`)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
  const known = references.get(model);
  if (known?.hash === hash) return known;
  const features = fitFeatureReference(training, recentRows);
  const fitted = { hash, features, ranks: fitRankReference(training, recentRows) };
  references.set(model, fitted);
  return fitted;
}

const SMALLEST_PROBABILITY = 1e-9;
const surprise = (probability: number): number => -Math.log(Math.max(SMALLEST_PROBABILITY, probability));

/** Each prediction says itself which loss to expect of it, its entropy, and how far the loss will scatter around that. */
function excessOf(judged: readonly { readonly probabilities: readonly number[]; readonly label: number }[]): number {
  const standardised = judged.map(({ probabilities, label }) => {
    const mean = probabilities.reduce((sum, p) => sum + p * surprise(p), 0);
    const variance = probabilities.reduce((sum, p) => sum + p * (surprise(p) - mean) ** 2, 0);
    return (surprise(probabilities[label]!) - mean) / Math.max(Math.sqrt(variance), LEAST_DEVIATION);
  });
  return cumulativeExcess({ mean: 0, deviation: 1 }, Float64Array.from(standardised));
}

/** Three equal probabilities claim no scatter at all; a loss cannot be told apart from chance below this. */
const LEAST_DEVIATION = 0.1;

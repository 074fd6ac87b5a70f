import { createRng, DAY_MS, ModelError, startOfDayMs, type TimeMs, toIsoDay } from '../domain/index.ts';
import {
  accuracy,
  assessSkill,
  balancedAccuracy,
  brierScore,
  confusionMatrix,
  expectedCalibrationError,
  logLoss,
  matthewsCorrelation,
  perClass,
  reliabilityBins,
  UNKNOWN_LABEL,
} from '../model/index.ts';
import type { AppParts } from './app-parts.ts';
import { viewOptions } from './cycle-settings.ts';
import { lastDecisionMs } from './features.ts';
import { againstPersistence, againstServed, conformalCoverage, scoreIntervals, tradingValue } from './judge-model.ts';
import { loadView } from './load-view.ts';
import { modelImportance } from './model-importance.ts';
import { openPredictionHistory } from './prediction-history.ts';
import type { ServingModel } from './serving-model.ts';

export interface EvaluatePeriod {
  readonly startMs: TimeMs;
  readonly endMs: TimeMs;
  /** Whether to shuffle features as well, which takes as many predictions as there are features. */
  readonly importance?: boolean | undefined;
}

/** Metrics of one model on the decisions of a period whose outcome is known. */
export async function evaluate(parts: AppParts, model: ServingModel, { startMs, endMs, importance = false }: EvaluatePeriod) {
  const view = await loadView(parts, await lastDecisionMs(parts));
  const { set, labels: outcomes } = view.table(model.canonical);
  const untilMs = startOfDayMs(endMs) + DAY_MS;
  const rows = Array.from(set.timeMs.keys()).filter(
    (row) => set.timeMs[row]! >= startMs && set.timeMs[row]! < untilMs && set.label[row] !== UNKNOWN_LABEL,
  );
  if (rows.length === 0) {
    throw new ModelError(
      'evaluate.nothing_to_score',
      `no decision from ${toIsoDay(startMs)} to ${toIsoDay(endMs)} has a known outcome`,
      { hint: 'See `ets data list` for the range of prices.' },
    );
  }
  const all = model.ensemble.predictProba(set.matrix);
  const probabilities = Float64Array.from(rows.flatMap((row) => [...all.subarray(row * 3, row * 3 + 3)]));
  const baseline = Float64Array.from(rows.flatMap(() => [...model.ensemble.classShares]));
  const truth = Uint8Array.from(rows, (row) => set.label[row]!);
  const confusion = confusionMatrix(probabilities, truth);
  const judged = { rows, probabilities, labels: truth };
  const {
    strategy,
    model: { trainDays, seed },
  } = parts.config;
  const costOfChange = viewOptions(parts.config).roundTripCost / 2;
  const rng = createRng(seed, 0xe7a1);
  const { served } = await openPredictionHistory(parts.dataDir);
  const overlap = rows.filter((row) => set.timeMs[row]! < model.trainedUntilMs).length;
  return {
    simulated: parts.isSimulated,
    modelId: model.modelId,
    rows: rows.length,
    metrics: {
      logLoss: logLoss(probabilities, truth),
      brier: brierScore(probabilities, truth),
      accuracy: accuracy(probabilities, truth),
      balancedAccuracy: balancedAccuracy(confusion),
      mcc: matthewsCorrelation(confusion),
      ece: expectedCalibrationError(probabilities, truth),
      perClass: perClass(confusion),
      confusion,
      reliability: reliabilityBins(probabilities, truth),
    },
    baseline: { logLoss: logLoss(baseline, truth), accuracy: accuracy(baseline, truth), brier: brierScore(baseline, truth) },
    intervals: scoreIntervals(judged, rng),
    persistence: againstPersistence(judged, set, model.trainedUntilMs - trainDays * DAY_MS, model.trainedUntilMs, rng),
    served: againstServed(judged, set, served.predictions, rng),
    conformal: conformalCoverage(judged),
    trading: tradingValue(judged, outcomes.forwardReturn, { threshold: strategy.confidenceThreshold, costOfChange }, rng),
    skill: assessSkill({ probabilities, baseline, labels: truth }, createRng(seed)),
    ...(importance && { importance: modelImportance(model.ensemble, set.matrix, judged, createRng(seed, 0x1399)) }),
    warnings: overlap > 0 ? [`${overlap} of these days lie in the model's own training window: the scores flatter it`] : [],
  };
}

import { createRng, DAY_MS, type Matrix, ModelError, startOfDayMs, type TimeMs, toIsoDay } from '../domain/index.ts';
import {
  allScores,
  assessSkill,
  classwiseCalibrationError,
  confusionMatrix,
  reliabilityBins,
  scoreIntervals,
  UNKNOWN_LABEL,
} from '../model/index.ts';
import type { AppParts } from './app-parts.ts';
import { gatePolicy } from './cycle-settings.ts';
import { lastDecisionMs } from './features.ts';
import { against, againstPersistence, againstServed, conformalCoverage, INTERVALS, tradingValue } from './judge-model.ts';
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

/**
 * Metrics of one model on the decisions of a period whose outcome is known, and how it compares there with class shares,
 * persistence, what was served, and the current model where that is another one.
 * @throws ModelError `evaluate.nothing_to_score`
 */
export async function evaluate(
  parts: AppParts,
  model: ServingModel,
  { startMs, endMs, importance = false }: EvaluatePeriod,
  current?: ServingModel,
) {
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
  const probabilities = predictionsOf(model, set.matrix, rows);
  const baseline = Float64Array.from(rows.flatMap(() => [...model.ensemble.classShares]));
  const truth = Uint8Array.from(rows, (row) => set.label[row]!);
  const judged = { rows, probabilities, labels: truth };
  const { seed } = parts.config.model;
  const rng = createRng(seed, 0xe7a1);
  const { served } = await openPredictionHistory(parts.dataDir);
  const other = current && current.modelId !== model.modelId ? current : undefined;
  const plain = allScores(baseline, truth);
  const flattered = (whose: string, whom: string, { trainedUntilMs }: ServingModel): string[] => {
    const overlap = rows.filter((row) => set.timeMs[row]! < trainedUntilMs).length;
    return overlap > 0 ? [`${overlap} of these days lie in ${whose} own training window: the scores flatter ${whom}`] : [];
  };
  return {
    simulated: parts.isSimulated,
    modelId: model.modelId,
    rows: rows.length,
    metrics: {
      ...allScores(probabilities, truth),
      classwiseEce: classwiseCalibrationError(probabilities, truth),
      confusion: confusionMatrix(probabilities, truth),
      reliability: reliabilityBins(probabilities, truth),
    },
    baseline: { logLoss: plain.logLoss, accuracy: plain.accuracy, brier: plain.brier },
    intervals: scoreIntervals(probabilities, truth, { ...INTERVALS, rng }),
    classShares: against(judged, baseline, rng),
    persistence: againstPersistence(judged, set, model.trainedUntilMs - model.trainDays * DAY_MS, model.trainedUntilMs, rng),
    served: againstServed(judged, set, served.predictions, rng),
    /** Null where the judged model is the current one, or there is none. */
    current: other ? { modelId: other.modelId, ...against(judged, predictionsOf(other, set.matrix, rows), rng) } : null,
    conformal: conformalCoverage(judged, set),
    trading: tradingValue(judged, outcomes.forwardReturn, gatePolicy(parts.config).bounds, rng),
    skill: assessSkill({ probabilities, baseline, labels: truth }, createRng(seed)),
    ...(importance && { importance: modelImportance(model.ensemble, set.matrix, judged, createRng(seed, 0x1399)) }),
    warnings: [...flattered("the model's", 'it', model), ...(other ? flattered("the current model's", 'that one', other) : [])],
  };
}

/** Of some rows of a feature table: rows x 3. */
function predictionsOf({ ensemble }: ServingModel, matrix: Matrix, rows: readonly number[]): Float64Array {
  const all = ensemble.predictProba(matrix);
  return Float64Array.from(rows.flatMap((row) => [...all.subarray(row * 3, row * 3 + 3)]));
}

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
import { lastDecisionMs } from './features.ts';
import { loadView } from './load-view.ts';
import type { ServingModel } from './serving-model.ts';

/** Metrics of one model on the decisions of a period whose outcome is known. */
export async function evaluate(parts: AppParts, model: ServingModel, startMs: TimeMs, endMs: TimeMs) {
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
  const overlap = rows.filter((row) => set.timeMs[row]! < model.trainedUntilMs).length;
  return {
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
    trading: tradingValue(probabilities, rows, outcomes.forwardReturn, parts.config.strategy.confidenceThreshold),
    skill: assessSkill({ probabilities, baseline, labels: truth }, createRng(parts.config.model.seed)),
    warnings: overlap > 0 ? [`${overlap} of these days lie in the model's own training window: the scores flatter it`] : [],
  };
}

/** Mean forward return before costs of the days on which the model would have bought. */
function tradingValue(probabilities: Float64Array, rows: readonly number[], forwardReturn: Float64Array, threshold: number) {
  const returns = rows.flatMap((row, i) => {
    const [buy = 0, sell = 0, hold = 0] = probabilities.subarray(i * 3, i * 3 + 3);
    return buy >= threshold && buy > sell && buy > hold ? [forwardReturn[row]!] : [];
  });
  const mean = returns.length === 0 ? null : returns.reduce((sum, x) => sum + x, 0) / returns.length;
  return { buySignals: returns.length, meanForwardReturn: mean };
}

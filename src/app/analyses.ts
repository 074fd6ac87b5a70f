import { DAY_MS, type KnownSeries, type TimeMs } from '../domain/index.ts';
import {
  buildInputFrame,
  CATALOGUE,
  dailyDecisionTimes,
  engineerFeatures,
  findLookahead,
  findRecursion,
  longestLookback,
  type TablePipeline,
} from '../features/index.ts';
import type { AppParts } from './app-parts.ts';
import { lastDecisionMs } from './features.ts';
import { loadView } from './load-view.ts';
import type { ServingModel } from './serving-model.ts';

export interface AnalysisRange {
  readonly startMs?: TimeMs | undefined;
  readonly endMs?: TimeMs | undefined;
}

/** Days that are looked at unless told otherwise. */
const DEFAULT_DAYS = 90;
const CLASS_COLUMNS = ['P(BUY)', 'P(SELL)', 'P(HOLD)'];

/** Whether a feature, or the current model's prediction, of any day in the range changes when the future is not there. */
export async function lookaheadAnalysis(parts: AppParts, model: ServingModel | undefined, range: AnalysisRange) {
  const { series, pipeline, canonical, startMs, endMs, hourUtc } = await prepare(parts, model, range);
  const decisionTimesMs = dailyDecisionTimes(startMs - longestLookback() * DAY_MS, endMs, hourUtc);
  const checkTimesMs = decisionTimesMs.filter((timeMs) => timeMs >= startMs);
  const findings = findLookahead(pipeline, series, { decisionTimesMs, checkTimesMs });
  return { ok: findings.length === 0, canonical, days: checkTimesMs.length, findings };
}

/** Whether a feature, or the current model's prediction, changes when history begins later than it does. */
export async function recursiveAnalysis(parts: AppParts, model: ServingModel | undefined, range: AnalysisRange) {
  const { series, pipeline, canonical, startMs, endMs, hourUtc } = await prepare(parts, model, range);
  const decisionTimesMs = dailyDecisionTimes(startMs - longestLookback() * DAY_MS, endMs, hourUtc);
  const lookbacks = new Map(CATALOGUE.map(({ name, lookback }) => [name, lookback]));
  const findings = findRecursion(pipeline, series, { decisionTimesMs, lookbacks, defaultLookback: longestLookback() });
  return { ok: findings.length === 0, canonical, days: decisionTimesMs.length, findings };
}

async function prepare(parts: AppParts, model: ServingModel | undefined, { startMs, endMs }: AnalysisRange) {
  const lastMs = endMs === undefined ? await lastDecisionMs(parts) : endMs + DAY_MS - 1;
  const view = await loadView(parts, lastMs);
  const { series: canonical } = view.canonicalFor(lastMs);
  const pipeline: TablePipeline = (series, times) => {
    const features = engineerFeatures(buildInputFrame(series, times, { canonical }));
    return model === undefined ? features : withPredictions(features, model);
  };
  return {
    series: view.series as readonly KnownSeries[],
    pipeline,
    canonical,
    startMs: startMs ?? lastMs - DEFAULT_DAYS * DAY_MS,
    endMs: lastMs,
    hourUtc: parts.config.strategy.decisionHourUtc,
  };
}

/** The table with the model's probabilities as three more columns. */
function withPredictions({ timeMs, names, matrix }: ReturnType<TablePipeline>, model: ServingModel): ReturnType<TablePipeline> {
  const probabilities = model.ensemble.predictProba({ ...matrix, names });
  const columns = matrix.columns + CLASS_COLUMNS.length;
  const data = new Float64Array(matrix.rows * columns);
  for (let row = 0; row < matrix.rows; row++) {
    data.set(matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns), row * columns);
    data.set(
      probabilities.subarray(row * CLASS_COLUMNS.length, (row + 1) * CLASS_COLUMNS.length),
      row * columns + matrix.columns,
    );
  }
  return { timeMs, names: [...names, ...CLASS_COLUMNS], matrix: { data, rows: matrix.rows, columns } };
}

import { ConfigError, DAY_MS, lastAtOrBefore, latestDailyMs, type Matrix, ModelError, type TimeMs } from '../domain/index.ts';
import { CATALOGUE } from '../features/index.ts';
import { explainRow, type ModelRegistry, selectTrainingData } from '../model/index.ts';
import type { AppParts } from './app-parts.ts';
import { findDecision } from './find-decision.ts';
import { loadView } from './load-view.ts';
import type { MarketView } from './market-view.ts';
import { serving } from './registry-model-store.ts';
import type { ServingModel } from './serving-model.ts';

/** Days of the training window that a prediction is held against, spread evenly. */
const BACKGROUND_DAYS = 60;

/** How far something moved the probabilities of BUY, SELL and HOLD. */
type Moved = [buy: number, sell: number, hold: number];

export interface PredictionExplanation {
  /** What the model says on average over days of its training window. With all contributions it adds up to the prediction. */
  readonly base: Readonly<Moved>;
  readonly features: readonly {
    readonly name: string;
    readonly family: string;
    readonly value: number | null;
    readonly moved: Readonly<Moved>;
  }[];
  readonly families: Readonly<Record<string, Readonly<Moved>>>;
}

/** What made a model of the past say what it said of one decision. */
export interface DecisionExplanation extends PredictionExplanation {
  readonly modelId: string;
  /** As recorded; the base and all contributions add up to them. */
  readonly probabilities: Readonly<Moved>;
}

/**
 * Which features made the model say what it says at a time, largest first.
 * @throws ModelError `predict.no_model`, `model.feature_missing`
 */
export async function explainPrediction(
  parts: AppParts,
  model: ServingModel | undefined,
  atMs: TimeMs,
): Promise<PredictionExplanation> {
  if (!model) throw new ModelError('predict.no_model', 'no model is current', { hint: 'Train one with `ets train`.' });
  const decisionTimeMs = latestDailyMs(atMs, parts.config.strategy.decisionHourUtc);
  const view = await loadView(parts, Math.max(decisionTimeMs, model.trainedUntilMs));
  const { set } = view.table(model.canonical);
  const { data } = columnsOf(set.matrix, set.names, [lastAtOrBefore(set.timeMs, decisionTimeMs)], model.ensemble.featureNames);
  return explain(model, data, view);
}

/**
 * Which recorded features made the model of then say what it said of a decision, largest first, against days of its own
 * training window as they were known then.
 * @throws ConfigError `replay.no_such_decision`, `registry.no_such_model`, `explain.no_prediction`
 */
export async function explainDecision(
  parts: AppParts,
  registry: ModelRegistry,
  decisionId: string,
): Promise<DecisionExplanation> {
  const { prediction, features, dataCutoffRecordedMs } = await findDecision(parts, decisionId);
  if (prediction === null) {
    throw new ConfigError('explain.no_prediction', `the decision ${decisionId} was made without a model`, {
      hint: 'Its reasons are in `ets journal`.',
    });
  }
  const { modelId, probabilities } = prediction;
  const model = serving(await registry.load(modelId));
  const row = Float64Array.from(model.ensemble.featureNames, (name) => features[name] ?? Number.NaN);
  const view = await loadView(parts, model.trainedUntilMs, { kind: 'research', recordedUntilMs: dataCutoffRecordedMs });
  return { modelId, probabilities: [...probabilities], ...explain(model, row, view) };
}

/** @param row values of the model's columns @param view with the model's training window */
function explain({ ensemble, trainedUntilMs, trainDays, canonical }: ServingModel, row: Float64Array, view: MarketView) {
  const { set } = view.table(canonical);
  const trained = selectTrainingData(set, trainedUntilMs - trainDays * DAY_MS, trainedUntilMs);
  const background = columnsOf(set.matrix, set.names, spread(trained.rows, BACKGROUND_DAYS), ensemble.featureNames);
  const { base, values } = explainRow(ensemble, row, background);
  const families: Record<string, Moved> = {};
  const familyOf = new Map(CATALOGUE.map(({ name, family }) => [name, family]));
  const features = ensemble.featureNames.map((name, column) => {
    const family = familyOf.get(name) ?? 'other';
    const moved: Moved = [values[column * 3]!, values[column * 3 + 1]!, values[column * 3 + 2]!];
    const sum = families[family] ?? [0, 0, 0];
    families[family] = [sum[0] + moved[0], sum[1] + moved[1], sum[2] + moved[2]];
    return { name, family, value: Number.isFinite(row[column]!) ? row[column]! : null, moved };
  });
  const size = (moved: Moved) => Math.max(...moved.map(Math.abs));
  features.sort((a, b) => size(b.moved) - size(a.moved) || (a.name < b.name ? -1 : 1));
  return { base: [base[0]!, base[1]!, base[2]!] as const, features, families };
}

/** At most `count` of the rows, evenly. */
const spread = (rows: readonly number[], count: number): number[] =>
  rows.length <= count
    ? [...rows]
    : Array.from({ length: count }, (_, i) => rows[Math.floor(((i + 0.5) * rows.length) / count)]!);

/**
 * Rows of the named columns alone: what the model does not use, it need not be asked about.
 * @throws ModelError `model.feature_missing`
 */
function columnsOf(matrix: Matrix, names: readonly string[], rows: readonly number[], wanted: readonly string[]): Matrix {
  const at = wanted.map((name) => names.indexOf(name));
  const missing = wanted[at.indexOf(-1)];
  if (missing !== undefined) {
    throw new ModelError('model.feature_missing', `the model needs the feature ${missing}, which this version does not make`, {
      hint: 'Train a new model with `ets train`.',
    });
  }
  const data = Float64Array.from(
    rows.flatMap((row) => at.map((column) => matrix.data[row * matrix.columns + column] ?? Number.NaN)),
  );
  return { data, rows: rows.length, columns: wanted.length, names: wanted };
}

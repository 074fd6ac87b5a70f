import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { deflatedSharpe, sharpeRatio } from '../backtest/index.ts';
import { ConfigError, DAY_MS, ModelError, type TimeMs } from '../domain/index.ts';
import {
  HyperparameterTuner,
  overfittingProbability,
  type ParameterValues,
  parameterImportance,
  parseSearchSpace,
  type SearchSpace,
  StudyFile,
  type StudyHead,
  selectTrainingData,
  signalReturns,
  type Trial,
  TUNED_LEARNERS,
  WalkForwardObjective,
} from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { procedureOf, viewOptions } from './cycle-settings.ts';
import { searchedTrials } from './searched-trials.ts';
import { STUDY_NAME } from './study-settings.ts';
import { viewWithHistory } from './train.ts';

export interface TuneOptions {
  /** Trials that the study should have in all. */
  readonly trials: number;
  /** Name of the study; by the learner unless told. */
  readonly study?: string | undefined;
  /** A shipped search space. `gradient-boosted-trees` */
  readonly learner?: string | undefined;
  /** A search space file instead of a shipped one. */
  readonly space?: string | undefined;
  readonly seed?: number | undefined;
  readonly untilMs?: TimeMs | undefined;
  readonly days?: number | undefined;
  /** Folds of the later half of the searched days. 8 */
  readonly folds?: number | undefined;
}

const DEFAULT_LEARNER = 'gradient-boosted-trees';
const DEFAULT_FOLDS = 8;
const BATCH = 8;
/** Batches without gain after which a study ends. */
const PATIENCE = 6;
const SPACES = new URL('../model/tuning/search-spaces/', import.meta.url);

/**
 * Searches hyperparameters of one learner on the training window without its last `gate.windowDays` days, on which a
 * training with the result is scored, and says how much of the best result is the search's luck. Reads stored data only; writes the study alone. @throws ConfigError, ModelError `tuning.*`, DataError
 */
export async function tune(parts: AppParts, options: TuneOptions) {
  const started = parts.timer.elapsedMs();
  const { config } = parts;
  const name = studyName(options);
  const path = join(parts.dataDir, PATHS.studies, `${name}.ndjson`);
  const before = await StudyFile.headOf(path);
  const asked = options.space !== undefined || options.learner !== undefined || before === undefined;
  const space = asked ? await readSpace(options) : before.space;
  const untilMs = options.untilMs ?? before?.untilMs ?? parts.clock.nowMs();
  const trainDays = options.days ?? config.model.trainDays;
  const searchedUntilMs = searchEnd(before, options.untilMs) ?? untilMs - config.gate.windowDays * DAY_MS;
  const view = await viewWithHistory(parts, untilMs, trainDays, false);
  const canonical = view.canonicalFor(untilMs, trainDays).series;
  const { set, labels } = view.table(canonical);
  const data = selectTrainingData(set, untilMs - trainDays * DAY_MS, searchedUntilMs);
  const folds = options.folds ?? before?.folds ?? DEFAULT_FOLDS;
  const seed = options.seed ?? before?.seed ?? config.model.seed;
  const { purgeRows } = procedureOf(config);
  const forwardReturn = Float64Array.from(data.rows, (row) => labels.forwardReturn[row]!);
  const policy = {
    confidenceThreshold: config.strategy.confidenceThreshold,
    costOfChange: viewOptions(config).roundTripCost / 2,
  };
  const objective = new WalkForwardObjective(space, data.X, data.y, {
    folds,
    purge: purgeRows,
    classes: 3,
    threads: config.model.threads,
    signal: parts.signal,
    signals: { forwardReturn, policy },
  });
  const head: StudyHead = {
    ...{ study: 1, space, untilMs, seed, folds, batchSize: BATCH, data: objective.fingerprint },
    ...((!before || before.searchedUntilMs !== undefined) && { searchedUntilMs }),
  };
  const log = await StudyFile.open(path, head);
  const tuner = new HyperparameterTuner({
    ...{ space, seed, folds, batchSize: BATCH, patience: PATIENCE, log, onProgress: parts.onProgress },
    objective: (tasks, onAnswer) => objective.score(tasks, onAnswer),
    ...(parts.signal && { signal: parts.signal }),
  });
  const { trials, best, stopped } = await tuner.run(options.trials);
  const days = (await objective.predictions(best.params)).map(({ row, probabilities }) => ({
    probabilities,
    forwardReturn: forwardReturn[row]!,
  }));
  const { returns } = signalReturns(days, policy);
  const searched = await searchedTrials(parts);
  return {
    simulated: parts.isSimulated,
    study: name,
    file: path,
    learner: space.learner,
    trials: trials.length,
    finished: trials.filter(({ state }) => state === 'finished').length,
    stopped,
    trainedUntilMs: untilMs,
    /** Later days took no part: a training with these settings is scored on them. */
    searchedUntilMs,
    rows: data.X.rows,
    features: data.X.columns,
    best: { trial: best.trial, ...lossOf(best.folds), params: { ...space.fixed, ...best.params } },
    /** The shipped settings on the same folds, where the space names them. */
    defaults: isComplete(space) ? lossOf(await scoreEveryFold(objective, space.defaults, folds)) : null,
    importance: parameterImportance(space, trials),
    overfittingProbability: overfittingProbability(trials),
    sharpe: sharpeRatio(returns),
    deflatedSharpe: deflatedSharpe(returns, searched.trials, searched.trialVariance),
    /** Trials of all studies of this data directory, which the Sharpe ratio is deflated by. */
    searchedTrials: searched.trials,
    durationMs: Math.round(parts.timer.elapsedMs() - started),
  };
}

const isComplete = ({ parameters, defaults }: SearchSpace): boolean => Object.keys(parameters).every((name) => name in defaults);

const scoreEveryFold = (objective: WalkForwardObjective, params: ParameterValues, folds: number) =>
  objective.score(Array.from({ length: folds }, (_, fold) => ({ params, fold })));

/** Mean log loss over the rows of all folds, and that of the class shares on the same rows. */
function lossOf(folds: Trial['folds']): { value: number; baseline: number } {
  const rows = folds.reduce((sum, fold) => sum + fold.rows, 0);
  const mean = (of: (fold: Trial['folds'][number]) => number) =>
    folds.reduce((sum, fold) => sum + of(fold) * fold.rows, 0) / rows;
  return { value: mean(({ loss }) => loss), baseline: mean(({ baseline }) => baseline) };
}

function studyName({ study, learner = DEFAULT_LEARNER, space }: TuneOptions): string {
  const name = study ?? (space === undefined ? learner : undefined);
  if (name === undefined) throw new ConfigError('tuning.name_missing', '--space needs a name for the study: say --study');
  if (!STUDY_NAME.test(name)) {
    throw new ConfigError('tuning.bad_name', `"${name}" cannot be the name of a study`, {
      hint: 'Use up to 64 letters, digits, _ and -.',
    });
  }
  return name;
}

async function readSpace({ space, learner = DEFAULT_LEARNER }: TuneOptions): Promise<SearchSpace> {
  const file = space ?? new URL(`${encodeURIComponent(learner)}.yaml`, SPACES);
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConfigError('tuning.space_missing', `there is no search space ${space ?? `for ${learner}`}`, {
      hint: `There are: ${TUNED_LEARNERS.join(', ')}.`,
      cause,
    });
  });
  return parseSearchSpace(parseYaml(text, String(space ?? learner)), String(space ?? learner));
}

function parseYaml(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new ModelError('tuning.space_invalid', `${name} is not YAML`, { cause });
  }
}

/** A study goes on where its searched days end, wherever the scored ones would begin by now. */
const searchEnd = (before: StudyHead | undefined, untilMs: TimeMs | undefined): TimeMs | undefined =>
  before && (untilMs === undefined || untilMs === before.untilMs)
    ? (before.searchedUntilMs ?? before.untilMs ?? undefined)
    : undefined;

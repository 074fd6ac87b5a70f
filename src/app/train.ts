import { join } from 'node:path';
import { DAY_MS, DataError, type TimeMs, toIsoDay } from '../domain/index.ts';
import type { Procedure } from '../model/index.ts';
import { checkWorld } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { gatePolicy, procedureOf } from './cycle-settings.ts';
import { openExtraction } from './extraction.ts';
import { FileWalkForwardCache } from './file-walk-forward-cache.ts';
import { loadView } from './load-view.ts';
import type { MarketView } from './market-view.ts';
import type { PredictionHistory } from './prediction-history.ts';
import type { RegistryModelStore } from './registry-model-store.ts';
import { type Candidate, retrain, type Search } from './retrain.ts';
import { studySettings } from './study-settings.ts';

export interface TrainOptions {
  readonly untilMs?: TimeMs | undefined;
  readonly days?: number | undefined;
  readonly seed?: number | undefined;
  /** Studies whose best settings their learners take. */
  readonly studies?: readonly string[] | undefined;
  /** Whether missing history may be fetched first. */
  readonly fetch: boolean;
}

/** Days of prices that are demanded before the training window; longer look-backs begin as missing. */
const WARM_UP_DAYS = 30;
/** A window with less than this share of its candles is not enough history. */
const MINIMUM_COVERAGE = 0.95;

/** Trains on what was known at `untilMs`, and promotes or keeps. @throws DataError `train.too_little_history` */
export async function train(
  parts: AppParts,
  models: RegistryModelStore,
  history: PredictionHistory,
  options: TrainOptions,
): Promise<Candidate> {
  const { config, dataDir } = parts;
  await checkWorld(dataDir, parts.world);
  const untilMs = options.untilMs ?? parts.clock.nowMs();
  const trainDays = options.days ?? config.model.trainDays;
  const view = await viewWithHistory(parts, untilMs, trainDays, options.fetch);
  const { procedure, search } = await procedureWith(parts, options);
  const { candidate } = await retrain(
    {
      view,
      procedure,
      trainDays,
      threads: config.model.threads,
      gate: gatePolicy(config),
      search,
      cache: new FileWalkForwardCache(join(dataDir, PATHS.walkForward)),
      models,
      predictions: () => history.served.predictions,
      shadow: () => history.shadow.predictions,
      onProgress: parts.onProgress,
      ...(parts.signal && { signal: parts.signal }),
    },
    untilMs,
  );
  return candidate;
}

/** The configured procedure with the settings of the named studies in place of its own. */
async function procedureWith(
  parts: AppParts,
  { seed, studies = [] }: TrainOptions,
): Promise<{ readonly procedure: Procedure; readonly search?: Search }> {
  const procedure = procedureOf(parts.config, seed);
  const found = await Promise.all(studies.map((name) => studySettings(parts, name)));
  if (found.length === 0) return { procedure };
  const searched = Object.fromEntries(found.map(({ learner, settings }) => [learner, settings]));
  const known = found.flatMap(({ overfittingProbability }) => overfittingProbability ?? []);
  return {
    procedure: { ...procedure, learners: { ...procedure.learners, ...searched } },
    search: {
      studies,
      trials: found.reduce((sum, { trials }) => sum + trials, 0),
      searchedUntilMs: Math.max(...found.map(({ searchedUntilMs }) => searchedUntilMs)),
      overfittingProbability: known.length > 0 ? Math.max(...known) : null,
    },
  };
}

/** What is stored, as decisions see it, where it is enough to learn from. @throws DataError `train.too_little_history` */
export async function viewWithHistory(parts: AppParts, untilMs: TimeMs, trainDays: number, fetch: boolean): Promise<MarketView> {
  const days = trainDays + WARM_UP_DAYS;
  const view = await loadView(parts, untilMs);
  if (view.priceCoverage(untilMs, days) >= MINIMUM_COVERAGE) return view;
  const startMs = untilMs - (days + 1) * DAY_MS;
  const command = `ets backfill --start ${toIsoDay(startMs)} --end ${toIsoDay(untilMs)}`;
  if (!fetch) throw tooLittle(view, untilMs, days, command);
  parts.onProgress('fetching missing history');
  await openExtraction(parts).backfill(startMs, untilMs, {
    onProgress: ({ done, total }) => parts.onProgress('fetching history', done / total),
    ...(parts.signal && { signal: parts.signal }),
  });
  const fuller = await loadView(parts, untilMs);
  if (fuller.priceCoverage(untilMs, days) < MINIMUM_COVERAGE) throw tooLittle(fuller, untilMs, days, command);
  return fuller;
}

const tooLittle = (view: MarketView, untilMs: TimeMs, days: number, command: string): DataError =>
  new DataError(
    'train.too_little_history',
    `prices cover ${Math.round(100 * view.priceCoverage(untilMs, days))} % of the ${days} days before ${toIsoDay(untilMs)}`,
    {
      hint: `Fetch them with \`${command}\`, or import a file with \`ets ingest\`.`,
      details: { command },
    },
  );

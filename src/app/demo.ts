import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import { DAY_MS, latestDailyMs, systemTimer, type TimeMs } from '../domain/index.ts';
import { RequestBudgets } from '../extraction/index.ts';
import { featureCodeHash } from '../features/index.ts';
import { ModelRegistry } from '../model/index.ts';
import { type Sandbox, startSandbox } from '../sandbox/index.ts';
import { latestWeeklyMs } from '../scheduler/index.ts';
import { DataManager } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { resultOf } from './backtest-command.ts';
import { DataSourcesFile } from './data-sources-file.ts';
import { openExtraction } from './extraction.ts';
import { frameOf } from './features.ts';
import { livePrices } from './live-prices.ts';
import { loadView } from './load-view.ts';
import { openPredictionHistory } from './prediction-history.ts';
import { RegistryModelStore } from './registry-model-store.ts';
import { noteOf, type TrainingNote } from './retrain.ts';
import { reportOf, shownSettings, summarize } from './run-report.ts';
import { runScheduledCycle } from './scheduled-cycle.ts';
import type { ScoredCycle } from './score-run.ts';
import { searchedTrials } from './searched-trials.ts';
import { openTradingSession } from './trading-session.ts';
import { train } from './train.ts';
import { trainingJob } from './training-job.ts';
import { writeReport } from './write-report.ts';

export interface DemoOptions {
  /** Daily cycles. */
  readonly days: number;
  readonly seed: number;
  readonly edge: number;
  readonly config: Config;
  readonly dataDir: string;
  /** Whether what an earlier demo left there is removed first. */
  readonly fresh: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly onProgress: (text: string, share?: number) => void;
}

/** Where the simulated time begins: always the same day, so that a seed always gives the same demo. */
const START_MS: TimeMs = Date.UTC(2024, 0, 1);
/** Training window, warm-up and a little more. */
const HISTORY_DAYS_BEYOND_TRAINING = 36;
/** What the demo fetches: prices, mood, and headers of blocks, where the simulated link can be seen. */
const DATASETS = ['price_data', 'sentiment_data', 'blockchain_data'];

/** The whole main job once, on a simulated market: fetch, train, trade on paper day by day with weekly trainings, report. */
export async function runDemo(options: DemoOptions) {
  const startedMs = systemTimer.elapsedMs();
  const { config, dataDir, seed, edge } = options;
  if (options.fresh) await rm(dataDir, { recursive: true, force: true });
  const sandbox = await startSandbox({ seed, startMs: START_MS, edge, speed: 0 });
  const store = await DataManager.open(dataDir, { clock: sandbox.clock, world: { kind: 'sandbox', seed, startMs: START_MS } });
  try {
    const run = await tradeDays(partsOf(options, sandbox, store), sandbox, options);
    const summary = summarize(run, config, seed, await searchedTrials({ dataDir }));
    const { view, canonical } = run;
    const { features } = view.table(canonical);
    await store.writeFeatures(frameOf(features), featureCodeHash());
    const command = `ets demo --days ${options.days} --seed ${seed} --edge ${edge}`;
    const settings = [
      ['seed', String(seed)] as const,
      ['edge of the simulated world', String(edge)] as const,
      ...shownSettings(config),
    ];
    const about = { title: 'Demo on a simulated market', command, simulated: true, madeAtMs: sandbox.clock.nowMs(), settings };
    const report = await writeReport(dataDir, 'demo', reportOf(run, summary, about));
    return {
      simulated: true as const,
      source: 'sandbox',
      seed,
      edge,
      cycles: run.cycles.length,
      retrains: run.trainings.length,
      decisions: summary.decisions,
      orders: [...run.ledger.orders.values()].filter(({ state }) => state !== 'NOT_SENT').length,
      fills: run.ledger.fillCount,
      ...resultOf(summary),
      modelId: run.modelId,
      report,
      durationMs: Math.round(systemTimer.elapsedMs() - startedMs),
    };
  } finally {
    await store.close();
    await sandbox.close();
  }
}

function partsOf(
  { config, dataDir, env, seed, signal, onProgress }: DemoOptions,
  { urls, clock }: Sandbox,
  store: DataManager,
): AppParts {
  const world = { kind: 'sandbox' as const, seed, startMs: START_MS };
  return {
    dataSources: DataSourcesFile.none(),
    dataDir,
    config,
    env,
    clock,
    timer: systemTimer,
    budgets: new RequestBudgets(systemTimer),
    world,
    isSimulated: true,
    endpoints: urls,
    urls,
    store,
    onProgress,
    signal,
  };
}

async function tradeDays(parts: AppParts, { clock }: Sandbox, { days, onProgress }: DemoOptions) {
  const { config, dataDir } = parts;
  const extraction = openExtraction(parts, DATASETS);
  const historyMs = (config.model.trainDays + HISTORY_DAYS_BEYOND_TRAINING) * DAY_MS;
  await extraction.backfill(START_MS - historyMs, START_MS - 1, {
    onProgress: ({ done, total }) => onProgress('fetching a year of simulated history', done / total),
  });
  const models = await RegistryModelStore.open(new ModelRegistry(join(dataDir, PATHS.models), clock), (why) => onProgress(why));
  const history = await openPredictionHistory(dataDir);
  const trainings: TrainingNote[] = [];
  const retrainAt = async (untilMs: TimeMs) => {
    onProgress('training');
    trainings.push(noteOf(await train(parts, models, history, { untilMs, fetch: false })));
  };
  const session = await openTradingSession(parts, {
    mode: 'paper',
    model: () => models.current(),
    served: () => history.served.predictions,
    ...(await livePrices(parts)),
  });
  try {
    const { retrainWeekday: weekday, retrainHourUtc: hourUtc } = config.schedule;
    const training = trainingJob(config.schedule);
    let dueMs = latestWeeklyMs(START_MS, { weekday, hourUtc });
    const cycles: ScoredCycle[] = [];
    for (let day = 0; day < days; day++) {
      const decisionTimeMs = latestDailyMs(START_MS + (day + 1) * DAY_MS - 1, config.strategy.decisionHourUtc);
      for (; dueMs <= decisionTimeMs; dueMs = training.nextAfterMs(dueMs)) {
        clock.moveTo(dueMs);
        await extraction.extractUntil(clock.nowMs());
        await retrainAt(dueMs);
      }
      clock.moveTo(decisionTimeMs);
      onProgress(`day ${day + 1} of ${days}`, day / days);
      await extraction.extractUntil(decisionTimeMs);
      const result = await runScheduledCycle(session, models, history, decisionTimeMs, (why) => onProgress(why));
      cycles.push({ ...result, baseline: models.current()?.ensemble.classShares ?? null });
    }
    // A day more of prices tells what came of the last decisions.
    const endMs = START_MS + (days + 2) * DAY_MS;
    clock.moveTo(endMs);
    await extraction.extractUntil(endMs);
    const view = await loadView(parts, latestDailyMs(endMs, config.strategy.decisionHourUtc));
    const canonical = models.current()?.canonical ?? view.canonicalFor(endMs).series;
    return {
      view,
      canonical,
      cycles,
      trainings,
      ledger: session.cycle.engine.ledger,
      modelId: models.current()?.modelId ?? null,
    };
  } finally {
    await session.close();
  }
}

import type { Config } from '../config/index.ts';
import { DAY_MS, ManualClock, RESEARCH_CUT, type TimeMs } from '../domain/index.ts';
import { dailyDecisionTimes } from '../features/index.ts';
import { MemoryWalkForwardCache } from '../model/index.ts';
import { latestWeeklyMs } from '../scheduler/index.ts';
import { createOrderGate, MemoryDecisionLog, MemoryJournal, MemoryPerformanceLog, TradingEngine } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { cycleSettings, gatePolicy, procedureOf, protectionPolicy } from './cycle-settings.ts';
import type { CycleMarket, CycleParts } from './cycle-types.ts';
import { runDailyCycle } from './daily-cycle.ts';
import { loadView } from './load-view.ts';
import type { MarketView } from './market-view.ts';
import { MemoryModelStore } from './memory-model-store.ts';
import { paperRoute } from './order-route.ts';
import { noteOf, type PastPrediction, retrain, type TrainingNote } from './retrain.ts';
import { RiskSurroundings } from './risk-surroundings.ts';
import type { FinishedRun } from './run-report.ts';
import type { ScoredCycle } from './score-run.ts';
import type { ServedPrediction } from './served-outcomes.ts';
import { type DecidingModel, predictAt } from './serving-model.ts';

export interface BacktestOptions {
  /** First and last decision day, both included. */
  readonly startMs: TimeMs;
  readonly endMs: TimeMs;
  readonly retrainEveryDays: number;
  readonly trainDays?: number | undefined;
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
}

/** What is stored, and how it is configured to be read. */
export type StoredHistory = Pick<AppParts, 'store' | 'config' | 'dataSources'>;

/**
 * Walks forward over stored time: at each decision only what was known then, with a training before the first decision
 * and then every `retrainEveryDays`, through the same daily cycle as on paper and live.
 */
export async function walkForward(stored: StoredHistory, options: BacktestOptions): Promise<FinishedRun> {
  const { config } = stored;
  const trainDays = options.trainDays ?? config.model.trainDays;
  const times = dailyDecisionTimes(options.startMs, options.endMs + DAY_MS - 1, config.strategy.decisionHourUtc);
  const view = await loadView(stored, times.at(-1) ?? options.endMs, RESEARCH_CUT, trainDays);
  const models = new MemoryModelStore();
  const cycles: ScoredCycle[] = [];
  const trainings: TrainingNote[] = [];
  const predictions: ServedPrediction[] = [];
  const shadow: PastPrediction[] = [];
  const { clock, parts } = await openSimulation({ ...config, model: { ...config.model, trainDays } }, view, models, predictions);
  const train = async (untilMs: TimeMs) => {
    const { candidate } = await retrain(
      {
        ...options,
        onProgress: undefined,
        view,
        trainDays,
        procedure: procedureOf(config),
        threads: config.model.threads,
        gate: gatePolicy(config),
        cache,
        models,
        predictions: () => predictions,
        shadow: () => shadow,
      },
      untilMs,
    );
    trainings.push(noteOf(candidate));
  };
  const cache = new MemoryWalkForwardCache();
  const { retrainWeekday: weekday, retrainHourUtc: hourUtc } = config.schedule;
  let dueMs = latestWeeklyMs(times[0] ?? options.startMs, { weekday, hourUtc });
  for (const [i, decisionTimeMs] of times.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.(
      `${new Date(decisionTimeMs).toISOString().slice(0, 10)}, ${trainings.length} trainings`,
      i / times.length,
    );
    for (; dueMs <= decisionTimeMs; dueMs += options.retrainEveryDays * DAY_MS) await train(dueMs);
    clock.moveTo(decisionTimeMs);
    const result = await runDailyCycle(parts, decisionTimeMs);
    const { prediction, predictionSet } = result.record;
    if (prediction) {
      const { modelId, probabilities } = prediction;
      predictions.push({
        decisionTimeMs,
        modelId,
        probabilities,
        ...(predictionSet && { predictionSet: predictionSet.classes }),
      });
    }
    const challenger = models.challenger();
    if (challenger)
      shadow.push({ decisionTimeMs, probabilities: predictAt(challenger.model, view, decisionTimeMs).probabilities });
    cycles.push({ ...result, baseline: models.current()?.ensemble.classShares ?? null });
  }
  const canonical = models.current()?.canonical ?? view.canonicalFor(options.endMs).series;
  return { view, canonical, cycles, trainings, ledger: parts.engine.ledger };
}

/** The parts of the daily cycle on stored time: orders fill at the first price after the decision, nothing is written. */
export async function openSimulation(
  config: Config,
  view: MarketView,
  models: { current(): DecidingModel | undefined },
  served: readonly ServedPrediction[],
) {
  const clock = new ManualClock(0);
  const market: CycleMarket = {
    view: async () => view,
    inputs: async () => [],
    quote: async (decisionTimeMs) =>
      view.firstPriceAfter(models.current()?.canonical ?? view.canonicalFor(decisionTimeMs).series, decisionTimeMs),
  };
  const route = paperRoute(config, 'backtest', market.quote);
  const settings = cycleSettings(config, route, null);
  const performance = new MemoryPerformanceLog();
  const surroundings = new RiskSurroundings();
  const engine = await TradingEngine.open({
    journal: new MemoryJournal(),
    clock,
    connect: route.connect,
    gate: createOrderGate({
      limits: settings.limits,
      feeBps: settings.costs.feeBps,
      isHalted: () => false,
      history: () => performance.points,
      context: (intent) => surroundings.now(intent),
    }),
    capitalUsd: config.capitalUsd,
    protection: protectionPolicy(config),
  });
  const parts: CycleParts = {
    settings,
    clock,
    market,
    model: () => models.current(),
    served: () => served,
    engine,
    route,
    decisions: new MemoryDecisionLog(),
    performance,
    noteSurroundings: (context, atMs) => surroundings.note(context, atMs),
    isHalted: async () => false,
    halt: async () => undefined,
  };
  return { clock, parts };
}

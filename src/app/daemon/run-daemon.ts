import { join } from 'node:path';
import { AppError, HOUR_MS, InvariantError, MINUTE_MS, type TimeMs, toIso } from '../../domain/index.ts';
import { ModelRegistry, PredictionLog } from '../../model/index.ts';
import { type DueRun, dailyJob, type Job, nextRun, weeklyJob } from '../../scheduler/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { openExtraction } from '../extraction.ts';
import { liveQuote } from '../live-quote.ts';
import { RegistryModelStore } from '../registry-model-store.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import { runScheduledCycle } from '../scheduled-cycle.ts';
import { modeOf, openTradingSession, type TradingSession } from '../trading-session.ts';
import { train } from '../train.ts';
import { worldWait } from '../world-wait.ts';
import { JobHistory } from './job-history.ts';
import { acquireRunLock } from './run-lock.ts';
import { watchPosition } from './watch-position.ts';

export interface DaemonOptions {
  /** Ends when so many daily decisions are made in this data directory and every order's outcome is known. */
  readonly days?: number | undefined;
  /** Told once, when everything is recovered and the schedule begins. */
  readonly onReady: () => void;
}

/** World time between two looks at an open position; in a world that stands still it is moved on so far at once. */
const WATCH_EVERY_MS = MINUTE_MS;
const WATCH_STILL_WORLD_MS = HOUR_MS;
/** Pause after a job that failed, before it is tried again. */
const RETRY_AFTER_MS = 5 * MINUTE_MS;

/**
 * The daemon: one for a data directory. It recovers the journal, compares with the exchange, then runs the daily decision
 * and the weekly training when they are due and watches an open position between. Killed at any moment, the next one
 * goes on where it was.
 * @throws ConfigError `run.already_running`
 */
export async function runDaemon(parts: AppParts, options: DaemonOptions): Promise<{ readonly decisions: number }> {
  const release = await acquireRunLock(parts);
  try {
    const daemon = await openDaemon(parts);
    try {
      options.onReady();
      return await daemon.run(options.days);
    } finally {
      await daemon.session.close();
    }
  } finally {
    await release();
  }
}

async function openDaemon(parts: AppParts): Promise<Daemon> {
  const { clock, config, dataDir, onProgress } = parts;
  const registry = new ModelRegistry(join(dataDir, PATHS.models), clock);
  const models = await RegistryModelStore.open(registry, config.model.trainDays, onProgress);
  const log = await PredictionLog.open(join(dataDir, PATHS.predictions));
  const history = await JobHistory.open(join(dataDir, PATHS.schedule), clock.nowMs());
  const session = await openTradingSession(parts, {
    mode: modeOf(parts),
    model: () => models.current(),
    quote: await liveQuote(parts),
  });
  return new Daemon(parts, session, models, log, history);
}

class Daemon {
  readonly session: TradingSession;
  readonly #parts: AppParts;
  readonly #models: RegistryModelStore;
  readonly #log: PredictionLog;
  readonly #history: JobHistory;
  readonly #jobs: readonly (Job & { readonly run: (dueMs: TimeMs) => Promise<void> })[];

  constructor(parts: AppParts, session: TradingSession, models: RegistryModelStore, log: PredictionLog, history: JobHistory) {
    const { schedule, strategy } = parts.config;
    this.session = session;
    this.#parts = parts;
    this.#models = models;
    this.#log = log;
    this.#history = history;
    const training = { weekday: schedule.retrainWeekday, hourUtc: schedule.retrainHourUtc };
    this.#jobs = [
      { ...weeklyJob('training', training, schedule.retrainLateHours * HOUR_MS), run: (dueMs) => this.#train(dueMs) },
      {
        ...dailyJob('decision', strategy.decisionHourUtc, schedule.decisionLateHours * HOUR_MS),
        run: (dueMs) => this.#decide(dueMs),
      },
    ];
  }

  async run(days: number | undefined): Promise<{ readonly decisions: number }> {
    const { clock, signal } = this.#parts;
    const { cycle } = this.session;
    for (;;) {
      signal?.throwIfAborted();
      const decisions = cycle.decisions.all().length;
      const hasOpenOrders = cycle.engine.ledger.unsettledOrders().length > 0;
      if (days !== undefined && decisions >= days && !hasOpenOrders) return { decisions };
      const isDone = days !== undefined && decisions >= days;
      const next = isDone ? undefined : nextRun(this.#jobs, this.#history.lastDueMs, this.#history.sinceMs, clock.nowMs());
      if (next && next.dueMs <= clock.nowMs()) await this.#runDue(next);
      else await this.#wait(next?.dueMs ?? clock.nowMs() + MINUTE_MS);
    }
  }

  async #runDue({ job, dueMs, isMissed }: DueRun): Promise<void> {
    const { clock, onProgress, signal } = this.#parts;
    const record = (outcome: 'done' | 'failed' | 'missed', message: string | null) =>
      this.#history.record({ job: job.name, dueMs, endedMs: clock.nowMs(), outcome, message });
    if (isMissed) {
      onProgress(`${job.name} of ${toIso(dueMs)} was missed`);
      return record('missed', null);
    }
    try {
      await this.#jobs.find(({ name }) => name === job.name)?.run(dueMs);
      await record('done', null);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      onProgress(`${job.name} of ${toIso(dueMs)} failed: ${error.message}`);
      if (error instanceof InvariantError) await this.session.cycle.halt(`${error.code}: ${error.message}`);
      if (clock.nowMs() + RETRY_AFTER_MS - dueMs > job.lateMs) await record('failed', error.message);
      else await this.#wait(clock.nowMs() + RETRY_AFTER_MS);
    }
  }

  async #decide(dueMs: TimeMs): Promise<void> {
    const { onProgress } = this.#parts;
    await this.#extract();
    const { record } = await runScheduledCycle(this.session, this.#log, dueMs);
    onProgress(`${toIso(dueMs)}: ${record.decision.label} -> ${record.decision.action}`);
    await this.session.cycle.route.check(this.session.cycle.engine);
  }

  async #train(dueMs: TimeMs): Promise<void> {
    await this.#extract();
    await train(this.#parts, this.#models, () => this.#log.predictions, { untilMs: dueMs, fetch: false });
  }

  async #extract(): Promise<void> {
    const { clock, signal, onProgress } = this.#parts;
    const { days } = await openExtraction(this.#parts).extractUntil(clock.nowMs(), { ...(signal && { signal }) });
    for (const { date, datasets } of days)
      for (const { dataset, error } of datasets) if (error) onProgress(`${date} ${dataset}: ${error.message}`);
  }

  /** Until the next due time, in steps: after each an open position and open orders are looked at. */
  async #wait(untilMs: TimeMs): Promise<void> {
    const { clock } = this.#parts;
    const { cycle } = this.session;
    const isStill = clock instanceof SandboxClock && clock.speed === 0;
    await worldWait(this.#parts)(untilMs, isStill ? WATCH_STILL_WORLD_MS : WATCH_EVERY_MS);
    if (cycle.engine.ledger.unsettledOrders().length > 0) await cycle.route.check(cycle.engine);
    const exits = await watchPosition(cycle);
    if (exits.length > 0) await this.session.writeHistory();
  }
}

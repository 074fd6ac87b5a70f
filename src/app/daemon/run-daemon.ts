import { join } from 'node:path';
import { AppError, HOUR_MS, InvariantError, MINUTE_MS, type TimeMs, toIso } from '../../domain/index.ts';
import type { StreamProcessor } from '../../extraction/index.ts';
import { ModelRegistry, PredictionLog } from '../../model/index.ts';
import { Metrics, withLogFields } from '../../monitoring/index.ts';
import { type DueRun, dailyJob, type Job, nextRun, weeklyJob } from '../../scheduler/index.ts';
import { EventLog } from '../../server/index.ts';
import { decisionId } from '../../trading/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';
import { openExtraction } from '../extraction.ts';
import { flattenIfAsked } from '../halting.ts';
import { livePrices } from '../live-prices.ts';
import { openNotifications } from '../notify.ts';
import { RegistryModelStore } from '../registry-model-store.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import { runScheduledCycle } from '../scheduled-cycle.ts';
import { modeOf, openTradingSession, type TradingSession } from '../trading-session.ts';
import { train } from '../train.ts';
import { worldWait } from '../world-wait.ts';
import { DaemonAlerts } from './daemon-alerts.ts';
import { loggedParts, openDaemonLog } from './daemon-log.ts';
import { HealthMonitor } from './health-monitor.ts';
import { JobHistory } from './job-history.ts';
import type { JobState } from './job-state.ts';
import { openStreams, streamedQuote } from './open-streams.ts';
import { OwnData } from './own-data.ts';
import { acquireRunLock } from './run-lock.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { serve } from './serve.ts';
import { watchPosition } from './watch-position.ts';

export interface DaemonOptions {
  /** Ends when so many daily decisions are made in this data directory and every order's outcome is known. */
  readonly days?: number | undefined;
  /** Told once, when everything is recovered and the schedule begins. */
  readonly onReady: (url: string | null) => void;
}

/** Time between two looks at an open position; a world that stands still is moved on by an hour at once. */
const WATCH_EVERY_MS = 5_000;
const WATCH_STILL_WORLD_MS = HOUR_MS;
/** Pause after a job that failed, before it is tried again. */
const RETRY_AFTER_MS = 5 * MINUTE_MS;

/**
 * The daemon: one for a data directory. It recovers the journal, compares with the exchange, then runs the daily decision
 * and the weekly training when they are due and watches an open position between. Killed at any moment, the next one
 * goes on where it was.
 * @throws ConfigError `run.already_running`, `server.*`
 */
export async function runDaemon(given: AppParts, options: DaemonOptions): Promise<{ readonly decisions: number }> {
  const log = openDaemonLog(given);
  const parts = loggedParts(given, log);
  const release = await acquireRunLock(parts);
  const events = new EventLog();
  let running: Daemon | undefined;
  try {
    const metrics = new Metrics();
    const notifications = await openNotifications(parts, (channel, isSent) =>
      metrics.count('ets_notifications_total', { channel, outcome: isSent ? 'sent' : 'failed' }),
    );
    const alerts = new DaemonAlerts({ parts, log, metrics, events, notifications });
    const server = await serve(parts, { events, alerts, metrics, running: () => running });
    const daemon = await openDaemon(parts, events, alerts, metrics).catch(async (error: unknown) => {
      await server?.close();
      await alerts.close();
      throw error;
    });
    try {
      await daemon.start();
      daemon.startStreams();
      running = daemon;
      events.add('ready', parts.clock.nowMs(), {});
      log.info({ url: server?.url ?? null, simulated: parts.isSimulated, mode: modeOf(parts) }, 'ready');
      options.onReady(server?.url ?? null);
      return await daemon.run(options.days);
    } finally {
      running = undefined;
      await server?.close();
      await daemon.streams?.close();
      daemon.ownData.close();
      await daemon.alerts.close();
      await daemon.session.close();
    }
  } finally {
    await release();
  }
}

async function openDaemon(parts: AppParts, events: EventLog, alerts: DaemonAlerts, metrics: Metrics): Promise<Daemon> {
  const { clock, config, dataDir, onProgress } = parts;
  const registry = new ModelRegistry(join(dataDir, PATHS.models), clock);
  const models = await RegistryModelStore.open(registry, config.model.trainDays, onProgress);
  const log = await PredictionLog.open(join(dataDir, PATHS.predictions));
  const history = await JobHistory.open(join(dataDir, PATHS.schedule), clock.nowMs());
  const streams = await openStreams(parts, (event) => {
    if (event.kind === 'reorg') events.add('reorg', event.atMs, { fromNumber: event.fromNumber, depth: event.depth });
  });
  const prices = await livePrices(parts);
  const session = await openTradingSession(parts, {
    mode: modeOf(parts),
    model: () => models.current(),
    quote: streamedQuote(streams?.price, parts, prices.quote),
    cost: prices.cost,
  });
  const health = new HealthMonitor({ parts, registry, predictions: log, model: () => models.current() });
  return new Daemon({ parts, session, models, registry, log, history, events, streams, alerts, health, metrics });
}

interface DaemonParts extends Omit<RunningDaemon, 'jobStates'> {
  readonly parts: AppParts;
  readonly models: RegistryModelStore;
  readonly log: PredictionLog;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  readonly metrics: Metrics;
}

class Daemon implements RunningDaemon {
  readonly session: TradingSession;
  readonly history: JobHistory;
  readonly registry: ModelRegistry;
  readonly streams: StreamProcessor | undefined;
  readonly alerts: DaemonAlerts;
  readonly health: HealthMonitor;
  readonly #metrics: Metrics;
  #runningJob: string | undefined;
  readonly #parts: AppParts;
  readonly #models: RegistryModelStore;
  readonly #log: PredictionLog;
  readonly #events: EventLog;
  readonly ownData: OwnData;
  #reconciledMs: TimeMs = 0;
  /** What the last comparison found wrong; told once while it lasts. */
  #trouble = '';
  readonly #jobs: readonly (Job & { readonly run: (dueMs: TimeMs) => Promise<void> })[];

  constructor({ parts, session, history, registry, models, log, events, streams, alerts, health, metrics }: DaemonParts) {
    const { schedule, strategy } = parts.config;
    this.session = session;
    this.history = history;
    this.registry = registry;
    this.streams = streams;
    this.#parts = parts;
    this.#models = models;
    this.#log = log;
    this.#events = events;
    this.alerts = alerts;
    this.health = health;
    this.#metrics = metrics;
    this.ownData = new OwnData(parts, (title) => this.alerts.raise({ name: 'own_data', severity: 'warning', title, key: title }));
    const training = { weekday: schedule.retrainWeekday, hourUtc: schedule.retrainHourUtc };
    this.#jobs = [
      { ...weeklyJob('training', training, schedule.retrainLateHours * HOUR_MS), run: (dueMs) => this.#train(dueMs) },
      {
        ...dailyJob('decision', strategy.decisionHourUtc, schedule.decisionLateHours * HOUR_MS),
        run: (dueMs) => this.#decide(dueMs),
      },
    ];
  }

  jobStates(): readonly JobState[] {
    const { lastDueMs, sinceMs, runs } = this.history;
    return this.#jobs.map((job) => ({
      job: job.name,
      nextDueMs: job.nextAfterMs(lastDueMs.get(job.name) ?? sinceMs),
      isRunning: this.#runningJob === job.name,
      last: runs.findLast((run) => run.job === job.name) ?? null,
    }));
  }

  /** Goes on with orders that were left, and compares with the exchange. */
  async start(): Promise<void> {
    await this.#reconcile();
  }

  /** Books what the exchange did, compares it with the journal, and halts where they do not agree. */
  async #reconcile(): Promise<void> {
    const { cycle } = this.session;
    this.#reconciledMs = this.#parts.clock.nowMs();
    const status = await cycle.route.check(cycle.engine);
    const trouble = status.kind === 'ready' ? '' : `${status.kind}: ${status.why}`;
    const isNew = trouble !== this.#trouble;
    this.#trouble = trouble;
    if (status.kind === 'halt' && (isNew || !(await cycle.isHalted()))) await this.#halt(status.why);
    if (status.kind === 'exchange_down' && isNew) {
      this.alerts.raise({ name: 'exchange_down', severity: 'warning', title: `the exchange does not answer: ${status.why}` });
    }
  }

  /** Streams run beside the schedule and hold nothing up. */
  startStreams(): void {
    this.streams?.start((error) =>
      this.alerts.raise({ name: 'stream_ended', severity: 'warning', title: `a stream has ended: ${String(error)}` }),
    );
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
      const next = isDone ? undefined : nextRun(this.#jobs, this.history.lastDueMs, this.history.sinceMs, clock.nowMs());
      if (next && next.dueMs <= clock.nowMs()) await this.#runDue(next);
      else await this.#wait(next?.dueMs ?? clock.nowMs() + MINUTE_MS);
    }
  }

  async #runDue({ job, dueMs, isMissed }: DueRun): Promise<void> {
    const { clock, signal, timer } = this.#parts;
    const record = (outcome: 'done' | 'failed' | 'missed', message: string | null) => {
      this.#metrics.count('ets_job_runs_total', { job: job.name, outcome });
      return this.history.record({ job: job.name, dueMs, endedMs: clock.nowMs(), outcome, message });
    };
    if (isMissed) {
      const title = `${job.name} of ${toIso(dueMs)} was missed`;
      this.alerts.raise({ name: 'job_missed', key: `job_missed:${job.name}`, severity: 'warning', title });
      return record('missed', null);
    }
    const startedMs = timer.elapsedMs();
    this.#runningJob = job.name;
    try {
      await withLogFields({ job: job.name, dueMs }, async () => this.#jobs.find(({ name }) => name === job.name)?.run(dueMs));
      await record('done', null);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      this.alerts.raise({
        name: `${job.name}_failed`,
        severity: job.name === 'decision' ? 'critical' : 'warning',
        title: `${job.name} of ${toIso(dueMs)} failed: ${error.message}`,
      });
      if (error instanceof InvariantError) await this.#halt(`${error.code}: ${error.message}`);
      if (clock.nowMs() + RETRY_AFTER_MS - dueMs > job.lateMs) await record('failed', error.message);
      else await this.#wait(clock.nowMs() + RETRY_AFTER_MS);
    } finally {
      this.#runningJob = undefined;
      this.#metrics.observe('ets_job_duration_seconds', (timer.elapsedMs() - startedMs) / 1000, { job: job.name });
    }
  }

  async #decide(dueMs: TimeMs): Promise<void> {
    await this.#extract();
    await this.ownData.look();
    const { strategy, symbol, mode } = this.session.cycle.settings;
    const id = decisionId({ strategy, symbol, mode, decisionTimeMs: dueMs });
    await withLogFields({ decisionId: id }, () => this.#cycle(dueMs));
  }

  async #cycle(dueMs: TimeMs): Promise<void> {
    const { record, orders, equityUsd } = await runScheduledCycle(this.session, this.#log, dueMs);
    const { decision } = record;
    this.#parts.onProgress(`${toIso(dueMs)}: ${decision.label} -> ${decision.action}`);
    this.#events.add('decision', dueMs, { decisionId: record.decisionId, label: decision.label, action: decision.action });
    for (const order of orders) this.#events.add('order', dueMs, order);
    await this.#reconcile();
    this.alerts.orders(orders);
    this.alerts.health(this.health);
    this.alerts.cycleDone(record, equityUsd);
  }

  async #train(dueMs: TimeMs): Promise<void> {
    await this.#extract();
    const { gate } = await train(this.#parts, this.#models, () => this.#log.predictions, { untilMs: dueMs, fetch: false });
    this.#events.add('training', dueMs, { decision: gate.decision, reason: gate.reason });
  }

  async #extract(): Promise<void> {
    const { clock, signal } = this.#parts;
    const { days } = await openExtraction(this.#parts).extractUntil(clock.nowMs(), { ...(signal && { signal }) });
    for (const { date, datasets } of days)
      for (const { dataset, error } of datasets) {
        if (!error) continue;
        const title = `${date} ${dataset}: ${error.message}`;
        this.alerts.raise({ name: 'extraction_failed', key: `extraction_failed:${dataset}`, severity: 'warning', title });
      }
  }

  /** Until the next due time, in steps: after each an open position and open orders are looked at. */
  async #wait(untilMs: TimeMs): Promise<void> {
    const { clock } = this.#parts;
    const { cycle } = this.session;
    await worldWait(this.#parts)(untilMs, watchStepMs(clock));
    await this.ownData.look();
    this.alerts.deliver();
    if (await flattenIfAsked(this.#parts, this.session, clock.nowMs()))
      this.#events.add('halt', clock.nowMs(), { why: 'flatten' });
    const everyMs = this.#parts.config.exchange.reconcileEveryMinutes * MINUTE_MS;
    const isDue = clock.nowMs() >= this.#reconciledMs + everyMs;
    if (isDue || cycle.engine.ledger.unsettledOrders().length > 0) await this.#reconcile();
    const exits = await watchPosition(cycle);
    for (const order of exits) this.#events.add('order', clock.nowMs(), order);
    this.alerts.orders(exits);
    if (exits.length > 0) await this.session.writeHistory();
  }

  async #halt(why: string): Promise<void> {
    await this.session.cycle.halt(why);
    this.#events.add('halt', this.#parts.clock.nowMs(), { why });
    this.alerts.raise({ name: 'halted', severity: 'critical', title: `trading is halted: ${why}` });
  }
}

function watchStepMs(clock: AppParts['clock']): number {
  if (!(clock instanceof SandboxClock)) return WATCH_EVERY_MS;
  return clock.speed === 0 ? WATCH_STILL_WORLD_MS : WATCH_EVERY_MS * clock.speed;
}

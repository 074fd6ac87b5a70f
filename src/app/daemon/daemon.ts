import { AppError, HOUR_MS, InvariantError, MINUTE_MS, type TimeMs, toIso } from '../../domain/index.ts';
import type { StreamProcessor } from '../../extraction/index.ts';
import type { ModelRegistry } from '../../model/index.ts';
import { type Metrics, withLogFields } from '../../monitoring/index.ts';
import { BackgroundLane, type DueRun, dailyJob, type Job, latestRun, nextRun, weeklyJob } from '../../scheduler/index.ts';
import type { EventLog } from '../../server/index.ts';
import { decisionId, type Ledger, type OrderOutcome, type UserStream } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import { flattenIfAsked } from '../halting.ts';
import type { PredictionHistory } from '../prediction-history.ts';
import type { RegistryModelStore } from '../registry-model-store.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import { runScheduledCycle } from '../scheduled-cycle.ts';
import type { TradingSession } from '../trading-session.ts';
import { worldWait } from '../world-wait.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { DataFetch } from './data-fetch.ts';
import { asksForTraining } from './drift-training.ts';
import type { HealthMonitor } from './health-monitor.ts';
import { JOB_OUTCOMES, type JobHistory, type JobOutcome, type JobRun } from './job-history.ts';
import type { JobState } from './job-state.ts';
import { openUserStream } from './open-user-stream.ts';
import { OwnData } from './own-data.ts';
import { PhaseTimes } from './phase-times.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { trainInChild } from './train-in-child.ts';
import { type UpkeepJob, upkeepJobs } from './upkeep-jobs.ts';
import { watchPosition } from './watch-position.ts';

/** Time between two looks at an open position; a world that stands still is moved on by an hour at once. */
const WATCH_EVERY_MS = 5_000;
const WATCH_STILL_WORLD_MS = HOUR_MS;
/** Pause after a job that failed, before it is tried again. */
const RETRY_AFTER_MS = 5 * MINUTE_MS;

export interface DaemonParts extends Omit<RunningDaemon, 'jobStates' | 'userStream'> {
  readonly parts: AppParts;
  readonly models: RegistryModelStore;
  readonly predictions: PredictionHistory;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  readonly metrics: Metrics;
  /** Nothing where the clock is not this machine's. */
  readonly clockWatch: ClockWatch | undefined;
}

/**
 * The schedule at work. The daily decision is made in this loop; the weekly training runs in a process of its own and
 * upkeep in a lane of its own, so that a decision never waits for them. In a world that stands still, which moves on only
 * when nothing is in flight, trainings are waited for and upkeep is left out.
 */
export class Daemon implements RunningDaemon {
  readonly session: TradingSession;
  readonly history: JobHistory;
  readonly registry: ModelRegistry;
  readonly streams: StreamProcessor | undefined;
  readonly userStream: UserStream | undefined;
  readonly alerts: DaemonAlerts;
  readonly health: HealthMonitor;
  readonly ownData: OwnData;
  readonly #metrics: Metrics;
  readonly #clockWatch: ClockWatch | undefined;
  readonly #parts: AppParts;
  readonly #models: RegistryModelStore;
  readonly #predictions: PredictionHistory;
  readonly #events: EventLog;
  readonly #fetching: DataFetch;
  readonly #decision: Job;
  readonly #training: Job;
  readonly #upkeep: readonly UpkeepJob[];
  readonly #trainingLane: BackgroundLane;
  readonly #upkeepLane: BackgroundLane;
  /** Whether the world waits for this daemon. */
  readonly #isStill: boolean;
  #isDeciding = false;
  #trainAgainMs: TimeMs = 0;
  #reconciledMs: TimeMs = 0;
  /** The comparison with the exchange that people were told of. */
  #told: Ledger['lastReconciliation'];
  /** What the last comparison found wrong; told once while it lasts. */
  #trouble = '';

  constructor(given: DaemonParts) {
    const { parts, session, history, registry, models, predictions, events, streams, alerts, health, metrics } = given;
    const { schedule, strategy } = parts.config;
    this.#clockWatch = given.clockWatch;
    this.session = session;
    this.#told = session.cycle.engine.ledger.lastReconciliation;
    this.history = history;
    this.registry = registry;
    this.streams = streams;
    this.#parts = parts;
    this.#models = models;
    this.#predictions = predictions;
    this.#events = events;
    this.alerts = alerts;
    this.health = health;
    this.#metrics = metrics;
    this.ownData = new OwnData(parts, (title) => this.alerts.raise({ name: 'own_data', severity: 'warning', title, key: title }));
    this.#fetching = new DataFetch(parts, alerts);
    const training = { weekday: schedule.retrainWeekday, hourUtc: schedule.retrainHourUtc };
    this.#training = weeklyJob('training', training, schedule.retrainLateHours * HOUR_MS);
    this.#decision = dailyJob('decision', strategy.decisionHourUtc, schedule.decisionLateHours * HOUR_MS);
    this.userStream = openUserStream(parts, session, {
      reconcileSoon: () => {
        this.#reconciledMs = Number.NEGATIVE_INFINITY;
      },
      onFill: (order) => this.#noteFill(order),
    });
    this.#isStill = parts.clock instanceof SandboxClock && parts.clock.speed === 0;
    this.#upkeep = this.#isStill ? [] : upkeepJobs({ parts, alerts, daemon: this, fetching: this.#fetching });
    for (const job of [this.#decision, this.#training, ...this.#upkeep])
      for (const outcome of JOB_OUTCOMES) metrics.expect('ets_job_runs_total', { job: job.name, outcome });
    this.#trainingLane = new BackgroundLane(parts.timer);
    this.#upkeepLane = new BackgroundLane(parts.timer);
  }

  jobStates(): readonly JobState[] {
    const { runs } = this.history;
    const running = new Set([this.#isDeciding ? 'decision' : '', this.#trainingLane.running, this.#upkeepLane.running]);
    return [this.#decision, this.#training, ...this.#upkeep].map((job) => ({
      job: job.name,
      nextDueMs: job.nextAfterMs(this.#lastDueMs(job)),
      isRunning: running.has(job.name),
      last: runs.findLast((run) => run.job === job.name) ?? null,
    }));
  }

  /** Goes on with orders that were left, and compares with the exchange. */
  async start(): Promise<void> {
    await this.#reconcile();
  }

  /** Streams run beside the schedule and hold nothing up. */
  startStreams(): void {
    this.userStream?.start((error) => {
      const why = `a fill that the exchange told of: ${messageOf(error)}`;
      this.alerts.raise({ name: 'user_stream_failed', severity: 'critical', title: why });
      if (error instanceof InvariantError) void this.#halt(why);
    });
    this.streams?.start((error) =>
      this.alerts.raise({ name: 'stream_ended', severity: 'warning', title: `a stream has ended: ${String(error)}` }),
    );
  }

  /** A fill that the exchange told of by itself, and that was booked. */
  async #noteFill(order: OrderOutcome): Promise<void> {
    this.#events.add('order', this.#parts.clock.nowMs(), order);
    this.alerts.orders([order]);
    await this.session.writeHistory();
  }

  async run(days: number | undefined): Promise<{ readonly decisions: number }> {
    const { clock, signal } = this.#parts;
    const { cycle } = this.session;
    for (;;) {
      signal?.throwIfAborted();
      const decisions = cycle.decisions.all().length;
      const hasOpenOrders = cycle.engine.ledger.workingOrders().length > 0;
      if (days !== undefined && decisions >= days && !hasOpenOrders && (await this.#leave())) return { decisions };
      const isDone = days !== undefined && decisions >= days;
      if (await this.#clockWatch?.isWrong()) {
        await this.#wait(clock.nowMs() + MINUTE_MS);
        continue;
      }
      const next = isDone ? undefined : nextRun(this.#waitingJobs(), this.history.lastDueMs, this.history.sinceMs, clock.nowMs());
      if (next && next.dueMs <= clock.nowMs()) await this.#runDue(next);
      else {
        this.#startUpkeep();
        this.#trainOnDrift();
        await this.#wait(next?.dueMs ?? clock.nowMs() + MINUTE_MS);
      }
    }
  }

  /** A run of so many days leaves no order behind whose outcome is open. @returns whether there is none */
  async #leave(): Promise<boolean> {
    const { route, engine } = this.session.cycle;
    const { fillCount } = engine.ledger;
    const isDone = await route.withdraw(engine);
    if (engine.ledger.fillCount > fillCount) await this.session.writeHistory();
    return isDone;
  }

  /** Ends what runs beside the schedule: it is due again at the next start. */
  async close(): Promise<void> {
    const reason = new Error('the daemon stops');
    await Promise.all([this.#trainingLane.close(reason), this.#upkeepLane.close(reason)]);
  }

  /** Jobs that could begin now: a training that runs, or failed just now, is not among them. */
  #waitingJobs(): readonly Job[] {
    const canTrain = this.#trainingLane.running === undefined && this.#parts.clock.nowMs() >= this.#trainAgainMs;
    return canTrain ? [this.#training, this.#decision] : [this.#decision];
  }

  #lastDueMs = (job: Job): TimeMs => this.history.lastDueMs.get(job.name) ?? this.history.sinceMs;

  async #runDue({ job, dueMs, isMissed }: DueRun): Promise<void> {
    if (isMissed) {
      const title = `${job.name} of ${toIso(dueMs)} was missed`;
      const detail = 'Nothing has to be made up for; find out why the system was down.';
      this.alerts.raise({ name: 'job_missed', key: `job_missed:${job.name}`, severity: 'warning', title, detail });
      return this.#record(job, dueMs, 'missed', null);
    }
    if (job === this.#decision) return this.#decideDue(dueMs);
    this.#startTraining(dueMs, this.#training.lateMs);
    if (this.#isStill) await this.#trainingLane.idle();
  }

  async #record(
    job: Job,
    dueMs: TimeMs,
    outcome: JobOutcome,
    message: string | null,
    startedMs?: number,
    phasesMs?: JobRun['phasesMs'],
  ): Promise<void> {
    const { clock, timer } = this.#parts;
    const durationMs = startedMs === undefined ? 0 : Math.round(timer.elapsedMs() - startedMs);
    this.#metrics.count('ets_job_runs_total', { job: job.name, outcome });
    if (startedMs !== undefined) this.#metrics.observe('ets_job_duration_seconds', durationMs / 1000, { job: job.name });
    const run = { job: job.name, dueMs, endedMs: clock.nowMs(), durationMs, outcome, message };
    await this.history.record({ ...run, ...(phasesMs && { phasesMs }) });
  }

  async #decideDue(dueMs: TimeMs): Promise<void> {
    const { clock, signal, timer } = this.#parts;
    const startedMs = timer.elapsedMs();
    this.#isDeciding = true;
    try {
      const phases = new PhaseTimes(timer);
      await withLogFields({ job: 'decision', dueMs }, () => this.#decide(dueMs, phases));
      await this.#record(this.#decision, dueMs, 'done', null, startedMs, phases.ms);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      this.#tellFailure(this.#decision, dueMs, error);
      if (error instanceof InvariantError) await this.#halt(`${error.code}: ${error.message}`);
      if (clock.nowMs() + RETRY_AFTER_MS - dueMs > this.#decision.lateMs)
        await this.#record(this.#decision, dueMs, 'failed', error.message, startedMs);
      else await this.#wait(clock.nowMs() + RETRY_AFTER_MS);
    } finally {
      this.#isDeciding = false;
    }
  }

  async #decide(dueMs: TimeMs, phases: PhaseTimes): Promise<void> {
    await this.#fetching.fetchWithin(this.#parts.config.schedule.fetchDeadlineMinutes * MINUTE_MS);
    phases.end('fetch');
    await this.ownData.look();
    phases.end('ownData');
    const { strategy, symbol, mode } = this.session.cycle.settings;
    const id = decisionId({ strategy, symbol, mode, decisionTimeMs: dueMs });
    await withLogFields({ decisionId: id }, () => this.#cycle(dueMs, phases));
  }

  async #cycle(dueMs: TimeMs, phases: PhaseTimes): Promise<void> {
    const { record, orders, equityUsd } = await runScheduledCycle(this.session, this.#models, this.#predictions, dueMs);
    phases.end('decideAndOrder');
    const { decision } = record;
    this.#parts.onProgress(`${toIso(dueMs)}: ${decision.label} -> ${decision.action}`);
    this.#events.add('decision', dueMs, { decisionId: record.decisionId, label: decision.label, action: decision.action });
    for (const order of orders) this.#events.add('order', dueMs, order);
    await this.#reconcile();
    phases.end('reconcile');
    this.alerts.orders(orders);
    this.alerts.health(this.health);
    this.alerts.cycleDone(record, equityUsd);
  }

  #trainOnDrift(): void {
    const nowMs = this.#parts.clock.nowMs();
    if (this.#trainingLane.running !== undefined || nowMs < this.#trainAgainMs) return;
    const trained = [this.history.lastDueMs.get('training'), this.#models.current()?.trainedUntilMs].filter(
      (timeMs) => timeMs !== undefined,
    );
    const { driftRetrainDays } = this.#parts.config.schedule;
    if (asksForTraining(this.health.quality?.level, Math.max(...trained), nowMs, driftRetrainDays)) this.#startTraining(nowMs, 0);
  }

  /** @param lateMs a training that fails is tried again until it is so late */
  #startTraining(dueMs: TimeMs, lateMs: number): void {
    const { config, clock, timer, dataDir, endpoints, env } = this.#parts;
    const { trainMemoryMb: memoryMb, retrainDeadlineMinutes } = config.schedule;
    const startedMs = timer.elapsedMs();
    const work = async (signal: AbortSignal) => {
      await this.#fetching.fetch(signal);
      const request = { dataDir, config, endpoints, untilMs: dueMs };
      const { modelId, decision, reason } = await trainInChild(request, { env, memoryMb, signal });
      await this.#models.reload();
      this.#parts.onProgress(`trained ${modelId}: ${decision}, ${reason}`);
      this.#events.add('training', dueMs, { modelId, decision, reason });
    };
    const ended = async (error: unknown) => {
      if (error === undefined) return this.#record(this.#training, dueMs, 'done', null, startedMs);
      if (this.#isStopped(error)) return;
      this.#tellFailure(this.#training, dueMs, error);
      this.#trainAgainMs = clock.nowMs() + RETRY_AFTER_MS;
      if (this.#trainAgainMs - dueMs > lateMs) await this.#record(this.#training, dueMs, 'failed', messageOf(error), startedMs);
      else if (this.#isStill) await this.#wait(this.#trainAgainMs);
    };
    this.#trainingLane.start('training', retrainDeadlineMinutes * MINUTE_MS, within('training', dueMs, work), ended);
  }

  /** Starts the upkeep that waits longest, where none runs. One run stands for all due times that passed. */
  #startUpkeep(): void {
    if (this.#upkeepLane.running !== undefined) return;
    const nowMs = this.#parts.clock.nowMs();
    const due = this.#upkeep.flatMap((job) => {
      const run = latestRun(job, this.#lastDueMs(job), nowMs);
      return run ? [{ ...run, job }] : [];
    });
    const next = due.sort((a, b) => a.dueMs - b.dueMs)[0];
    if (!next) return;
    const { job, dueMs, isMissed } = next;
    const startedMs = this.#parts.timer.elapsedMs();
    const work = isMissed ? async () => undefined : (signal: AbortSignal) => job.run(signal);
    this.#upkeepLane.start(job.name, job.deadlineMs, within(job.name, dueMs, work), async (error) => {
      if (isMissed) return this.#record(job, dueMs, 'missed', null);
      if (error !== undefined && this.#isStopped(error)) return;
      if (error !== undefined) this.#tellFailure(job, dueMs, error);
      await this.#record(
        job,
        dueMs,
        error === undefined ? 'done' : 'failed',
        error === undefined ? null : messageOf(error),
        startedMs,
      );
    });
  }

  #isStopped(error: unknown): boolean {
    return this.#parts.signal?.aborted === true || (error instanceof Error && error.message === 'the daemon stops');
  }

  #tellFailure(job: Job, dueMs: TimeMs, error: unknown): void {
    const severity = job === this.#decision || job.name === 'backup' ? 'critical' : 'warning';
    this.alerts.failed({ name: `${job.name}_failed`, severity, what: `${job.name} of ${toIso(dueMs)} failed` }, error);
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
    const { fillCount } = cycle.engine.ledger;
    const everyMs = this.#parts.config.exchange.reconcileEveryMinutes * MINUTE_MS;
    const isDue = clock.nowMs() >= this.#reconciledMs + everyMs;
    if (isDue || cycle.engine.ledger.workingOrders().length > 0) await this.#reconcile();
    const exits = await watchPosition(cycle);
    for (const order of exits) this.#events.add('order', clock.nowMs(), order);
    this.alerts.orders(exits);
    if (cycle.engine.ledger.fillCount > fillCount) await this.session.writeHistory();
  }

  /** Books what the exchange did, compares it with the journal, and halts where they do not agree. */
  async #reconcile(): Promise<void> {
    const { cycle } = this.session;
    this.#reconciledMs = this.#parts.clock.nowMs();
    const status = await cycle.route.check(cycle.engine);
    const trouble = status.kind === 'halt' ? `${status.kind}: ${status.why}` : status.kind;
    this.#tellDifferences();
    const isNew = trouble !== this.#trouble;
    this.#trouble = trouble;
    if (status.kind === 'halt' && (isNew || !(await cycle.isHalted()))) await this.#halt(status.why);
    if (status.kind === 'exchange_down' && isNew) {
      this.alerts.raise({
        name: 'exchange_down',
        severity: 'warning',
        title: `the exchange does not answer: ${status.why}`,
        detail: 'Nothing is ordered until it does, and nothing needs to be done; if it lasts, see its own status page.',
      });
    }
  }

  /** Those that a daily cycle found are in the journal too. */
  #tellDifferences(): void {
    const last = this.session.cycle.engine.ledger.lastReconciliation;
    if (last === null || last === this.#told) return;
    this.#told = last;
    this.alerts.differences(last.differences);
  }

  async #halt(why: string): Promise<void> {
    await this.session.cycle.halt(why);
    this.#events.add('halt', this.#parts.clock.nowMs(), { why });
    this.alerts.raise({
      name: 'halted',
      severity: 'critical',
      title: `trading is halted: ${why}`,
      detail: 'Mend the cause, then `ets resume`; `ets flatten` sells what is held.',
    });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const within =
  (job: string, dueMs: TimeMs, work: (signal: AbortSignal) => Promise<void>) =>
  (signal: AbortSignal): Promise<void> =>
    withLogFields({ job, dueMs }, () => work(signal));

function watchStepMs(clock: AppParts['clock']): number {
  if (!(clock instanceof SandboxClock)) return WATCH_EVERY_MS;
  return clock.speed === 0 ? WATCH_STILL_WORLD_MS : WATCH_EVERY_MS * clock.speed;
}

import { HOUR_MS, InvariantError, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { StreamProcessor } from '../../extraction/index.ts';
import type { ModelRegistry } from '../../model/index.ts';
import type { Metrics, Tracing } from '../../monitoring/index.ts';
import { type DueRun, dailyJob, type Job, nextRun } from '../../scheduler/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { UserStream } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { HealthCheck } from '../health/health-check.ts';
import type { PredictionHistory } from '../prediction-history.ts';
import type { RegistryModelStore } from '../registry-model-store.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import type { SoldEverything } from '../sell-everything.ts';
import type { TradingSession } from '../trading-session.ts';
import { lastOfKind, trainingJob } from '../training-job.ts';
import { bookTransfer } from '../transfer.ts';
import type { BookedTransfer, TransferRequest } from '../transfer-requests.ts';
import { worldWait } from '../world-wait.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { DataFetch } from './data-fetch.ts';
import { DecisionRuns } from './decision-runs.ts';
import { ExchangeWatch } from './exchange-watch.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { JobHistory } from './job-history.ts';
import { JobRecorder, messageOf } from './job-recorder.ts';
import type { JobState } from './job-state.ts';
import { openUserStream } from './open-user-stream.ts';
import { OwnData } from './own-data.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { SourceMetrics } from './source-metrics.ts';
import { transferTaker } from './take-transfers.ts';
import { TrainingRuns } from './training-runs.ts';
import { upkeepJobs } from './upkeep-jobs.ts';
import { UpkeepRuns } from './upkeep-runs.ts';
import { WatchLoop } from './watch-loop.ts';

/** Time between two looks at what is due; a world that stands still is moved on by an hour at once. */
const WATCH_EVERY_MS = 5_000;
const WATCH_STILL_WORLD_MS = HOUR_MS;
/** Pause after a job that failed, before it is tried again. */
const RETRY_AFTER_MS = 5 * MINUTE_MS;

export interface DaemonParts
  extends Omit<RunningDaemon, 'jobStates' | 'userStream' | 'trouble' | 'flatten' | 'transfer' | 'sources'> {
  readonly parts: AppParts;
  readonly models: RegistryModelStore;
  readonly predictions: PredictionHistory;
  readonly events: EventLog;
  readonly alerts: DaemonAlerts;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
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
  readonly sources: SourceMetrics;
  readonly ownData: OwnData;
  readonly #parts: AppParts;
  readonly #clockWatch: ClockWatch | undefined;
  readonly #fetching: DataFetch;
  readonly #decision: Job;
  readonly #training: Job;
  readonly #recorder: JobRecorder;
  readonly #watch: ExchangeWatch;
  readonly #watchLoop: WatchLoop;
  readonly #decisions: DecisionRuns;
  readonly #trainings: TrainingRuns;
  readonly #upkeep: UpkeepRuns;
  /** Whether the world waits for this daemon. */
  readonly #isStill: boolean;

  constructor(given: DaemonParts) {
    const { parts, session, history, registry, streams, alerts, health } = given;
    const { schedule, strategy } = parts.config;
    this.session = session;
    this.history = history;
    this.registry = registry;
    this.streams = streams;
    this.alerts = alerts;
    this.health = health;
    this.#parts = parts;
    this.#clockWatch = given.clockWatch;
    this.ownData = new OwnData(parts, (title) => this.alerts.raise({ name: 'own_data', severity: 'warning', title, key: title }));
    this.sources = new SourceMetrics(given.metrics, parts.clock);
    this.#fetching = new DataFetch(parts, alerts, (run) => this.sources.tell(run));
    this.#watch = new ExchangeWatch({ ...given, takeTransfers: transferTaker(given.alerts) });
    this.userStream = openUserStream(parts, session, {
      reconcileSoon: () => this.#watch.reconcileSoon(),
      onFill: (order) => this.#watch.noteOrders([order]),
    });
    this.#training = trainingJob(schedule);
    this.#decision = dailyJob('decision', strategy.decisionHourUtc, schedule.decisionLateHours * HOUR_MS);
    this.#isStill = parts.clock instanceof SandboxClock && parts.clock.speed === 0;
    this.#watchLoop = new WatchLoop(parts, this.#watch, this.#isStill);
    this.#recorder = new JobRecorder(given);
    this.#decisions = new DecisionRuns({
      ...given,
      job: this.#decision,
      fetching: this.#fetching,
      ownData: this.ownData,
      watch: this.#watch,
      recorder: this.#recorder,
      waitUntil: (timeMs) => this.#wait(timeMs),
      retryAfterMs: RETRY_AFTER_MS,
    });
    this.#trainings = new TrainingRuns({
      ...given,
      job: this.#training,
      fetching: this.#fetching,
      recorder: this.#recorder,
      waitUntil: this.#isStill ? (timeMs) => this.#wait(timeMs) : undefined,
      retryAfterMs: RETRY_AFTER_MS,
    });
    const upkeep = this.#isStill ? [] : upkeepJobs({ parts, alerts, daemon: this, fetching: this.#fetching });
    this.#upkeep = new UpkeepRuns(parts, upkeep, this.#recorder);
    for (const job of this.#jobs) this.#recorder.expect(job);
  }

  get #jobs(): readonly Job[] {
    return [this.#decision, this.#training, ...this.#upkeep.jobs];
  }

  get trouble(): string | undefined {
    return this.#watch.trouble;
  }

  get watchCheck(): HealthCheck {
    return this.#watch.check;
  }

  flatten(): Promise<SoldEverything> {
    return this.#watch.flatten();
  }

  transfer(request: TransferRequest): Promise<BookedTransfer> {
    return bookTransfer(this.#parts, this.session, request);
  }

  jobStates(): readonly JobState[] {
    const { runs } = this.history;
    const running = new Set([this.#decisions.running, this.#trainings.running, ...this.#upkeep.running]);
    return this.#jobs.map((job) => ({
      job: job.name,
      nextDueMs: job.nextAfterMs(this.#lastDueMs(job)),
      isRunning: running.has(job.name),
      last: runs.findLast((run) => run.job === job.name) ?? null,
    }));
  }

  /** Goes on with orders that were left, and compares with the exchange. */
  async start(): Promise<void> {
    await this.#watch.reconcileGuarded();
  }

  /** Writes down, and tells, what was missed for good while nothing ran; what may still run late is due at once. */
  async skipMissed(): Promise<void> {
    const { clock } = this.#parts;
    await this.history.expect(
      this.#jobs.map(({ name }) => name),
      clock.nowMs(),
    );
    for (const job of [this.#training, this.#decision]) {
      let next = this.#nextRun([job]);
      for (; next?.isMissed; next = this.#nextRun([job])) await this.#runDue(next);
    }
  }

  #nextRun(jobs: readonly Job[]): DueRun | undefined {
    return nextRun(jobs, this.history.countsFromMs, this.history.sinceMs, this.#parts.clock.nowMs());
  }

  /** Streams run beside the schedule and hold nothing up. */
  startStreams(): void {
    this.userStream?.start((error) => {
      const why = `a fill that the exchange told of: ${messageOf(error)}`;
      this.alerts.raise({ name: 'user_stream_failed', key: `user_stream_failed:${why}`, severity: 'critical', title: why });
      if (error instanceof InvariantError) void this.#watch.haltFor(error);
    });
    this.streams?.start((error) => {
      const title = `a stream has ended: ${String(error)}`;
      this.alerts.raise({ name: 'stream_ended', key: `stream_ended:${String(error)}`, severity: 'warning', title });
    });
  }

  async run(days: number | undefined): Promise<{ readonly decisions: number }> {
    const { clock, signal } = this.#parts;
    const { cycle } = this.session;
    this.#watchLoop.start();
    for (;;) {
      signal?.throwIfAborted();
      this.#watchLoop.throwIfFailed();
      const decisions = cycle.decisions.all().length;
      const hasOpenOrders = cycle.engine.ledger.workingOrders().length > 0;
      if (days !== undefined && decisions >= days && !hasOpenOrders && (await this.#leave())) return { decisions };
      const isDone = days !== undefined && decisions >= days;
      if (await this.#clockWatch?.isWrong()) {
        await this.#wait(clock.nowMs() + MINUTE_MS);
        continue;
      }
      const next = isDone ? undefined : this.#nextRun(this.#waitingJobs());
      if (next && next.dueMs <= clock.nowMs()) await this.#runDue(next);
      else {
        this.#upkeep.start(this.#lastDueMs);
        this.#trainings.startOnDrift(this.history.lastDueMs.get('training'));
        await this.#wait(next?.dueMs ?? clock.nowMs() + MINUTE_MS);
      }
    }
  }

  /** A run of so many days leaves no order behind whose outcome is open. @returns whether there is none */
  #leave(): Promise<boolean> {
    const { route, engine } = this.session.cycle;
    return this.session.turn.take(async () => {
      const { fillCount } = engine.ledger;
      const isDone = await route.withdraw(engine);
      if (engine.ledger.fillCount > fillCount) await this.session.writeHistory();
      // Whoever looks after orders would place them again.
      if (isDone) this.#watchLoop.stop();
      return isDone;
    });
  }

  /** Ends what runs beside the schedule: it is due again at the next start. */
  async close(): Promise<void> {
    await Promise.all([this.#trainings.close(), this.#upkeep.close(), this.#watchLoop.close()]);
  }

  /** Jobs that could begin now. */
  #waitingJobs(): readonly Job[] {
    return this.#trainings.canStart ? [this.#training, this.#decision] : [this.#decision];
  }

  #lastDueMs = (job: Job): TimeMs => this.history.countsFromMs.get(job.name) ?? this.history.sinceMs;

  async #runDue(due: DueRun): Promise<void> {
    const { clock, config } = this.#parts;
    const isTimed = due.job === this.#training && config.schedule.training.when !== undefined;
    const { job, dueMs, isMissed } = isTimed ? lastOfKind(due, clock.nowMs()) : due;
    if (isMissed) return this.#recorder.missed(job, dueMs);
    if (job === this.#decision) return this.#decisions.run(dueMs);
    this.#trainings.start(dueMs, job.lateMs);
    if (this.#isStill) await this.#trainings.idle();
  }

  /** Until the next due time, in steps. In a world that stands still, position and orders are looked at after each. */
  async #wait(untilMs: TimeMs): Promise<void> {
    await worldWait(this.#parts)(untilMs, watchStepMs(this.#parts.clock));
    if (this.#isStill) await this.ownData.look();
    else this.ownData.lookBehind();
    this.alerts.deliver();
    if (this.#isStill) await this.#watch.look();
  }
}

function watchStepMs(clock: AppParts['clock']): number {
  if (!(clock instanceof SandboxClock)) return WATCH_EVERY_MS;
  return clock.speed === 0 ? WATCH_STILL_WORLD_MS : WATCH_EVERY_MS * clock.speed;
}

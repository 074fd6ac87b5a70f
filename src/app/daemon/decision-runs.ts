import { AppError, InvariantError, MINUTE_MS, ModelError, type TimeMs, toIso } from '../../domain/index.ts';
import { withLogFields } from '../../monitoring/index.ts';
import type { Job } from '../../scheduler/index.ts';
import type { EventLog } from '../../server/index.ts';
import { decisionId } from '../../trading/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { PredictionHistory } from '../prediction-history.ts';
import type { RegistryModelStore } from '../registry-model-store.ts';
import { runScheduledCycle } from '../scheduled-cycle.ts';
import type { TradingSession } from '../trading-session.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import type { DataFetch } from './data-fetch.ts';
import type { ExchangeWatch } from './exchange-watch.ts';
import type { HealthMonitor } from './health-monitor.ts';
import type { JobRecorder } from './job-recorder.ts';
import type { OwnData } from './own-data.ts';
import { PhaseTimes } from './phase-times.ts';
import { typedFailure } from './typed-failure.ts';

export interface DecisionRunsParts {
  readonly parts: AppParts;
  readonly job: Job;
  readonly session: TradingSession;
  readonly models: RegistryModelStore;
  readonly predictions: PredictionHistory;
  readonly events: EventLog;
  readonly fetching: DataFetch;
  readonly ownData: OwnData;
  readonly watch: ExchangeWatch;
  readonly recorder: JobRecorder;
  readonly alerts: DaemonAlerts;
  readonly health: HealthMonitor;
  /** Lets time pass until a failed decision is tried again. */
  readonly waitUntil: (timeMs: TimeMs) => Promise<void>;
  /** Pause after a decision that failed, before it is tried again. */
  readonly retryAfterMs: number;
}

/** The daily decision: newest models, newest data, then one cycle from prediction to orders, recorded with its phases. */
export class DecisionRuns {
  readonly #given: DecisionRunsParts;
  #isRunning = false;

  constructor(given: DecisionRunsParts) {
    this.#given = given;
  }

  /** The name of the job while it runs. */
  get running(): string | undefined {
    return this.#isRunning ? this.#given.job.name : undefined;
  }

  /** Decides for a due time, or tells why it could not and waits for the next try. */
  async run(dueMs: TimeMs): Promise<void> {
    const { parts, job, recorder, watch, waitUntil, retryAfterMs } = this.#given;
    const { clock, signal, timer } = parts;
    const startedMs = timer.elapsedMs();
    const id = this.#decisionId(dueMs);
    const attributes = { decisionId: id };
    this.#isRunning = true;
    try {
      const phases = new PhaseTimes(timer);
      await withLogFields({ job: job.name, dueMs }, () => this.#decide(dueMs, id, phases));
      await recorder.record(job, { dueMs, outcome: 'done', startedMs, phasesMs: phases.ms, attributes });
    } catch (thrown) {
      signal?.throwIfAborted();
      const error = typedFailure(thrown, parts.dataDir);
      if (!(error instanceof AppError)) throw error;
      recorder.tellFailure(job, dueMs, error);
      if (error instanceof InvariantError) await watch.haltFor(error);
      if (clock.nowMs() + retryAfterMs - dueMs > job.lateMs)
        await recorder.record(job, { dueMs, outcome: 'failed', message: error.message, startedMs, attributes });
      else await waitUntil(clock.nowMs() + retryAfterMs);
    } finally {
      this.#isRunning = false;
    }
  }

  #decisionId(decisionTimeMs: TimeMs): string {
    const { strategy, symbol, mode } = this.#given.session.cycle.settings;
    return decisionId({ strategy, symbol, mode, decisionTimeMs });
  }

  async #decide(dueMs: TimeMs, id: string, phases: PhaseTimes): Promise<void> {
    const { parts, fetching, ownData, session } = this.#given;
    await this.#reloadModels();
    await fetching.fetchWithin(parts.config.schedule.fetchDeadlineMinutes * MINUTE_MS);
    phases.end('fetch');
    await ownData.lookInTime();
    phases.end('ownData');
    await withLogFields({ decisionId: id }, () => session.turn.take(() => this.#cycle(dueMs, phases)));
  }

  /** Another process may have trained, promoted or rolled back a model; one that cannot be read changes nothing here. */
  async #reloadModels(): Promise<void> {
    const { models, alerts } = this.#given;
    try {
      await models.reload();
      alerts.over('model_damaged:reload');
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      // Where none serves that was told when they were opened.
      if (models.current() === undefined) return;
      const title = `the models on disk cannot be read again: ${error.message}`;
      const detail = error.hint ?? 'Train a new one with `ets train`, or restore a backup from before.';
      alerts.raise({ name: 'model_damaged', key: 'model_damaged:reload', severity: 'critical', title, detail });
    }
  }

  async #cycle(dueMs: TimeMs, phases: PhaseTimes): Promise<void> {
    const { parts, session, models, predictions, events, watch, alerts, health } = this.#given;
    const { record, orders, equityUsd } = await runScheduledCycle(session, models, predictions, dueMs, (title) =>
      alerts.raise({ name: 'challenger_failed', key: `challenger_failed:${dueMs}`, severity: 'warning', title }),
    );
    phases.end('decideAndOrder');
    const { decision } = record;
    parts.onProgress(`${toIso(dueMs)}: ${decision.label} -> ${decision.action}`);
    events.add('decision', dueMs, { decisionId: record.decisionId, label: decision.label, action: decision.action });
    await watch.noteOrders(orders);
    await watch.reconcile();
    phases.end('reconcile');
    alerts.health(health);
    alerts.cycleDone(record, equityUsd);
  }
}

import { MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import { withLogFields } from '../../monitoring/index.ts';
import { BackgroundLane, type Job } from '../../scheduler/index.ts';
import type { EventLog } from '../../server/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { RegistryModelStore } from '../registry-model-store.ts';
import type { DataFetch } from './data-fetch.ts';
import { asksForTraining } from './drift-training.ts';
import type { HealthMonitor } from './health-monitor.ts';
import { type JobRecorder, messageOf } from './job-recorder.ts';
import { trainInChild } from './train-in-child.ts';

export interface TrainingRunsParts {
  readonly parts: AppParts;
  readonly job: Job;
  readonly models: RegistryModelStore;
  readonly events: EventLog;
  readonly fetching: DataFetch;
  readonly recorder: JobRecorder;
  readonly health: Pick<HealthMonitor, 'quality'>;
  /** In a world that stands still: brings the time of the next attempt. */
  readonly waitUntil: ((timeMs: TimeMs) => Promise<void>) | undefined;
  /** Pause after a training that failed, before it is tried again. */
  readonly retryAfterMs: number;
}

/** Trainings, one at a time, each in a process of its own beside the decisions. */
export class TrainingRuns {
  readonly #given: TrainingRunsParts;
  readonly #lane: BackgroundLane;
  #againMs: TimeMs = 0;
  #isClosing = false;

  constructor(given: TrainingRunsParts) {
    this.#given = given;
    this.#lane = new BackgroundLane(given.parts.timer);
  }

  get running(): string | undefined {
    return this.#lane.running;
  }

  /** Whether one could begin now: none runs, and none has failed just now. */
  get canStart(): boolean {
    return this.#lane.running === undefined && this.#given.parts.clock.nowMs() >= this.#againMs;
  }

  /** Trains once more where the serving model is not what it was. @param lastDueMs of the last training, if any */
  startOnDrift(lastDueMs: TimeMs | undefined): void {
    if (!this.canStart) return;
    const { parts, models, health } = this.#given;
    const nowMs = parts.clock.nowMs();
    const trained = [lastDueMs, models.current()?.trainedUntilMs].filter((timeMs) => timeMs !== undefined);
    const { driftRetrainDays } = parts.config.schedule;
    if (asksForTraining(health.quality?.level, Math.max(...trained), nowMs, driftRetrainDays)) this.start(nowMs, 0);
  }

  /** @param lateMs a training that fails is tried again until it is so late */
  start(dueMs: TimeMs, lateMs: number): void {
    const { parts, job, recorder, waitUntil, retryAfterMs } = this.#given;
    const startedMs = parts.timer.elapsedMs();
    const ended = async (error: unknown) => {
      if (error === undefined) return recorder.record(job, { dueMs, outcome: 'done', startedMs });
      if (this.#isStopped) return;
      recorder.tellFailure(job, dueMs, error);
      this.#againMs = parts.clock.nowMs() + retryAfterMs;
      if (this.#againMs - dueMs > lateMs)
        await recorder.record(job, { dueMs, outcome: 'failed', message: messageOf(error), startedMs });
      else await waitUntil?.(this.#againMs);
    };
    const work = (signal: AbortSignal) => withLogFields({ job: job.name, dueMs }, () => this.#train(dueMs, signal));
    this.#lane.start(job.name, parts.config.schedule.retrainDeadlineMinutes * MINUTE_MS, work, ended);
  }

  idle(): Promise<void> {
    return this.#lane.idle();
  }

  /** Ends the one that runs: it is due again at the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#lane.close(new Error('the daemon stops'));
  }

  get #isStopped(): boolean {
    return this.#isClosing || this.#given.parts.signal?.aborted === true;
  }

  async #train(untilMs: TimeMs, signal: AbortSignal): Promise<void> {
    const { parts, models, events, fetching } = this.#given;
    const { config, dataDir, endpoints, env } = parts;
    await fetching.fetch(signal);
    const request = { dataDir, config, endpoints, untilMs };
    const { modelId, decision, reason } = await trainInChild(request, {
      env,
      memoryMb: config.schedule.trainMemoryMb,
      signal,
    });
    await models.reload();
    parts.onProgress(`trained ${modelId}: ${decision}, ${reason}`);
    events.add('training', untilMs, { modelId, decision, reason });
  }
}

import type { TimeMs } from '../../domain/index.ts';
import { withLogFields } from '../../monitoring/index.ts';
import { BackgroundLane, type Job, latestRun } from '../../scheduler/index.ts';
import type { AppParts } from '../app-parts.ts';
import { type JobRecorder, messageOf } from './job-recorder.ts';
import type { UpkeepJob } from './upkeep-jobs.ts';

/** Upkeep beside the decisions: health in a lane of its own, so that nothing that hangs silences it; the others one at a time. */
export class UpkeepRuns {
  readonly jobs: readonly UpkeepJob[];
  readonly #parts: Pick<AppParts, 'clock' | 'timer' | 'signal'>;
  readonly #recorder: JobRecorder;
  readonly #healthLane: BackgroundLane;
  readonly #lane: BackgroundLane;
  #isClosing = false;

  constructor(parts: Pick<AppParts, 'clock' | 'timer' | 'signal'>, jobs: readonly UpkeepJob[], recorder: JobRecorder) {
    this.#parts = parts;
    this.jobs = jobs;
    this.#recorder = recorder;
    this.#healthLane = new BackgroundLane(parts.timer);
    this.#lane = new BackgroundLane(parts.timer);
  }

  /** Names of the jobs that run now. */
  get running(): readonly string[] {
    return [this.#healthLane.running, this.#lane.running].filter((name) => name !== undefined);
  }

  /**
   * Starts, in each lane where none runs, the one of the due jobs that was not run for longest, so that one that is always
   * due keeps no other from its turn. One run stands for all due times that passed.
   */
  start(lastDueMs: (job: Job) => TimeMs): void {
    for (const lane of [this.#healthLane, this.#lane]) if (lane.running === undefined) this.#startNext(lane, lastDueMs);
  }

  #startNext(lane: BackgroundLane, lastDueMs: (job: Job) => TimeMs): void {
    const nowMs = this.#parts.clock.nowMs();
    const own = this.jobs.filter((job) => this.#laneOf(job) === lane && !lane.isStuck(job.name));
    const due = own.flatMap((job) => {
      const run = latestRun(job, lastDueMs(job), nowMs);
      return run ? [{ ...run, job }] : [];
    });
    const next = due.sort((a, b) => lastDueMs(a.job) - lastDueMs(b.job))[0];
    if (next) this.#run(lane, next.job, next.dueMs, next.isMissed);
  }

  #laneOf(job: Job): BackgroundLane {
    return job.name === 'health' ? this.#healthLane : this.#lane;
  }

  /** Ends those that run: they are due again at the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const reason = new Error('the daemon stops');
    await Promise.all([this.#healthLane.close(reason), this.#lane.close(reason)]);
  }

  #run(lane: BackgroundLane, job: UpkeepJob, dueMs: TimeMs, isMissed: boolean): void {
    const startedMs = this.#parts.timer.elapsedMs();
    const work = (signal: AbortSignal) =>
      withLogFields({ job: job.name, dueMs }, async () => (isMissed ? undefined : job.run(signal)));
    lane.start(job.name, job.deadlineMs, work, async (error) => {
      if (isMissed) return this.#recorder.missed(job, dueMs);
      if (error === undefined) return this.#recorder.record(job, { dueMs, outcome: 'done', startedMs });
      if (this.#isClosing || this.#parts.signal?.aborted) return;
      this.#recorder.tellFailure(job, dueMs, error);
      await this.#recorder.record(job, { dueMs, outcome: 'failed', message: messageOf(error), startedMs });
    });
  }
}

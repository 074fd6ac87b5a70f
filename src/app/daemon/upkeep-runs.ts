import type { TimeMs } from '../../domain/index.ts';
import { withLogFields } from '../../monitoring/index.ts';
import { BackgroundLane, type Job, latestRun } from '../../scheduler/index.ts';
import type { AppParts } from '../app-parts.ts';
import { type JobRecorder, messageOf } from './job-recorder.ts';
import type { UpkeepJob } from './upkeep-jobs.ts';

/** Upkeep, one job at a time, in a lane of its own beside the decisions. */
export class UpkeepRuns {
  readonly jobs: readonly UpkeepJob[];
  readonly #parts: Pick<AppParts, 'clock' | 'timer' | 'signal'>;
  readonly #recorder: JobRecorder;
  readonly #lane: BackgroundLane;
  #isClosing = false;

  constructor(parts: Pick<AppParts, 'clock' | 'timer' | 'signal'>, jobs: readonly UpkeepJob[], recorder: JobRecorder) {
    this.#parts = parts;
    this.jobs = jobs;
    this.#recorder = recorder;
    this.#lane = new BackgroundLane(parts.timer);
  }

  get running(): string | undefined {
    return this.#lane.running;
  }

  /**
   * Starts, where none runs, the one of the due jobs that was not run for longest, so that one that is always due keeps
   * no other from its turn. One run stands for all due times that passed.
   */
  start(lastDueMs: (job: Job) => TimeMs): void {
    if (this.#lane.running !== undefined) return;
    const nowMs = this.#parts.clock.nowMs();
    const due = this.jobs.flatMap((job) => {
      const run = latestRun(job, lastDueMs(job), nowMs);
      return run ? [{ ...run, job }] : [];
    });
    const next = due.sort((a, b) => lastDueMs(a.job) - lastDueMs(b.job))[0];
    if (next) this.#run(next.job, next.dueMs, next.isMissed);
  }

  /** Ends the one that runs: it is due again at the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#lane.close(new Error('the daemon stops'));
  }

  #run(job: UpkeepJob, dueMs: TimeMs, isMissed: boolean): void {
    const startedMs = this.#parts.timer.elapsedMs();
    const work = (signal: AbortSignal) =>
      withLogFields({ job: job.name, dueMs }, async () => (isMissed ? undefined : job.run(signal)));
    this.#lane.start(job.name, job.deadlineMs, work, async (error) => {
      if (isMissed) return this.#recorder.missed(job, dueMs);
      if (error === undefined) return this.#recorder.record(job, { dueMs, outcome: 'done', startedMs });
      if (this.#isClosing || this.#parts.signal?.aborted) return;
      this.#recorder.tellFailure(job, dueMs, error);
      await this.#recorder.record(job, { dueMs, outcome: 'failed', message: messageOf(error), startedMs });
    });
  }
}

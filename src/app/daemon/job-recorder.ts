import { AppError, type TimeMs, toIso } from '../../domain/index.ts';
import type { Metrics, TracedRun, Tracing } from '../../monitoring/index.ts';
import type { Job } from '../../scheduler/index.ts';
import type { AppParts } from '../app-parts.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';
import { JOB_OUTCOMES, type JobHistory, type JobRun } from './job-history.ts';

/** Jobs without which nothing is traded, or nothing can be brought back. */
const CRITICAL_JOBS: ReadonlySet<string> = new Set(['decision', 'backup']);

export interface JobRecorderParts {
  readonly parts: Pick<AppParts, 'clock' | 'timer' | 'redact'>;
  readonly history: JobHistory;
  readonly metrics: Metrics;
  readonly alerts: DaemonAlerts;
  /** Nothing where no collector of traces is named. */
  readonly tracing: Tracing | undefined;
}

/** What became of a run; `startedMs` is process time, and nothing where it never began. */
export interface RunResult extends Pick<JobRun, 'dueMs' | 'outcome' | 'phasesMs'> {
  readonly message?: string;
  readonly startedMs?: number;
  /** What else a trace of the run says. */
  readonly attributes?: TracedRun['attributes'];
}

/** Writes down what became of each run of a job, and tells people of those that failed. */
export class JobRecorder {
  readonly #given: JobRecorderParts;

  constructor(given: JobRecorderParts) {
    this.#given = given;
  }

  /** So that a job that never ran shows as zero runs, not as nothing. */
  expect(job: Job): void {
    for (const outcome of JOB_OUTCOMES) this.#given.metrics.expect('ets_job_runs_total', { job: job.name, outcome });
  }

  async record({ name: job }: Job, result: RunResult): Promise<void> {
    const { parts, history, metrics, alerts, tracing } = this.#given;
    const { dueMs, outcome, startedMs, phasesMs, attributes } = result;
    const message = result.message && (parts.redact?.(result.message) ?? result.message);
    const durationMs = startedMs === undefined ? 0 : Math.round(parts.timer.elapsedMs() - startedMs);
    metrics.count('ets_job_runs_total', { job, outcome });
    if (outcome === 'done') alerts.over(failedKey(job, dueMs));
    if (startedMs !== undefined) metrics.observe('ets_job_duration_seconds', durationMs / 1000, { job });
    for (const [phase, ms] of Object.entries(phasesMs ?? {}))
      metrics.observe('ets_phase_duration_seconds', ms / 1000, { job, phase });
    tracing?.run({
      job,
      durationMs,
      phasesMs,
      attributes: { due: toIso(dueMs), outcome, ...attributes },
      ...(outcome === 'failed' && { error: message ?? 'failed' }),
    });
    const run = { job, dueMs, endedMs: parts.clock.nowMs(), durationMs, outcome, message: message ?? null };
    await history.record({ ...run, ...(phasesMs && { phasesMs }) });
  }

  /** A run that came too late to be made up for: written down, and told. */
  async missed(job: Job, dueMs: TimeMs): Promise<void> {
    this.#given.alerts.raise({
      name: 'job_missed',
      key: `job_missed:${job.name}:${dueMs}`,
      severity: 'warning',
      title: `${job.name} of ${toIso(dueMs)} was missed`,
      detail: 'Nothing has to be made up for; find out why the system was down.',
    });
    await this.record(job, { dueMs, outcome: 'missed' });
  }

  tellFailure({ name }: Job, dueMs: TimeMs, error: unknown): void {
    const severity = CRITICAL_JOBS.has(name) ? 'critical' : 'warning';
    const key = `${failedKey(name, dueMs)}:${error instanceof AppError ? error.code : 'unexpected'}`;
    this.#given.alerts.failed({ name: `${name}_failed`, key, severity, what: `${name} of ${toIso(dueMs)} failed` }, error);
  }
}

/** Of a critical job each run is a matter of its own; the others fail until one of them succeeds. */
const failedKey = (job: string, dueMs: TimeMs): string =>
  CRITICAL_JOBS.has(job) ? `${job}_failed:run:${dueMs}` : `${job}_failed:run`;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

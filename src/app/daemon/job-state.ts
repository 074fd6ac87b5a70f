import type { TimeMs } from '../../domain/index.ts';
import type { JobRun } from './job-history.ts';

/** A job as people see it. */
export interface JobState {
  readonly job: string;
  readonly nextDueMs: TimeMs;
  readonly isRunning: boolean;
  readonly last: JobRun | null;
}

import { DAY_MS, latestDailyMs, type TimeMs } from '../domain/index.ts';
import { latestWeeklyMs, type WeeklyTime } from './weekly.ts';

/** When a job is due, and how late it may still run. */
export interface Job {
  readonly name: string;
  /** The first due time after `timeMs`. */
  nextAfterMs(timeMs: TimeMs): TimeMs;
  /** A due time that passed longer ago is skipped. */
  readonly lateMs: number;
}

export const dailyJob = (name: string, hourUtc: number, lateMs: number): Job => ({
  name,
  nextAfterMs: (timeMs) => latestDailyMs(timeMs, hourUtc) + DAY_MS,
  lateMs,
});

export const weeklyJob = (name: string, at: WeeklyTime, lateMs: number): Job => ({
  name,
  nextAfterMs: (timeMs) => latestWeeklyMs(timeMs, at) + 7 * DAY_MS,
  lateMs,
});

/** @param nextAfterMs as `parseDueTimes` gives it */
export const timedJob = (name: string, nextAfterMs: Job['nextAfterMs'], lateMs: number): Job => ({ name, nextAfterMs, lateMs });

/** A due time of a job, and whether it is run or was missed for good. */
export interface DueRun {
  readonly job: Job;
  readonly dueMs: TimeMs;
  readonly isMissed: boolean;
}

/**
 * The earliest due time of all jobs after what each did last; jobs due at the same time come in the order given. A job
 * that never ran counts from `sinceMs`, so it has missed nothing.
 */
export function nextRun(
  jobs: readonly Job[],
  lastDueMs: ReadonlyMap<string, TimeMs>,
  sinceMs: TimeMs,
  nowMs: TimeMs,
): DueRun | undefined {
  let next: DueRun | undefined;
  for (const job of jobs) {
    const dueMs = job.nextAfterMs(lastDueMs.get(job.name) ?? sinceMs);
    if (next === undefined || dueMs < next.dueMs) next = { job, dueMs, isMissed: nowMs - dueMs > job.lateMs };
  }
  return next;
}

/** Due times of one job that are looked through at once; a longer pause is looked through in several steps. */
const MOST_PASSED = 100_000;

/**
 * The latest due time that has passed since the last one dealt with, one run of which stands for all before it; nothing
 * where none has.
 */
export function latestRun(job: Job, lastDueMs: TimeMs, nowMs: TimeMs): DueRun | undefined {
  let dueMs: TimeMs | undefined;
  let next = job.nextAfterMs(lastDueMs);
  for (let passed = 0; next <= nowMs && passed < MOST_PASSED; passed++) {
    dueMs = next;
    next = job.nextAfterMs(next);
  }
  return dueMs === undefined ? undefined : { job, dueMs, isMissed: nowMs - dueMs > job.lateMs };
}

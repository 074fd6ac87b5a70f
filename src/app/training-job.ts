import type { Config } from '../config/index.ts';
import { HOUR_MS } from '../domain/index.ts';
import { type DueRun, type Job, parseDueTimes, timedJob, weeklyJob } from '../scheduler/index.ts';

/** When models are trained anew: `schedule.training.when`, else the weekday and hour. @throws ConfigError `schedule.bad_time` */
export function trainingJob({
  training,
  retrainWeekday: weekday,
  retrainHourUtc: hourUtc,
  retrainLateHours,
}: Config['schedule']): Job {
  const lateMs = retrainLateHours * HOUR_MS;
  if (training.when === undefined) return weeklyJob('training', { weekday, hourUtc }, lateMs);
  return timedJob('training', parseDueTimes(training.when), lateMs);
}

/**
 * The last of the due times that passed and are of the same kind, missed or not: one training stands for all of them,
 * however often it is due.
 */
export function lastOfKind({ job, dueMs, isMissed }: DueRun, nowMs: number): DueRun {
  let last = dueMs;
  for (;;) {
    const next = job.nextAfterMs(last);
    if (next > nowMs || nowMs - next > job.lateMs !== isMissed) return { job, dueMs: last, isMissed };
    last = next;
  }
}

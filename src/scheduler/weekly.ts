import { DAY_MS, latestDailyMs, type TimeMs } from '../domain/index.ts';

/** A weekly due time: weekday 0 is Sunday, as in cron. */
export interface WeeklyTime {
  readonly weekday: number;
  readonly hourUtc: number;
}

/** The latest weekly due time that is not after `timeMs`. */
export function latestWeeklyMs(timeMs: TimeMs, { weekday, hourUtc }: WeeklyTime): TimeMs {
  const latest = latestDailyMs(timeMs, hourUtc);
  const daysSince = (new Date(latest).getUTCDay() - weekday + 7) % 7;
  return latest - daysSince * DAY_MS;
}

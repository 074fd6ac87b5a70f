import { DAY_MS, DataError, HOUR_MS, startOfDayMs, type TimeMs } from '../domain/index.ts';

/** Hour of the day (UTC) at which the daily decision falls unless told otherwise. */
export const DECISION_HOUR = 23;

/** Every `hour`:00 UTC in [fromMs, toMs], ascending. */
export function dailyDecisionTimes(fromMs: TimeMs, toMs: TimeMs, hour = DECISION_HOUR): Float64Array {
  let first = startOfDayMs(fromMs) + hour * HOUR_MS;
  if (first < fromMs) first += DAY_MS;
  const rows = Math.max(0, Math.floor((toMs - first) / DAY_MS) + 1);
  return Float64Array.from({ length: rows }, (_, i) => first + i * DAY_MS);
}

/** @throws DataError `features.times_not_daily` where the times are not exactly one day apart: a window over rows counts days. */
export function assertDaily(timesMs: ArrayLike<TimeMs>): void {
  for (let i = 1; i < timesMs.length; i++) {
    if (timesMs[i]! - timesMs[i - 1]! !== DAY_MS) {
      throw new DataError(
        'features.times_not_daily',
        `decision times ${timesMs[i - 1]} and ${timesMs[i]} are not one day apart`,
        {
          hint: 'Ask for every day of the range; days without data become rows of missing values.',
        },
      );
    }
  }
}

import { Cron } from 'croner';
import { ConfigError, HOUR_MS, MINUTE_MS, type TimeMs } from '../domain/index.ts';

/** The first due time strictly after a given one. */
export type DueTimes = (afterMs: TimeMs) => TimeMs;

const INTERVAL = /^every (\d+)(m|h)$/;
const UNIT_MS = { m: MINUTE_MS, h: HOUR_MS } as const;

/**
 * Due times as written in the configuration: a cron expression of five fields in UTC, or `every 15m`, counted from
 * 1970-01-01T00:00Z so that restarts do not move them. Timers are not used: whoever drives the schedule asks.
 * @throws ConfigError `schedule.bad_time`
 */
export function parseDueTimes(text: string): DueTimes {
  const interval = INTERVAL.exec(text.trim());
  if (interval) {
    const everyMs = Number(interval[1]) * UNIT_MS[interval[2] as keyof typeof UNIT_MS];
    if (everyMs === 0) throw badTime(text);
    return (afterMs) => (Math.floor(afterMs / everyMs) + 1) * everyMs;
  }
  let cron: Cron;
  try {
    cron = new Cron(text, { timezone: 'UTC', paused: true, mode: '5-part' });
    if (cron.nextRun(new Date(0)) === null) throw new TypeError('never due');
  } catch (cause) {
    throw badTime(text, cause);
  }
  return (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
}

const badTime = (text: string, cause?: unknown): ConfigError =>
  new ConfigError('schedule.bad_time', `"${text}" is neither a cron expression nor an interval`, {
    hint: 'Write five cron fields in UTC, such as "0 23 * * *", or an interval such as "every 15m" or "every 3h".',
    cause,
  });

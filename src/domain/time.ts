import { DataError } from './errors.ts';

/** Integer milliseconds since 1970-01-01T00:00:00Z. All times inside the system are of this kind. */
export type TimeMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Midnight UTC of the day that holds `timeMs`. */
export const startOfDayMs = (timeMs: TimeMs): TimeMs => Math.floor(timeMs / DAY_MS) * DAY_MS;

/** `2024-06-15T23:00:00.000Z`: for people and files only. */
export const toIso = (timeMs: TimeMs): string => new Date(timeMs).toISOString();

/** `2024-06-15`, the UTC day that holds `timeMs`. */
export const toIsoDay = (timeMs: TimeMs): string => toIso(timeMs).slice(0, 10);

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/;

/**
 * ISO date or date-time to milliseconds; without an offset it is UTC. `undefined` where `text` is no such time
 * (wrong form, or a day that does not exist).
 */
export function parseIso(text: string): TimeMs | undefined {
  const part = ISO.exec(text.trim());
  if (!part) return undefined;
  const [year, month, day, hour, minute, second] = part.slice(1, 7).map((x) => Number(x ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const millis = Number((part[7] ?? '0').padEnd(3, '0').slice(0, 3));
  if (year < 1000 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return undefined;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millis);
  if (new Date(at).getUTCDate() !== day) return undefined;
  return at - offsetMs(part[8]);
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * HOUR_MS + Number(zone.slice(-2)) * MINUTE_MS);
}

/** As `parseIso`. @throws DataError `time.unreadable` */
export function fromIso(text: string): TimeMs {
  const at = parseIso(text);
  if (at === undefined) {
    throw new DataError('time.unreadable', `"${text}" is not an ISO date or date-time`, {
      hint: 'Write 2024-06-15 or 2024-06-15T23:00:00Z.',
    });
  }
  return at;
}

/** The latest `hour:00 UTC` that is not after `timeMs`. */
export function latestDailyMs(timeMs: TimeMs, hour: number): TimeMs {
  const today = startOfDayMs(timeMs) + hour * HOUR_MS;
  return today <= timeMs ? today : today - DAY_MS;
}

import { DAY_MS, parseIso, type TimeMs } from '../../domain/index.ts';

/** What a person may say about a time column. `dmy` and `mdy` settle 03/04/2024. */
export const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'iso', 'dmy', 'mdy'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

/** How one cell was read; `slashed` dates need to know what comes first, day or month. */
export type TimeKind = 's' | 'ms' | 'us' | 'ns' | 'iso' | 'compact' | 'slashed';

/** Milliseconds of one unit of a numeric time. */
const SCALE = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 } as const;

/** Numeric times are believed from here to there: before 2009 there was no block chain of any kind. */
const EARLIEST_MS = Date.UTC(2009, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

const PLAIN_NUMBER = /^\d+(?:\.\d+)?(?:[eE]\+?\d+)?$/;
const SLASHED = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(AM|PM)?)?$/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
/** `2019-12-01 11-PM`, as CryptoDataDownload writes hours. */
const HOUR_AM_PM = /^(\d{4}-\d{2}-\d{2}) (\d{1,2})-(AM|PM)$/i;
/** `Jan 02, 2024` and `02-Jan-2024`. */
const MONTH_FIRST = /^([a-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})$/i;
const DAY_FIRST = /^(\d{1,2})[- ]([a-z]{3})[a-z]*[- ](\d{4})$/i;
/** pandas and Dune: `2024-01-02 03:04:05.000 UTC`, `2024-01-02 03:04:05+00:00`; hours alone: `2024-01-02 03`. */
const ZONE_SPACE = /\s+(?=(?:UTC|[+-]\d{2}:?\d{2})$)/;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The unit of a numeric time, told by its size: the times of one unit between 2009 and 2100 are no times of another.
 * `undefined` where it fits none.
 */
export function unitOfEpoch(value: number): keyof typeof SCALE | undefined {
  for (const unit of ['s', 'ms', 'us', 'ns'] as const) {
    const ms = value * SCALE[unit];
    if (ms >= EARLIEST_MS && ms < LATEST_MS) return unit;
  }
  return undefined;
}

/** Nanoseconds since 1970 exceed what a double holds exactly, by less than a microsecond. */
const EPOCH_TOLERANCE_MS = 1e-3;

/** A numeric time in milliseconds, rounded down to a whole one. */
export const epochToMs = (value: number, unit: keyof typeof SCALE): TimeMs =>
  Math.floor(value * SCALE[unit] + EPOCH_TOLERANCE_MS);

/** A cell read as time: `ms` is NaN where it cannot be read. */
export interface TimeCell {
  readonly ms: TimeMs;
  readonly kind: TimeKind | undefined;
}

const UNREADABLE: TimeCell = { ms: Number.NaN, kind: undefined };

/** @param unit what a person said; without it numbers are told by their size and slashed dates stay open (`ms` NaN) */
export function parseTimeText(input: string, unit?: TimeUnit): TimeCell {
  const text = input.trim();
  if (PLAIN_NUMBER.test(text)) return parseNumericTime(text, unit);
  if (unit === 's' || unit === 'ms' || unit === 'us' || unit === 'ns') return UNREADABLE;
  const slashed = SLASHED.exec(text);
  if (slashed) return { ms: slashedMs(slashed, unit), kind: 'slashed' };
  const ms = parseIso(text) ?? parseIso(text.replace(ZONE_SPACE, '')) ?? parseWords(text);
  return ms === undefined ? UNREADABLE : { ms, kind: 'iso' };
}

function parseNumericTime(text: string, unit: TimeUnit | undefined): TimeCell {
  const value = Number(text);
  if (unit === 's' || unit === 'ms' || unit === 'us' || unit === 'ns') {
    const ms = epochToMs(value, unit);
    return ms < LATEST_MS * 10 ? { ms, kind: unit } : UNREADABLE;
  }
  const compact = COMPACT.exec(text);
  if (compact) {
    const ms = parseIso(`${compact[1]}-${compact[2]}-${compact[3]}`);
    if (ms !== undefined && ms >= EARLIEST_MS && ms < LATEST_MS) return { ms, kind: 'compact' };
  }
  if (unit !== undefined) return UNREADABLE;
  const found = unitOfEpoch(value);
  return found === undefined ? UNREADABLE : { ms: epochToMs(value, found), kind: found };
}

function parseWords(text: string): TimeMs | undefined {
  const hour = HOUR_AM_PM.exec(text);
  if (hour) {
    const day = parseIso(hour[1]!);
    return day === undefined || Number(hour[2]) > 12 ? undefined : day + hour24(Number(hour[2]), hour[3]) * 3_600_000;
  }
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst) return calendarMs(Number(monthFirst[3]), monthNumber(monthFirst[1]!), Number(monthFirst[2]));
  const dayFirst = DAY_FIRST.exec(text);
  return dayFirst ? calendarMs(Number(dayFirst[3]), monthNumber(dayFirst[2]!), Number(dayFirst[1])) : undefined;
}

const monthNumber = (name: string) => MONTHS.indexOf(name.toLowerCase()) + 1;

const hour24 = (hour: number, half: string | undefined) =>
  half === undefined ? hour : (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);

function calendarMs(year: number, month: number, day: number): TimeMs | undefined {
  const two = (part: number) => String(part).padStart(2, '0');
  return parseIso(`${year}-${two(month)}-${two(day)}`);
}

function slashedMs(part: RegExpExecArray, unit: TimeUnit | undefined): TimeMs {
  if (unit !== 'dmy' && unit !== 'mdy') return Number.NaN;
  const [first, second] = [Number(part[1]), Number(part[2])];
  const [day, month] = unit === 'dmy' ? [first, second] : [second, first];
  const [hour, minute, seconds] = [hour24(Number(part[4] ?? 0), part[7]), Number(part[5] ?? 0), Number(part[6] ?? 0)];
  const dayMs = calendarMs(Number(part[3]), month, day);
  if (dayMs === undefined || hour > 23 || minute > 59 || seconds > 59) return Number.NaN;
  return dayMs + hour * 3_600_000 + minute * 60_000 + seconds * 1_000;
}

/** The first two numbers of a slashed date, `undefined` where the text is none. */
export function slashedParts(text: string): readonly [number, number] | undefined {
  const part = SLASHED.exec(text.trim());
  return part ? [Number(part[1]), Number(part[2])] : undefined;
}

/**
 * `2024-06-15`, `2024-06-15T23:00:00Z` or `2024-06-15 23:00[:00]` straight from bytes; NaN for any other form, which
 * the text parser may still know.
 */
export function parseIsoBytes(bytes: Buffer, start: number, end: number): TimeMs {
  let length = end - start;
  if (length === 20 && bytes[end - 1] === LETTER_Z) length = 19;
  if (length !== 10 && length !== 16 && length !== 19) return Number.NaN;
  if (bytes[start + 4] !== DASH || bytes[start + 7] !== DASH) return Number.NaN;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const dayMs = civilDayMs(year, month, day);
  if (length === 10 || Number.isNaN(dayMs)) return dayMs;
  const separator = bytes[start + 10];
  if ((separator !== LETTER_T && separator !== SPACE) || bytes[start + 13] !== COLON) return Number.NaN;
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  if (length === 19 && bytes[start + 16] !== COLON) return Number.NaN;
  const second = length === 19 ? digits(bytes, start + 17, 2) : 0;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return dayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000;
}

const DASH = 45;
const COLON = 58;
const SPACE = 32;
const LETTER_T = 84;
const LETTER_Z = 90;

function digits(bytes: Buffer, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Days from civil (Hinnant, "chrono-compatible low-level date algorithms"), in milliseconds; NaN for a day that is none. */
function civilDayMs(year: number, month: number, day: number): TimeMs {
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * DAY_MS;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

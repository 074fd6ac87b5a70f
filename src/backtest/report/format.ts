import { type TimeMs, toIso, toIsoDay } from '../../domain/index.ts';

/** What stands where there is no figure. */
const NONE = '\u2013';
const THIN_SPACE = '\u202f';
const MINUS = '\u2212';

/** `1,234.50`; a real minus sign; a dash for null. */
export function decimal(value: number | null, digits: number): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

export const count = (value: number): string => decimal(value, 0);

/** `$12,345.67`, cents only below 10,000. */
export const usd = (value: number | null): string => withUsd(value, value === null || Math.abs(value) < 10_000 ? 2 : 0);

/** `+$12.30` or `\u2212$4.10`. */
export const signedUsd = (value: number | null): string => withPlus(value, usd(value));

function withUsd(value: number | null, digits: number): string {
  const text = decimal(value, digits);
  return text === NONE ? text : text.startsWith(MINUS) ? `${MINUS}$${text.slice(1)}` : `$${text}`;
}

/** A share as percent: 0.123 is `12.3 %`. */
export function percent(share: number | null, digits = 1): string {
  const text = decimal(share === null ? null : share * 100, digits);
  return text === NONE ? text : `${text}${THIN_SPACE}%`;
}

/** A difference of two shares in percentage points: 0.011 is `1.1 points`. */
export const points = (share: number | null): string => (share === null ? NONE : `${decimal(share * 100, 1)} points`);

/** `+12.3 %` or `\u22124.0 %`. */
export const signedPercent = (share: number | null, digits = 1): string => withPlus(share, percent(share, digits));

const withPlus = (value: number | null, text: string): string =>
  value !== null && value > 0 && text !== NONE ? `+${text}` : text;

export const day = (timeMs: TimeMs | null): string => (timeMs === null ? NONE : toIsoDay(timeMs));

/** `2024-06-15 23:00`, UTC. */
export const minute = (timeMs: TimeMs | null): string => (timeMs === null ? NONE : toIso(timeMs).slice(0, 16).replace('T', ' '));

/** `1 trade`, `2 trades`. */
export const counted = (n: number, noun: string, plural = `${noun}s`): string => `${count(n)} ${n === 1 ? noun : plural}`;

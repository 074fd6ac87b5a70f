import { ConfigError } from '../domain/errors.ts';
import { parseIso, type TimeMs } from '../domain/time.ts';

/** @throws ConfigError `cli.bad_time` (exit 2) */
export function timeOption(name: string, text: string): TimeMs {
  const at = parseIso(text);
  if (at === undefined) {
    throw new ConfigError('cli.bad_time', `${name}: "${text}" is not an ISO date or date-time`, {
      hint: 'Write 2024-06-15 or 2024-06-15T23:00:00Z.',
    });
  }
  return at;
}

/** @throws ConfigError `cli.bad_number` (exit 2) */
export function numberOption(name: string, text: string, range: { min: number; max?: number; integer?: boolean }): number {
  const value = Number(text);
  const max = range.max ?? Number.MAX_VALUE;
  if (
    text.trim() === '' ||
    !Number.isFinite(value) ||
    value < range.min ||
    value > max ||
    (range.integer === true && !Number.isInteger(value))
  ) {
    const kind = range.integer ? 'a whole number' : 'a number';
    throw new ConfigError(
      'cli.bad_number',
      `${name}: expected ${kind} from ${range.min}${range.max === undefined ? '' : ` to ${max}`}, got "${text}"`,
    );
  }
  return value;
}

const UNIT_DAYS: Readonly<Record<string, number>> = { d: 1, w: 7 };

/** `7d` or `2w` in days. @throws ConfigError `cli.bad_duration` (exit 2) */
export function daysOption(name: string, text: string): number {
  const match = /^(\d+)([dw])?$/.exec(text);
  const days = match ? Number(match[1]) * UNIT_DAYS[match[2] ?? 'd']! : 0;
  if (days < 1) throw new ConfigError('cli.bad_duration', `${name}: expected days such as 7d, got "${text}"`);
  return days;
}

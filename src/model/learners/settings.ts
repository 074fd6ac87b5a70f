import { ModelError } from '../../domain/index.ts';

/** What a setting must be, and whether a value is. */
const RULES = {
  counts: ['a whole number from 1', (value: number) => Number.isInteger(value) && value >= 1],
  sizes: ['finite and above 0', (value: number) => Number.isFinite(value) && value > 0],
  penalties: ['finite and not negative', (value: number) => Number.isFinite(value) && value >= 0],
  shares: ['above 0 and at most 1', (value: number) => value > 0 && value <= 1],
  parts: ['above 0 and below 1', (value: number) => value > 0 && value < 1],
  rows: ['a whole number from 0', (value: number) => Number.isInteger(value) && value >= 0],
  limits: ['a whole number from 1, or infinite for none', (value: number) => isLimit(value)],
} as const satisfies Record<string, readonly [rule: string, holds: (value: number) => boolean]>;

const isLimit = (value: number): boolean => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1);

/** Settings by name, under what they must be; those that are not given are not judged. */
export type CheckedSettings = Readonly<Partial<Record<keyof typeof RULES, Readonly<Record<string, number | null | undefined>>>>>;

/** Refuses settings that mean nothing. @throws ModelError `learner.bad_setting` */
export function checkSettings(settings: CheckedSettings): void {
  for (const kind of Object.keys(settings) as (keyof typeof RULES)[]) {
    const [rule, holds] = RULES[kind];
    for (const [name, value] of Object.entries(settings[kind] ?? {})) {
      if (value === null || value === undefined || (typeof value === 'number' && holds(value))) continue;
      throw new ModelError('learner.bad_setting', `${name} must be ${rule}, not ${value}`, { details: { name, value } });
    }
  }
}

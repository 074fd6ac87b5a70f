import { z } from 'zod';

/** Why something was decided, as data: the rule's name, the value it looked at and the limit it compared with. */
export interface Reason {
  readonly rule: string;
  readonly value: number | string | null;
  readonly limit: number | string | null;
}

export const reasonSchema = z.object({
  rule: z.string(),
  value: z.union([z.number(), z.string(), z.null()]),
  limit: z.union([z.number(), z.string(), z.null()]),
});

/** A reason whose numbers are written as they are; NaN and infinities become null, as JSON has none. */
export function reason(rule: string, value: number | string | null = null, limit: number | string | null = null): Reason {
  return { rule, value: finiteOrNull(value), limit: finiteOrNull(limit) };
}

const finiteOrNull = (value: number | string | null) => (typeof value === 'number' && !Number.isFinite(value) ? null : value);

import { z } from 'zod';
import { readReply } from '../reply-schema.ts';
import { readDataElements } from './json-elements.ts';

/** Validators of one state, counted. Ether is effective balance; NaN where only counts are given. */
export interface ValidatorTotals {
  readonly active: number;
  readonly exiting: number;
  readonly pendingQueued: number;
  readonly activeEth: number;
  readonly exitingEth: number;
}

const GWEI_PER_ETH = 1e9;
const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'expected a whole number as text')
  .transform(Number);

const countSchema = z.object({ data: z.array(z.object({ status: z.string(), count: whole })) });

const ACTIVE = new Set(['active_ongoing', 'active_exiting', 'active_slashed']);

/**
 * Reply of `validator_count` -> totals without balances.
 * @throws SourceError `beacon.reply_invalid` with the path that is wrong
 */
export function parseValidatorCount(body: unknown): ValidatorTotals {
  const { data } = readReply(countSchema, body, 'beacon.reply_invalid', 'beacon node');
  const count = (of: (status: string) => boolean) =>
    data.reduce((total, entry) => total + (of(entry.status) ? entry.count : 0), 0);
  const active = count((status) => ACTIVE.has(status)) || count((status) => status === 'active');
  return {
    active,
    exiting: count((status) => status === 'active_exiting'),
    pendingQueued: count((status) => status === 'pending_queued'),
    activeEth: Number.NaN,
    exitingEth: Number.NaN,
  };
}

const NOT_SAFE = /^\d{16,}$/;

/**
 * Totals of a full list of validators as its bytes come, in constant memory.
 * @throws SourceError `beacon.reply_invalid`, `json.*`
 */
export async function sumValidators(chunks: AsyncIterable<Uint8Array>): Promise<ValidatorTotals> {
  const totals = { active: 0, exiting: 0, pendingQueued: 0, activeEth: 0, exitingEth: 0 };
  let row = 0;
  for await (const element of readDataElements(chunks, 'beacon node')) {
    const { status, effectiveEth } = readValidator(element, row);
    row += 1;
    if (ACTIVE.has(status)) {
      totals.active += 1;
      totals.activeEth += effectiveEth;
    }
    if (status === 'active_exiting') {
      totals.exiting += 1;
      totals.exitingEth += effectiveEth;
    } else if (status === 'pending_queued') totals.pendingQueued += 1;
  }
  return totals;
}

function readValidator(element: unknown, row: number): { status: string; effectiveEth: number } {
  if (element !== null && typeof element === 'object' && 'status' in element && 'validator' in element) {
    const { status, validator } = element;
    if (typeof status === 'string' && validator !== null && typeof validator === 'object' && 'effective_balance' in validator) {
      const gwei = validator.effective_balance;
      if (typeof gwei === 'string' && /^\d+$/.test(gwei) && !NOT_SAFE.test(gwei)) {
        return { status, effectiveEth: Number(gwei) / GWEI_PER_ETH };
      }
    }
  }
  return readReply(z.never(), element, 'beacon.reply_invalid', `beacon node: validator ${row}`);
}

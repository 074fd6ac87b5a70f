import type { Rng } from '../../domain/index.ts';

const BASE_MS = 200;
const CAP_MS = 5_000;

/** Wait before try `attempt + 1` (attempts count from 0): full jitter over a doubling, capped span. */
export const backoffMs = (attempt: number, rng: Rng): number => rng() * Math.min(CAP_MS, BASE_MS * 2 ** attempt);

/**
 * `Retry-After` in milliseconds: a number of seconds, or a date that is compared with the reply's own `Date`, so that no
 * clock of ours takes part. `undefined` where it cannot be read.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const waitMs = Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

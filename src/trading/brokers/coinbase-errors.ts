import { type ExchangeVerdict, verdictOfClass } from './classify-exchange-error.ts';
import { isServerFailure } from './reply-status.ts';

/** Said by the client where a cancellation was answered with a reason against it. */
export class CancelRefused extends Error {}

const BUSY = /rate_limit_exceeded|resource_exhausted|RATE_LIMIT|POST_ONLY|request timestamp expired/i;
const REASON = /"(?:error|preview_failure_reason|new_order_failure_reason)"\s*:\s*"([A-Za-z_]+)"/g;
/** Words that name no reason. */
const NO_REASON = /^(UNKNOWN_|PREVIEW_UNKNOWN|internal_server_error|unknown$)/i;

/**
 * What an error of a Coinbase call says of the request. A refused order comes with status 200, `success: false` and reasons
 * in several places; ccxt maps few of them. A reply that names none does not say what became of the order.
 */
export function classifyCoinbaseError(error: unknown): ExchangeVerdict {
  if (error instanceof CancelRefused) return 'refused';
  if (isServerFailure(error)) return 'unknown';
  const text = error instanceof Error ? error.message : '';
  if (BUSY.test(text)) return 'busy';
  const reasons = [...text.matchAll(REASON)].map(([, reason = '']) => reason);
  if (reasons.length > 0) return reasons.some((reason) => !NO_REASON.test(reason)) ? 'refused' : 'unknown';
  return verdictOfClass(error);
}

/** The token was signed with a time that Coinbase's clock has passed or not reached; it says no more than this. */
export const isWrongCoinbaseTime = (error: unknown): boolean => /Unauthorized|request timestamp expired/i.test(String(error));

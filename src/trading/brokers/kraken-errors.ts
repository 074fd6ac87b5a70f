import { type ExchangeVerdict, verdictOfClass } from './classify-exchange-error.ts';
import { isServerFailure } from './reply-status.ts';

/** Kraken's error as it writes it, in a ccxt message, which carries the reply's body. */
const errorText = (error: unknown): string | undefined =>
  error instanceof Error ? /"error"\s*:\s*\[\s*"(E[^"]+)"/.exec(error.message)?.[1] : undefined;

const BUSY =
  /Rate limit exceeded|Too many requests|Temporary lockout|Invalid nonce|Deadline elapsed|Market in \w+ mode|Post only order/i;
/** Answers that do not say whether the request was carried out. */
const UNKNOWN = /^EService:|^EGeneral:(Internal error|Unknown)|^EDatabase:/;

/** What an error of a Kraken call says of the request. */
export function classifyKrakenError(error: unknown): ExchangeVerdict {
  const text = errorText(error);
  if (text === undefined || isServerFailure(error)) return verdictOfClass(error);
  if (BUSY.test(text)) return 'busy';
  return UNKNOWN.test(text) ? 'unknown' : 'refused';
}

/** The order was signed with a time that Kraken's clock had passed, or with a number that it had seen. */
export const isWrongKrakenTime = (error: unknown): boolean => /Invalid nonce|Deadline elapsed/.test(errorText(error) ?? '');

import { isServerFailure } from './reply-status.ts';

/**
 * What an error of an exchange call says of the request. `refused`: the exchange answered that it did not do it.
 * `busy`: it refused because of load, limits or the clock, and may take the same later. `unknown`: anything else; the
 * request may have been carried out.
 */
export type ExchangeVerdict = 'refused' | 'busy' | 'unknown';

/** Binance codes after which the execution status is unknown (its documentation of -1006 and -1007 says so). */
const UNKNOWN_CODES = new Set([-1000, -1001, -1006, -1007, -1016]);
/** Too many requests or orders, overload, and a timestamp outside the recvWindow: not done, not for a reason of the order. */
const BUSY_CODES = new Set([-1003, -1008, -1015, -1021, -1034]);

/** Codes that stand for "not done" in a 5xx too, as the documentation says: -1008, turned away because of overload. */
const NEVER_ACCEPTED_CODES = new Set([-1008]);

/** Classes of ccxt that stand for an answer which refuses the request. */
const REFUSALS = new Set([
  'AuthenticationError',
  'PermissionDenied',
  'AccountNotEnabled',
  'AccountSuspended',
  'ArgumentsRequired',
  'BadRequest',
  'BadSymbol',
  'OperationRejected',
  'MarketClosed',
  'InsufficientFunds',
  'InvalidOrder',
  'OrderNotFound',
  'OrderImmediatelyFillable',
  'OrderNotFillable',
  'DuplicateOrderId',
  'NotSupported',
]);
const BUSY = new Set(['DDoSProtection', 'RateLimitExceeded', 'InvalidNonce', 'HostClosed']);

/** What venues say when quantity or price break the rules of the symbol. */
const FILTER_FAILURES = [
  /Filter failure: /,
  /"code"\s*:\s*-1111\b/,
  // Of Binance's perpetuals: quantity, price, step and tick, price band, smallest notional.
  /"code"\s*:\s*-(4003|4004|4005|4014|4016|4023|4024|4131|4164)\b/,
  /EOrder:(Order|Cost) minimum not met|EOrder:Tick size|EOrder:Invalid price|EGeneral:Invalid arguments:(price|volume)/,
  // A post-only order inside the book breaks no rule of the symbol.
  /INVALID_(SIZE|PRICE|BASE_SIZE|QUOTE_SIZE|LIMIT_PRICE)(?!_POST_ONLY)/,
];

/** Whether a refusal is about the rules of the symbol, which may be others than when they were read. */
export const brokeFilter = (error: unknown): boolean =>
  error instanceof Error && FILTER_FAILURES.some((failure) => failure.test(error.message));

/** The venue's error code in a ccxt message, which carries the reply's body. */
export function exchangeErrorCode(error: unknown): number | undefined {
  const code = error instanceof Error ? /"code"\s*:\s*(-\d+)/.exec(error.message)?.[1] : undefined;
  return code === undefined ? undefined : Number(code);
}

/** What an error of a Binance call says of the request. */
export function classifyExchangeError(error: unknown): ExchangeVerdict {
  const code = exchangeErrorCode(error);
  if (isServerFailure(error)) return code !== undefined && NEVER_ACCEPTED_CODES.has(code) ? 'busy' : 'unknown';
  // A post-only order that would have been filled at once: not done, and priced anew it may be.
  if (error instanceof Error && /would immediately match/i.test(error.message)) return 'busy';
  if (code !== undefined) return UNKNOWN_CODES.has(code) ? 'unknown' : BUSY_CODES.has(code) ? 'busy' : 'refused';
  return verdictOfClass(error);
}

/** What ccxt's class of an error says, where the exchange's own words do not. */
export function verdictOfClass(error: unknown): ExchangeVerdict {
  if (isServerFailure(error)) return 'unknown';
  const name = error instanceof Error ? error.constructor.name : '';
  return REFUSALS.has(name) ? 'refused' : BUSY.has(name) ? 'busy' : 'unknown';
}

const ORDER_NOT_FOUND = -2013;

/** Whether the exchange refused an order because it has one of the same id, which is not the one that was sent. */
export const isDuplicateId = (error: unknown): boolean =>
  error instanceof Error &&
  !isServerFailure(error) &&
  (/duplicate(d)? (order|list|client)|ClientOrderId is duplicated/i.test(error.message) ||
    error.constructor.name === 'DuplicateOrderId');

/** Whether the exchange answered that it has no such order or list. */
export const isNotFound = (error: unknown): boolean => !isServerFailure(error) && isNotFoundAnswer(error);

const isNotFoundAnswer = (error: unknown): boolean =>
  exchangeErrorCode(error) === ORDER_NOT_FOUND || (error instanceof Error && error.constructor.name === 'OrderNotFound');

/** Of a key: malformed, wrong or not allowed from here, wrongly signed with. */
const KEY_CODES = new Set([-2014, -2015, -1022]);

/** Whether the exchange answered that it does not accept the key. */
export const isKeyRefused = (error: unknown): boolean =>
  KEY_CODES.has(exchangeErrorCode(error) ?? 0) ||
  (error instanceof Error && ['AuthenticationError', 'PermissionDenied'].includes(error.constructor.name));

/** What an error says, short enough for a journal. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/(https?:\/\/[^\s?]+)\?\S*/g, '$1').slice(0, 300);

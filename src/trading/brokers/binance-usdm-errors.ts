import { classifyExchangeError, type ExchangeVerdict, exchangeErrorCode } from './classify-exchange-error.ts';
import { isServerFailure } from './reply-status.ts';

const NO_NEED_TO_CHANGE_MARGIN_TYPE = -4046;
/** A post-only order that would have been filled at once: not done, and priced anew it may be. */
const WOULD_TAKE = -5022;
const TIMESTAMP_OUTSIDE_WINDOW = -1021;
/** The same, said by the matching engine. */
const TIMESTAMP_OUTSIDE_ENGINE_WINDOW = -5028;

/** What an error of a Binance USDⓈ-M call says of the request. */
export function classifyUsdmError(error: unknown): ExchangeVerdict {
  const code = exchangeErrorCode(error);
  if (isServerFailure(error)) return classifyExchangeError(error);
  return code === WOULD_TAKE || code === TIMESTAMP_OUTSIDE_ENGINE_WINDOW ? 'busy' : classifyExchangeError(error);
}

export const isWrongUsdmTime = (error: unknown): boolean => {
  const code = exchangeErrorCode(error);
  return code === TIMESTAMP_OUTSIDE_WINDOW || code === TIMESTAMP_OUTSIDE_ENGINE_WINDOW;
};

/** Whether the margin type was what it should be already. */
export const isMarginTypeSet = (error: unknown): boolean => exchangeErrorCode(error) === NO_NEED_TO_CHANGE_MARGIN_TYPE;

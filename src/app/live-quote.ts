import { createRng, money, SourceError, type TimeMs } from '../domain/index.ts';
import type { Quote } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';

const QUOTE_TIMEOUT_MS = 20_000;

/** The middle of the exchange's best bid and ask now. Where the exchange does not answer there is no price, and it is said. */
export async function liveQuote({
  urls,
  clock,
  timer,
  config,
  onProgress,
}: AppParts): Promise<(atMs: TimeMs) => Promise<Quote | undefined>> {
  const { binance } = urls;
  if (binance === undefined) return async () => undefined;
  const { fetchBookTicker, HttpClient } = await import('../extraction/index.ts');
  const http = new HttpClient({
    fetch,
    timer,
    rng: createRng(config.model.seed),
    requestTimeoutMs: config.extraction.requestTimeoutS * 1000,
  });
  return async () => {
    try {
      const { bidPrice, askPrice } = await fetchBookTicker(http, binance, AbortSignal.timeout(QUOTE_TIMEOUT_MS));
      return { priceUsd: money(bidPrice).plus(askPrice).div(2).round(8), atMs: clock.nowMs() };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      onProgress(`no price from the exchange: ${error.message}`);
      return undefined;
    }
  };
}

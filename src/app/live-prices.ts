import { createRng, type Money, money, SourceError, type TimeMs, toNumber } from '../domain/index.ts';
import { type BookCost, bookCost, type OrderSide, type Quote } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';

const QUOTE_TIMEOUT_MS = 20_000;

/** Prices at which one can trade now. Where the exchange does not answer there are none, and it is said. */
export interface LivePrices {
  /** The middle of the best bid and ask. */
  quote(atMs: TimeMs): Promise<Quote | undefined>;
  /** What trading for so much would cost against the order book. */
  cost(notionalUsd: Money, side: OrderSide): Promise<BookCost | undefined>;
}

/** Prices of what is traded: spot, or the perpetual where the exchange with it is known; a sandbox has spot alone. */
export async function livePrices({ urls, clock, timer, budgets, config, onProgress }: AppParts): Promise<LivePrices> {
  const market = config.futures.enabled && urls.binanceUsdm !== undefined ? 'perpetual' : 'spot';
  const baseUrl = market === 'perpetual' ? urls.binanceUsdm : urls.binance;
  if (baseUrl === undefined) return { quote: async () => undefined, cost: async () => undefined };
  const { fetchBookTicker, fetchOrderBook, HttpClient } = await import('../extraction/index.ts');
  const http = new HttpClient({
    fetch,
    timer,
    budgets,
    rng: createRng(config.model.seed),
    requestTimeoutMs: config.extraction.requestTimeoutS * 1000,
  });
  const ask = async <Reply>(what: string, work: (signal: AbortSignal) => Promise<Reply>): Promise<Reply | undefined> => {
    try {
      return await work(AbortSignal.timeout(QUOTE_TIMEOUT_MS));
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      onProgress(`no ${what} from the exchange: ${error.message}`);
      return undefined;
    }
  };
  return {
    quote: () =>
      ask('price', async (signal) => {
        const { bidPrice, askPrice } = await fetchBookTicker(http, baseUrl, signal, market);
        const priceUsd = money(bidPrice).plus(askPrice).div(2).round(8);
        const spreadBps = priceUsd.gt(0) ? toNumber(money(askPrice).minus(bidPrice).div(priceUsd).times(10_000)) : Number.NaN;
        return { priceUsd, atMs: clock.nowMs(), spreadBps };
      }),
    cost: async (notionalUsd, side) => {
      const book = await ask('order book', (signal) => fetchOrderBook(http, baseUrl, signal, market));
      return book && bookCost(book, notionalUsd, side);
    },
  };
}

import { z } from 'zod';
import type { HttpClient } from '../http/index.ts';
import { readReply } from '../reply-schema.ts';

const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal as text');
const bookTickerSchema = z.object({ bidPrice: decimal, askPrice: decimal });

/** Best bid and ask as the exchange writes them, decimals as text. */
export interface BookTicker {
  readonly bidPrice: string;
  readonly askPrice: string;
}

/** Which of Binance's markets a price is of, and where it is told. */
export const MARKET_PATHS = { spot: '/api/v3', perpetual: '/fapi/v1' } as const;
export type BookMarket = keyof typeof MARKET_PATHS;

/** Asks Binance for the best bid and ask of ETHUSDT. @throws SourceError */
export function fetchBookTicker(
  http: HttpClient,
  baseUrl: string,
  signal: AbortSignal,
  market: BookMarket = 'spot',
): Promise<BookTicker> {
  const url = `${baseUrl.replace(/\/$/, '')}${MARKET_PATHS[market]}/ticker/bookTicker?symbol=ETHUSDT`;
  return http.json({ source: 'binance', url, signal, weight: 2 }, (body) =>
    readReply(bookTickerSchema, body, 'binance.reply_invalid', 'Binance'),
  );
}

import { z } from 'zod';
import type { HttpClient } from '../http/index.ts';
import { readReply } from '../reply-schema.ts';
import { type BookMarket, MARKET_PATHS } from './book-ticker.ts';

const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal as text');
const side = z.array(z.tuple([decimal, decimal]));
const bookSchema = z.object({ bids: side, asks: side });

const LEVELS = 100;

/** Asks Binance for the order book of ETHUSDT, best prices first, decimals as text. @throws SourceError */
export function fetchOrderBook(
  http: HttpClient,
  baseUrl: string,
  signal: AbortSignal,
  market: BookMarket = 'spot',
): Promise<z.infer<typeof bookSchema>> {
  const url = `${baseUrl.replace(/\/$/, '')}${MARKET_PATHS[market]}/depth?symbol=ETHUSDT&limit=${LEVELS}`;
  return http.json({ source: 'binance', url, signal, weight: 5 }, (body) =>
    readReply(bookSchema, body, 'binance.reply_invalid', 'Binance'),
  );
}

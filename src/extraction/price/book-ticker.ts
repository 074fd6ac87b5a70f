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

/** Asks Binance for the best bid and ask of ETHUSDT. @throws SourceError */
export function fetchBookTicker(http: HttpClient, baseUrl: string, signal: AbortSignal): Promise<BookTicker> {
  const url = `${baseUrl.replace(/\/$/, '')}/api/v3/ticker/bookTicker?symbol=ETHUSDT`;
  return http.json({ source: 'binance', url, signal, weight: 2 }, (body) =>
    readReply(bookTickerSchema, body, 'binance.reply_invalid', 'Binance'),
  );
}

import { z } from 'zod';
import type { TimeMs } from '../../domain/index.ts';
import { decimalText } from '../order.ts';
import type { VenueTrade } from './venue-client.ts';

const MAX_PAGES = 20;

const historySchema = z.object({
  result: z.object({
    count: z.coerce.number(),
    trades: z.record(
      z.string(),
      z.object({
        ordertxid: z.string(),
        pair: z.string(),
        time: z.coerce.number(),
        type: z.enum(['buy', 'sell']),
        price: decimalText,
        vol: decimalText,
      }),
    ),
  }),
});

/**
 * `TradesHistory` of a pair since then, page after page. @throws ZodError
 * @param ask sends one signed request
 */
export async function krakenTrades(
  ask: (query: object) => Promise<unknown>,
  symbol: string,
  fromMs: TimeMs,
): Promise<VenueTrade[]> {
  const found = new Map<string, VenueTrade>();
  let seen = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { trades, count } = historySchema.parse(await ask({ start: Math.floor(fromMs / 1000), ofs: seen })).result;
    const entries = Object.entries(trades);
    for (const [tradeId, { ordertxid, pair, time, type, price, vol }] of entries) {
      const atMs = Math.floor(time * 1000);
      if (pair !== symbol || atMs < fromMs) continue;
      found.set(tradeId, { tradeId, venueOrderId: ordertxid, side: type, quantity: vol, priceUsd: price, atMs });
    }
    seen += entries.length;
    if (entries.length === 0 || seen >= count) return [...found.values()];
  }
  throw new Error('there are more trades than are read');
}

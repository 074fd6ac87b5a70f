import { z } from 'zod';
import type { TimeMs } from '../../domain/index.ts';
import { decimalText } from '../order.ts';
import type { BinanceApi } from './open-ccxt-exchange.ts';
import type { VenueTrade } from './venue-client.ts';

const PAGE = 1_000;
const MAX_PAGES = 20;

const id = z.union([z.number(), z.string()]).transform(String);
const tradesSchema = z.array(
  z
    .object({
      id,
      orderId: id,
      price: decimalText,
      qty: decimalText,
      isBuyer: z.boolean(),
      time: z.coerce.number().pipe(z.int()),
    })
    .transform(
      (trade): VenueTrade => ({
        tradeId: trade.id,
        venueOrderId: trade.orderId,
        side: trade.isBuyer ? 'buy' : 'sell',
        quantity: trade.qty,
        priceUsd: trade.price,
        atMs: trade.time,
      }),
    ),
);

/** `myTrades` of a symbol since then, read on by the time of the last one while pages are full. @throws ZodError */
export async function binanceTrades(
  api: Pick<BinanceApi, 'privateGetMyTrades'>,
  symbol: string,
  fromMs: TimeMs,
): Promise<VenueTrade[]> {
  const found: VenueTrade[] = [];
  let startTime = fromMs;
  for (let page = 0; page < MAX_PAGES; page++) {
    const trades = tradesSchema.parse(await api.privateGetMyTrades({ symbol, startTime, limit: PAGE }));
    found.push(...trades.filter(({ atMs }) => atMs >= fromMs));
    if (trades.length < PAGE) return found;
    startTime = Math.max(startTime + 1, ...trades.map(({ atMs }) => atMs));
  }
  throw new Error('there are more trades than are read');
}

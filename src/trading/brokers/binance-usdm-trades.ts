import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import { parseAccountTrades } from './binance-usdm-replies.ts';
import type { BinanceUsdmApi } from './open-ccxt-exchange.ts';
import type { VenueTrade } from './venue-client.ts';

const PAGE = 1_000;
const MAX_PAGES = 40;
/** Trades are told of less than seven days at once. */
const LONGEST_QUERY_MS = 6 * DAY_MS;

/**
 * `userTrades` of a perpetual in a span of time, each once: asked for in pieces of six days, and read on by the time of the
 * last one while pages are full. @throws ZodError
 */
export async function usdmTrades(
  api: Pick<BinanceUsdmApi, 'fapiPrivateGetUserTrades'>,
  symbol: string,
  { fromMs, toMs }: { readonly fromMs: TimeMs; readonly toMs: TimeMs },
): Promise<VenueTrade[]> {
  const found = new Map<string, VenueTrade>();
  let startTime = fromMs;
  for (let page = 0; page < MAX_PAGES; page++) {
    const endTime = startTime + LONGEST_QUERY_MS;
    const query = { symbol, startTime, endTime, limit: PAGE };
    const trades = parseAccountTrades(await api.fapiPrivateGetUserTrades(query));
    for (const trade of trades) if (trade.atMs >= fromMs) found.set(trade.tradeId, trade);
    const lastMs = Math.max(startTime, ...trades.map(({ atMs }) => atMs));
    if (trades.length >= PAGE && lastMs === startTime) break;
    if (trades.length < PAGE && endTime >= toMs) return [...found.values()];
    startTime = trades.length < PAGE ? endTime : lastMs;
  }
  throw new Error('there are more trades than are read');
}

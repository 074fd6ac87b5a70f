import { z } from 'zod';
import { type ClosedCandle, SourceError, type TimeMs } from '../../domain/index.ts';
import { readReply, replyInvalid } from '../reply-schema.ts';

const price = z.array(z.number().nullable());
const seconds = z.union([z.number().min(0), z.date().transform((date) => date.getTime() / 1_000)]);

const chartSchema = z.object({
  meta: z.object({ symbol: z.string(), currency: z.string().nullish() }),
  timestamp: z.array(seconds).optional(),
  indicators: z.object({
    quote: z.array(
      z.object({
        open: price.optional(),
        high: price.optional(),
        low: price.optional(),
        close: price.optional(),
        volume: price.optional(),
      }),
    ),
  }),
});

const COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;

/**
 * One chart result of Yahoo's v8 chart reply -> its closed candles in ascending time. Rows of nulls (no trade) and
 * candles that are not over at `nowMs`, such as the forming one that Yahoo stamps with the last trade, are left out.
 * @throws SourceError `yahoo.reply_invalid` with the path that is wrong, `yahoo.wrong_symbol`
 */
export function parseChart(result: unknown, periodMs: number, nowMs: TimeMs, symbol: string): ClosedCandle[] {
  const { meta, timestamp, indicators } = readReply(chartSchema, result, 'yahoo.reply_invalid', 'Yahoo');
  if (meta.symbol !== symbol) {
    throw new SourceError('yahoo.wrong_symbol', `Yahoo answered about ${meta.symbol}, asked was ${symbol}`);
  }
  if (!timestamp || timestamp.length === 0) return [];
  const quote = indicators.quote[0];
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, quote?.[name] ?? []])) as Record<
    (typeof COLUMNS)[number],
    (number | null)[]
  >;
  for (const name of COLUMNS) {
    if (columns[name].length === timestamp.length) continue;
    const problem = `${columns[name].length} values for ${timestamp.length} times`;
    throw replyInvalid('yahoo.reply_invalid', 'Yahoo', ['indicators', 'quote', '0', name], problem);
  }
  const candles = new Map<TimeMs, ClosedCandle>();
  for (const [i, at] of timestamp.entries()) {
    const openTimeMs = at * 1_000;
    const [open, high, low, close] = [columns.open[i], columns.high[i], columns.low[i], columns.close[i]];
    if (open == null || high == null || low == null || close == null) continue;
    if (openTimeMs % periodMs !== 0 || openTimeMs + periodMs > nowMs) continue;
    const volume = columns.volume[i] ?? Number.NaN;
    candles.set(openTimeMs, { openTimeMs, closeTimeMs: openTimeMs + periodMs, open, high, low, close, volume, closed: true });
  }
  return [...candles.values()].sort((one, other) => one.openTimeMs - other.openTimeMs);
}

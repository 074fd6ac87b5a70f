import { DAY_MS, HOUR_MS, type SeriesInfo } from '../../domain/index.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { candleBatch, candlesCompleteUntil } from './candle-batch.ts';
import { parseChart } from './parse-chart.ts';
import type { FetchChart } from './yahoo-client.ts';

const SYMBOL = 'ETH-USD';
/** Yahoo refuses hourly candles older than 730 days; a day is kept as distance. */
const HOURLY_HISTORY_DAYS = 729;

const base = { dataset: 'price_data', volumeUnit: 'usd', quote: 'USD' } as const;
const HOURLY: SeriesInfo = { ...base, series: 'yahoo:ETH-USD:1h', periodMs: HOUR_MS };
const DAILY: SeriesInfo = { ...base, series: 'yahoo:ETH-USD:1d', periodMs: DAY_MS };

/** Yahoo's hourly candles; before its 730 days there are none, which is complete and not a failure. */
export const createYahooHourly = (fetchChart: FetchChart): SourceExtractor =>
  createYahoo(HOURLY, '1h', 700, HOURLY_HISTORY_DAYS, fetchChart);

/** Yahoo's candles of UTC days. */
export const createYahooDaily = (fetchChart: FetchChart): SourceExtractor =>
  createYahoo(DAILY, '1d', 3_650, Number.POSITIVE_INFINITY, fetchChart);

function createYahoo(
  info: SeriesInfo,
  interval: '1h' | '1d',
  chunkDays: number,
  historyDays: number,
  fetchChart: FetchChart,
): SourceExtractor {
  return {
    dataset: info.dataset,
    name: info.series,
    series: [info.series],
    chunkDays,
    dailyCost: { requests: 1 / chunkDays, bytes: (DAY_MS / info.periodMs) * 90, seconds: 1 / chunkDays },
    async extract(range, { nowMs, signal }) {
      const closedUntilMs = Math.floor(nowMs / info.periodMs) * info.periodMs;
      const firstMs = Math.ceil((nowMs - historyDays * DAY_MS) / info.periodMs) * info.periodMs;
      const startMs = Math.max(range.startMs, firstMs);
      const endMs = Math.min(range.endMs, closedUntilMs);
      if (startMs >= endMs) return { batches: [], complete: completeUpTo(range, closedUntilMs) };
      const result = await fetchChart({ symbol: SYMBOL, interval, startMs, endMs, signal });
      const candles = parseChart(result, info.periodMs, nowMs, SYMBOL).filter(
        ({ openTimeMs }) => openTimeMs >= startMs && openTimeMs < endMs,
      );
      return {
        batches: [candleBatch(info, 'yahoo chart', candles)],
        complete: completeUpTo(range, candlesCompleteUntil(candles, startMs, endMs, nowMs)),
      };
    },
  };
}

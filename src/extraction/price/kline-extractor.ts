import { type ClosedCandle, HOUR_MS, type SeriesInfo } from '../../domain/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { candleBatch, candlesCompleteUntil } from './candle-batch.ts';
import type { FetchKlines } from './kline-client.ts';
import { parseKlines } from './parse-klines.ts';

const SYMBOL = 'ETHUSDT';
const LIMIT = 1_000;
const REQUESTS_AT_ONCE = 4;

const HOURLY: SeriesInfo = {
  dataset: 'price_data',
  series: 'binance:ETHUSDT:1h',
  periodMs: HOUR_MS,
  volumeUnit: 'eth',
  quote: 'USDT',
};

/** Binance's hourly candles: cross-check of Yahoo's, and what a missing bar is taken from. */
export function createKlineExtractor(fetchKlines: FetchKlines): SourceExtractor {
  return {
    dataset: HOURLY.dataset,
    name: HOURLY.series,
    series: [HOURLY.series],
    chunkDays: 400,
    dailyCost: { requests: 24 / 1_000, bytes: 24 * 160, seconds: 0.01 },
    async extract(range, { nowMs, signal }) {
      const endMs = Math.min(range.endMs, Math.floor(nowMs / HOUR_MS) * HOUR_MS);
      const starts: number[] = [];
      for (let startMs = range.startMs; startMs < endMs; startMs += LIMIT * HOUR_MS) starts.push(startMs);
      const pages = await mapConcurrent(starts, REQUESTS_AT_ONCE, async (startMs): Promise<ClosedCandle[]> => {
        const untilMs = Math.min(endMs, startMs + LIMIT * HOUR_MS);
        const body = await fetchKlines({ symbol: SYMBOL, interval: '1h', startMs, endMs: untilMs, limit: LIMIT, signal });
        return parseKlines(body, HOUR_MS, nowMs).filter(({ openTimeMs }) => openTimeMs >= startMs && openTimeMs < untilMs);
      });
      const candles = pages.flat();
      const completeUntilMs = candlesCompleteUntil(candles, range.startMs, endMs, nowMs);
      return { batches: [candleBatch(HOURLY, 'binance klines', candles)], complete: completeUpTo(range, completeUntilMs) };
    },
  };
}

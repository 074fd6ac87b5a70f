import { type ClosedCandle, HOUR_MS, MINUTE_MS, type SeriesInfo, type TimeMs } from '../../domain/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { candleBatch, candlesCompleteUntil } from './candle-batch.ts';
import type { FetchKlines } from './kline-client.ts';
import { parseKlines } from './parse-klines.ts';

const SYMBOL = 'ETHUSDT';
const LIMIT = 1_000;
const REQUESTS_AT_ONCE = 4;
/** So far ahead a machine's clock may be before nothing is done by it. */
const CLOCK_ERROR_MS = MINUTE_MS;

const HOURLY: SeriesInfo = {
  dataset: 'price_data',
  series: 'binance:ETHUSDT:1h',
  periodMs: HOUR_MS,
  volumeUnit: 'eth',
  quote: 'USDT',
};

/**
 * Binance's hourly candles: cross-check of Yahoo's, and what a missing bar is taken from. Whether one that has just ended
 * is closed is asked of the exchange, before the candles are: this machine's clock may be ahead.
 * @param askTime what time it is at the exchange
 */
export function createKlineExtractor(
  fetchKlines: FetchKlines,
  askTime: (signal: AbortSignal) => Promise<TimeMs>,
): SourceExtractor {
  return {
    dataset: HOURLY.dataset,
    name: HOURLY.series,
    series: [HOURLY.series],
    chunkDays: 400,
    dailyCost: { requests: 24 / 1_000, bytes: 24 * 160, seconds: 0.01 },
    async extract(range, { nowMs, signal }) {
      const endMs = Math.min(range.endMs, Math.floor(nowMs / HOUR_MS) * HOUR_MS);
      const isDoubtful = range.startMs < endMs && nowMs - endMs < CLOCK_ERROR_MS;
      const closedUntilMs = isDoubtful ? Math.min(endMs, await askTime(signal)) : endMs;
      const starts: number[] = [];
      for (let startMs = range.startMs; startMs < endMs; startMs += LIMIT * HOUR_MS) starts.push(startMs);
      const pages = await mapConcurrent(starts, REQUESTS_AT_ONCE, async (startMs): Promise<ClosedCandle[]> => {
        const untilMs = Math.min(endMs, startMs + LIMIT * HOUR_MS);
        const body = await fetchKlines({ symbol: SYMBOL, interval: '1h', startMs, endMs: untilMs, limit: LIMIT, signal });
        return parseKlines(body, HOUR_MS, closedUntilMs).filter(
          ({ openTimeMs }) => openTimeMs >= startMs && openTimeMs < untilMs,
        );
      });
      const candles = pages.flat();
      const completeUntilMs = candlesCompleteUntil(candles, range.startMs, endMs, nowMs);
      return { batches: [candleBatch(HOURLY, 'binance klines', candles)], complete: completeUpTo(range, completeUntilMs) };
    },
  };
}

import { DAY_MS, PUBLICATION, type RowBatch, type SeriesInfo, startOfDayMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { type FearGreedDay, parseFearGreed } from './parse-fear-greed.ts';

const SERIES: SeriesInfo = { dataset: 'sentiment_data', series: 'alternative_me:fear_greed:1d', periodMs: DAY_MS };
const { availableMs } = PUBLICATION.fear_greed;

/** The Fear & Greed index. The service counts back from today, so a range costs one request whatever its length. */
export function createFearGreedExtractor(http: HttpClient, baseUrl: string): SourceExtractor {
  return {
    dataset: SERIES.dataset,
    name: SERIES.series,
    series: [SERIES.series],
    chunkDays: 3_650,
    dailyCost: { requests: 1 / 3_650, bytes: 110, seconds: 0.001 },
    async extract(range, { nowMs, signal }) {
      const todayMs = startOfDayMs(nowMs);
      const publishedUntilMs = availableMs(todayMs) <= nowMs ? todayMs + DAY_MS : todayMs;
      const endMs = Math.min(range.endMs, publishedUntilMs);
      if (range.startMs >= endMs) return { batches: [], complete: [] };
      const limit = Math.max(2, (todayMs - startOfDayMs(range.startMs)) / DAY_MS + 2);
      const url = `${baseUrl.replace(/\/$/, '')}/fng/?limit=${limit}`;
      const days = (await http.json({ source: 'fearGreed', url, signal }, parseFearGreed)).filter(
        ({ dayMs }) => dayMs >= range.startMs && dayMs < endMs,
      );
      const last = days.at(-1)?.dayMs;
      const isTodayMissing = endMs > todayMs && last !== todayMs;
      return { batches: [fearGreedBatch(days)], complete: completeUpTo(range, isTodayMissing ? todayMs : endMs) };
    },
  };
}

const fearGreedBatch = (days: readonly FearGreedDay[]): RowBatch => ({
  ...SERIES,
  source: 'alternative.me /fng/',
  timeMs: Float64Array.from(days, ({ dayMs }) => dayMs),
  endMs: Float64Array.from(days, ({ dayMs }) => dayMs + DAY_MS),
  availableTimeMs: Float64Array.from(days, ({ dayMs }) => availableMs(dayMs)),
  numbers: { fear_greed: Float64Array.from(days, ({ value }) => value) },
});

import { DAY_MS, PUBLICATION, type SeriesInfo, startOfDayMs, type TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import { completeUpTo, type SourceExtractor } from '../source-extractor.ts';
import { type Post, parseFeed } from './parse-feed.ts';
import { createTextScorer } from './score-text.ts';

const SERIES: SeriesInfo = { dataset: 'sentiment_data', series: 'feeds:ether:1d', periodMs: DAY_MS };
const FEEDS_AT_ONCE = 4;
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Headlines and posts of feeds, scored and averaged by day. A feed holds only its newest entries: days before its oldest
 * one have no row, and no row means not known, not that nothing was written.
 */
export function createFeedExtractor(http: HttpClient, feeds: readonly string[]): SourceExtractor {
  return {
    dataset: SERIES.dataset,
    name: `${SERIES.series} ${feeds.length}`,
    series: [SERIES.series],
    chunkDays: 3_650,
    dailyCost: { requests: 0, bytes: 0, seconds: 0 },
    async extract(range, { nowMs, signal }) {
      const endMs = Math.min(range.endMs, startOfDayMs(nowMs));
      if (range.startMs >= endMs) return { batches: [], complete: [] };
      const posts = await mapConcurrent(feeds, FEEDS_AT_ONCE, (url) =>
        http.text({ source: `feed ${new URL(url).host}`, url, signal, maxBytes: MAX_BYTES }, parseFeed),
      );
      const score = await createTextScorer();
      const days = sumDays(posts.flat(), score).filter(({ dayMs }) => dayMs >= range.startMs && dayMs < endMs);
      const batch = {
        ...SERIES,
        source: 'feeds',
        timeMs: Float64Array.from(days, ({ dayMs }) => dayMs),
        endMs: Float64Array.from(days, ({ dayMs }) => dayMs + DAY_MS),
        availableTimeMs: Float64Array.from(days, ({ dayMs }) => PUBLICATION.custom.availableMs(dayMs, dayMs + DAY_MS)),
        numbers: {
          score_mean: Float64Array.from(days, ({ mean }) => mean),
          post_count: Float64Array.from(days, ({ count }) => count),
        },
      };
      return { batches: [batch], complete: completeUpTo(range, endMs) };
    },
  };
}

interface DayOfPosts {
  readonly dayMs: TimeMs;
  readonly mean: number;
  readonly count: number;
}

/** Posts of several feeds by UTC day, ascending, each id once; the oldest day is left out, it may be cut. */
export function sumDays(posts: readonly Post[], score: (text: string) => number): DayOfPosts[] {
  const days = new Map<TimeMs, { sum: number; count: number }>();
  for (const { timeMs, text } of new Map(posts.map((post) => [post.id, post])).values()) {
    const dayMs = startOfDayMs(timeMs);
    const day = days.get(dayMs) ?? { sum: 0, count: 0 };
    day.sum += score(text);
    day.count += 1;
    days.set(dayMs, day);
  }
  return [...days]
    .sort(([one], [other]) => one - other)
    .slice(1)
    .map(([dayMs, { sum, count }]) => ({ dayMs, mean: sum / count, count }));
}

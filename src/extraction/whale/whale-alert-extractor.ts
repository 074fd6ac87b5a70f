import { DAY_MS, HOUR_MS, SECOND_MS, SourceError, type TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import { completeUpTo, type SourceExtractor, type TimeRange } from '../source-extractor.ts';
import { parseTransactions } from './parse-transactions.ts';
import { type WhaleTransfer, whaleBatch, whalePublishedUntilMs } from './whale-transfer.ts';

export interface WhaleAlertOptions {
  readonly http: HttpClient;
  readonly baseUrl: string;
  readonly key: string;
  /** The API's own threshold, in USD; 500,000 is the lowest of the free plan. */
  readonly minValueUsd?: number;
}

const SERIES = 'whale_alert:eth:tx';
/** The API takes at most an hour in one question, and gives at most 100 transactions in one answer. */
const WINDOW_MS = HOUR_MS;
const PAGE = 100;
const MAX_PAGES = 1_000;
const WINDOWS_AT_ONCE = 4;
/** With less process time than this left no new window is begun. */
const SPARE_MS = 15_000;

/** Whale Alert's transactions of Ether, hour by hour, each with all its pages. */
export function createWhaleAlertExtractor(options: WhaleAlertOptions): SourceExtractor {
  return {
    dataset: 'whale_data',
    name: SERIES,
    series: [SERIES],
    chunkDays: 10,
    dailyCost: { requests: 2 * (DAY_MS / WINDOW_MS), bytes: 24 * PAGE * 600, seconds: 2 * (DAY_MS / WINDOW_MS) * 6 },
    async extract(range, { nowMs, signal, remainingMs }) {
      const endMs = Math.min(range.endMs, whalePublishedUntilMs(nowMs));
      const transfers: WhaleTransfer[] = [];
      let completeUntilMs = range.startMs;
      while (completeUntilMs < endMs && remainingMs() > SPARE_MS) {
        const windows = nextWindows(completeUntilMs, endMs);
        const found = await mapConcurrent(windows, WINDOWS_AT_ONCE, (window) => readWindow(options, window, signal));
        transfers.push(...found.flat());
        completeUntilMs = windows.at(-1)?.endMs ?? endMs;
      }
      return {
        batches: [whaleBatch(SERIES, 'whale alert /v1/transactions', transfers)],
        complete: completeUpTo(range, completeUntilMs),
      };
    },
  };
}

function nextWindows(startMs: TimeMs, endMs: TimeMs): TimeRange[] {
  const windows: TimeRange[] = [];
  for (let at = startMs; at < endMs && windows.length < WINDOWS_AT_ONCE; at += WINDOW_MS) {
    windows.push({ startMs: at, endMs: Math.min(endMs, at + WINDOW_MS) });
  }
  return windows;
}

async function readWindow(options: WhaleAlertOptions, window: TimeRange, signal: AbortSignal): Promise<WhaleTransfer[]> {
  const { http, baseUrl, key, minValueUsd = 500_000 } = options;
  const transfers: WhaleTransfer[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({
      api_key: key,
      min_value: String(minValueUsd),
      start: String(window.startMs / SECOND_MS),
      end: String(window.endMs / SECOND_MS),
      limit: String(PAGE),
      ...(cursor !== undefined && { cursor }),
    });
    const url = `${baseUrl.replace(/\/$/, '')}/v1/transactions?${query}`;
    const reply = await http.json({ source: 'whaleAlert', url, signal }, parseTransactions);
    transfers.push(...reply.transfers.filter(({ timeMs }) => timeMs >= window.startMs && timeMs < window.endMs));
    if (reply.count < PAGE || reply.cursor === undefined || reply.cursor === cursor) return transfers;
    cursor = reply.cursor;
  }
  throw new SourceError('whale_alert.endless_pages', `Whale Alert gave more than ${MAX_PAGES} pages for one hour`);
}

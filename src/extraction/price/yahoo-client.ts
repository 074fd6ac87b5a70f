import { AppError, SourceError, type TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';

/** One result of a chart reply, not yet looked at. */
export type FetchChart = (query: {
  readonly symbol: string;
  readonly interval: '1h' | '1d';
  readonly startMs: TimeMs;
  readonly endMs: TimeMs;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

const silent = { info() {}, warn() {}, error() {}, debug() {}, dir() {} };

/**
 * Yahoo's chart API through yahoo-finance2, whose requests go out by our own HTTP client to `baseUrl`. The library is
 * loaded at the first request.
 */
export function createYahooClient(http: HttpClient, baseUrl: string): FetchChart {
  return async ({ symbol, interval, startMs, endMs, signal }) => {
    const { default: YahooFinance } = await import('yahoo-finance2');
    let failure: unknown;
    const client = new YahooFinance({
      versionCheck: false,
      logger: silent,
      validation: { logErrors: false, logOptionsErrors: false },
      queue: { concurrency: 8 },
      fetch: async (input: string | URL | Request, init?: RequestInit) => {
        const asked = new URL(input instanceof Request ? input.url : input);
        const url = baseUrl.replace(/\/$/, '') + asked.pathname + asked.search;
        const headers = Object.fromEntries(new Headers(init?.headers));
        try {
          const body = await http.json({ source: 'yahoo', url, headers, signal }, checkChart);
          return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
        } catch (error) {
          failure = error;
          throw error;
        }
      },
    });
    const query = { interval, period1: startMs / 1_000, period2: endMs / 1_000, return: 'object' as const };
    try {
      return await client.chart(symbol, query, { validateResult: false });
    } catch (cause) {
      if (failure !== undefined) throw failure;
      if (cause instanceof AppError) throw cause;
      throw new SourceError('yahoo.failed', `Yahoo: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  };
}

/** A reply that says an error with status 200, or holds no result, is told apart here, before the library sees it. */
function checkChart(body: unknown): unknown {
  const chart = body !== null && typeof body === 'object' && 'chart' in body ? body.chart : undefined;
  if (chart === null || typeof chart !== 'object') {
    throw new SourceError('yahoo.reply_invalid', 'Yahoo: chart: missing', { details: { path: 'chart', retryable: true } });
  }
  if ('error' in chart && chart.error) {
    throw new SourceError('yahoo.refused', `Yahoo refused: ${JSON.stringify(chart.error).slice(0, 200)}`);
  }
  if (!('result' in chart) || !Array.isArray(chart.result) || chart.result.length === 0) {
    throw new SourceError('yahoo.reply_invalid', 'Yahoo: chart.result: missing', {
      details: { path: 'chart.result', retryable: true },
    });
  }
  return body;
}

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SourceError, type TimeMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';

/** A klines reply, not yet looked at. */
export type FetchKlines = (query: {
  readonly symbol: string;
  readonly interval: '1h' | '1m';
  readonly startMs: TimeMs;
  readonly endMs: TimeMs;
  readonly limit: number;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

interface BinanceClass {
  new (
    options: object,
  ): {
    urls: unknown;
    fetchImplementation: unknown;
    publicGetKlines(query: object): Promise<unknown>;
  };
}

/** Only the one exchange class: the whole of ccxt takes most of a second to load. */
async function loadBinance(): Promise<BinanceClass> {
  const main = createRequire(import.meta.url).resolve('ccxt');
  const file = new URL('../js/src/binance.js', pathToFileURL(main));
  const loaded: { default: BinanceClass } = await import(file.href);
  return loaded.default;
}

/** Every REST host inside ccxt's table of URLs replaced by `baseUrl`; paths stay. */
function redirectUrls(urls: unknown, baseUrl: string): unknown {
  if (typeof urls === 'string') return urls.replace(/^https:\/\/[^/]+/, baseUrl.replace(/\/$/, ''));
  if (urls === null || typeof urls !== 'object') return urls;
  return Object.fromEntries(Object.entries(urls).map(([key, value]) => [key, redirectUrls(value, baseUrl)]));
}

/**
 * Binance's klines through ccxt, whose requests go out by our own HTTP client to `baseUrl`. Times and limits come from
 * the caller, so that no market table has to be loaded first. The class is loaded at the first request.
 */
export function createKlineClient(http: HttpClient, baseUrl: string): FetchKlines {
  let loading: Promise<BinanceClass> | undefined;
  return async ({ symbol, interval, startMs, endMs, limit, signal }) => {
    loading ??= loadBinance();
    const Binance = await loading;
    const exchange = new Binance({ enableRateLimit: false, timeout: 600_000 });
    exchange.urls = redirectUrls(exchange.urls, baseUrl);
    let failure: unknown;
    exchange.fetchImplementation = async (url: string, init: { method?: string; headers?: Record<string, string> }) => {
      try {
        const body = await http.json(
          { source: 'binance', url, headers: init.headers ?? {}, signal, weight: 2 },
          (reply) => reply,
        );
        return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    try {
      return await exchange.publicGetKlines({ symbol, interval, startTime: startMs, endTime: endMs - 1, limit });
    } catch (cause) {
      if (failure !== undefined) throw failure;
      throw new SourceError('binance.failed', `Binance: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  };
}

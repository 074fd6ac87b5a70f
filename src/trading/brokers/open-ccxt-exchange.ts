import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { type Clock, ConfigError } from '../../domain/index.ts';

/** The calls of ccxt's Binance class that the broker makes: its signing, transport and error mapping, raw replies. */
export interface BinanceApi {
  publicGetTime(parameters?: object): Promise<unknown>;
  publicGetExchangeInfo(parameters: object): Promise<unknown>;
  publicGetTickerPrice(parameters: object): Promise<unknown>;
  privateGetAccount(parameters?: object): Promise<unknown>;
  privatePostOrder(parameters: object): Promise<unknown>;
  privateGetOrder(parameters: object): Promise<unknown>;
  privateDeleteOrder(parameters: object): Promise<unknown>;
  privateGetOpenOrders(parameters: object): Promise<unknown>;
  privateGetAllOrders(parameters: object): Promise<unknown>;
  privatePostOrderListOco(parameters: object): Promise<unknown>;
  privateGetOrderList(parameters: object): Promise<unknown>;
  privateDeleteOrderList(parameters: object): Promise<unknown>;
  privateGetMyTrades(parameters: object): Promise<unknown>;
  sapiGetAccountApiRestrictions(parameters?: object): Promise<unknown>;
  milliseconds(): number;
  urls: Record<string, unknown>;
}

export interface CcxtOptions {
  readonly apiKey: string;
  readonly secret: string;
  /** Stands for https://api.binance.com; the real one when absent. */
  readonly baseUrl?: string;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  readonly recvWindowMs: number;
  /** Pause per unit of request weight; the venue's own where absent, 0 for none. */
  readonly weightPauseMs?: number;
}

/**
 * ccxt's Binance class alone: importing all of ccxt costs three times the start-up time and memory. Time comes from the
 * injected clock, and no request is ever repeated by ccxt itself.
 * @throws ConfigError `exchange.not_available`
 */
export async function openCcxtBinance(options: CcxtOptions): Promise<BinanceApi> {
  const Binance = await loadClass('binance');
  const exchange = new Binance({
    apiKey: options.apiKey,
    secret: options.secret,
    timeout: options.requestTimeoutMs,
    enableRateLimit: options.weightPauseMs !== 0,
    ...(options.weightPauseMs ? { rateLimit: options.weightPauseMs } : {}),
    options: {
      recvWindow: options.recvWindowMs,
      maxRetriesOnFailure: 0,
      adjustForTimeDifference: false,
      fetchMarkets: { types: ['spot'] },
      fetchCurrencies: false,
      fetchMargins: false,
    },
  });
  exchange.milliseconds = () => options.clock.nowMs();
  if (options.baseUrl !== undefined) exchange.urls = replaceHosts(exchange.urls, options.baseUrl) as Record<string, unknown>;
  return exchange;
}

const moduleSchema = z.object({ default: z.custom<new (config: object) => BinanceApi>((value) => typeof value === 'function') });

/** ccxt's `exports` hide the files of single exchanges; a file URL reaches them. */
async function loadClass(name: string): Promise<new (config: object) => BinanceApi> {
  const entry = createRequire(import.meta.url).resolve('ccxt');
  const file = join(dirname(entry), '..', 'js', 'src', `${name}.js`);
  try {
    return moduleSchema.parse(await import(pathToFileURL(file).href)).default;
  } catch (cause) {
    throw new ConfigError('exchange.not_available', `ccxt has no exchange ${name}`, {
      hint: 'Run `npm ci` again.',
      details: { file },
      cause,
    });
  }
}

/** Every https host replaced by `baseUrl`, paths kept. */
function replaceHosts(value: unknown, baseUrl: string): unknown {
  if (typeof value === 'string') return value.replace(/^https?:\/\/[^/]+/, baseUrl.replace(/\/$/, ''));
  if (Array.isArray(value)) return value.map((one) => replaceHosts(one, baseUrl));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaceHosts(one, baseUrl)]));
}

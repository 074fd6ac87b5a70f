import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ConfigError, type TimeMs } from '../../domain/index.ts';
import { type HostBudget, HostClosed, pauseAskedMs } from './host-budgets.ts';
import { keepReplyStatus, type ReplyJudge } from './reply-status.ts';

/** What the broker needs of every class of ccxt. */
export interface CcxtApi extends ReplyJudge {
  milliseconds(): number;
  /** Of the computer's clock unless replaced, whatever `milliseconds` is. */
  seconds(): number;
  urls: Record<string, unknown>;
  /** Every call ends here, before it is signed. */
  request(path: string, api: unknown, method: string, parameters: object, ...rest: unknown[]): Promise<unknown>;
  throttle(cost: number): Promise<unknown>;
  calculateRateLimiterCost(api: unknown, method: string, path: string, parameters: object, config: unknown): number;
  /** Sees every reply with its headers, whatever its status. */
  onRestResponse(status: number, statusText: string, url: string, method: string, headers: ReplyHeaders, body: string): string;
}

type ReplyHeaders = Readonly<Record<string, string | undefined>>;

/** The calls of ccxt's Binance class that are made: its signing, transport and error mapping, raw replies. */
export interface BinanceApi extends CcxtApi {
  publicGetTime(parameters?: object): Promise<unknown>;
  publicGetExchangeInfo(parameters: object): Promise<unknown>;
  publicGetKlines(parameters: object): Promise<unknown>;
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
  sapiGetSystemStatus(parameters?: object): Promise<unknown>;
  sapiGetAccountApiRestrictions(parameters?: object): Promise<unknown>;
}

/** The same of its Binance USDⓈ-M class. */
export interface BinanceUsdmApi extends CcxtApi {
  fapiPublicGetTime(parameters?: object): Promise<unknown>;
  fapiPublicGetExchangeInfo(parameters?: object): Promise<unknown>;
  fapiPublicGetKlines(parameters: object): Promise<unknown>;
  fapiPrivatePostOrder(parameters: object): Promise<unknown>;
  fapiPrivateGetOrder(parameters: object): Promise<unknown>;
  fapiPrivateDeleteOrder(parameters: object): Promise<unknown>;
  fapiPrivateGetOpenOrders(parameters: object): Promise<unknown>;
  fapiPrivateGetAllOrders(parameters: object): Promise<unknown>;
  fapiPrivateGetUserTrades(parameters: object): Promise<unknown>;
  fapiPrivateGetIncome(parameters: object): Promise<unknown>;
  fapiPrivateGetPositionSideDual(parameters?: object): Promise<unknown>;
  fapiPrivatePostMarginType(parameters: object): Promise<unknown>;
  fapiPrivatePostLeverage(parameters: object): Promise<unknown>;
  fapiPrivateV3GetBalance(parameters?: object): Promise<unknown>;
  fapiPrivateV3GetPositionRisk(parameters: object): Promise<unknown>;
}

/** The same of its Kraken class. */
export interface KrakenApi extends CcxtApi {
  publicGetTime(parameters?: object): Promise<unknown>;
  publicGetSystemStatus(parameters?: object): Promise<unknown>;
  publicGetAssetPairs(parameters: object): Promise<unknown>;
  publicGetTicker(parameters: object): Promise<unknown>;
  privatePostBalanceEx(parameters?: object): Promise<unknown>;
  privatePostAddOrder(parameters: object): Promise<unknown>;
  privatePostCancelOrder(parameters: object): Promise<unknown>;
  privatePostOpenOrders(parameters: object): Promise<unknown>;
  privatePostClosedOrders(parameters: object): Promise<unknown>;
  privatePostQueryOrders(parameters: object): Promise<unknown>;
  privatePostQueryTrades(parameters: object): Promise<unknown>;
  privatePostTradesHistory(parameters: object): Promise<unknown>;
  nonce(): number;
}

/** The same of its Coinbase class (Advanced Trade, v3). */
export interface CoinbaseApi extends CcxtApi {
  v3PublicGetBrokerageTime(parameters?: object): Promise<unknown>;
  v3PublicGetBrokerageMarketProductsProductId(parameters: object): Promise<unknown>;
  v3PrivateGetBrokerageAccounts(parameters: object): Promise<unknown>;
  v3PrivateGetBrokerageKeyPermissions(parameters?: object): Promise<unknown>;
  v3PrivateGetBrokerageOrdersHistoricalBatch(parameters: object): Promise<unknown>;
  v3PrivateGetBrokerageOrdersHistoricalFills(parameters: object): Promise<unknown>;
  v3PrivateGetBrokerageOrdersHistoricalOrderId(parameters: object): Promise<unknown>;
  v3PrivatePostBrokerageOrders(parameters: object): Promise<unknown>;
  v3PrivatePostBrokerageOrdersBatchCancel(parameters: object): Promise<unknown>;
}

export interface CcxtOptions {
  readonly apiKey: string;
  readonly secret: string;
  /** Stands for every host of the exchange; the real ones when absent. */
  readonly baseUrl?: string;
  /** What requests are signed with. */
  readonly nowMs: () => TimeMs;
  readonly requestTimeoutMs: number;
  /** Of the class, besides those that hold for all. */
  readonly options?: object;
  /** Pause per unit of request weight; the venue's own where absent, 0 for none. */
  readonly weightPauseMs?: number;
  /** What the venue's host grants, shared with everybody in the process who asks it. */
  readonly budget: HostBudget;
  /**
   * Calls, as `POST order`, that never wait: orders, because a signature ages, and the time, because waiting would be
   * measured with it. Their weight is counted.
   */
  readonly urgent: RegExp;
  /** In a reply of whatever status: the venue wants to be left alone, and does not say for how long. */
  readonly pauseOn?: RegExp;
  /** What the host counts a call as, for one of ccxt's own units; 1 unless told. */
  readonly weightPerCost?: number;
}

/**
 * One class of ccxt alone: importing all of ccxt costs three times the start-up time and memory. Time comes from the
 * injected clock, and no request is ever repeated by ccxt itself.
 * @throws ConfigError `exchange.not_available`
 */
export async function openCcxtExchange<Api extends CcxtApi>(name: string, options: CcxtOptions): Promise<Api> {
  const Exchange = await loadClass<Api>(name);
  const exchange = new Exchange({
    apiKey: options.apiKey,
    secret: options.secret,
    timeout: options.requestTimeoutMs,
    enableRateLimit: false,
    ...(options.weightPauseMs ? { rateLimit: options.weightPauseMs } : {}),
    options: {
      maxRetriesOnFailure: 0,
      adjustForTimeDifference: false,
      ...options.options,
    },
  });
  exchange.milliseconds = options.nowMs;
  exchange.seconds = () => Math.floor(options.nowMs() / 1000);
  if (options.baseUrl !== undefined) exchange.urls = replaceHosts(exchange.urls, options.baseUrl) as Record<string, unknown>;
  keepBudget(exchange, options);
  keepReplyStatus(exchange);
  return exchange;
}

/**
 * Every call waits before it is signed, and is not sent at all while the host wants to be left alone; what a reply asks for
 * closes the host for everybody.
 */
function keepBudget(exchange: CcxtApi, { budget, urgent, pauseOn, weightPerCost = 1, weightPauseMs }: CcxtOptions): void {
  const request = exchange.request.bind(exchange);
  exchange.request = async (path, api, method, parameters, ...rest) => {
    const closedInMs = budget.closedInMs();
    if (closedInMs > 0) throw new HostClosed(closedInMs);
    const cost = exchange.calculateRateLimiterCost(api, method, path, parameters, rest[2] ?? {});
    const send = () => request(path, api, method, parameters, ...rest);
    if (urgent.test(`${method} ${path}`)) {
      budget.spend(cost * weightPerCost);
      return send();
    }
    if (weightPauseMs !== 0) await exchange.throttle(cost);
    return budget.run(undefined, send, cost * weightPerCost);
  };
  const onReply = exchange.onRestResponse.bind(exchange);
  exchange.onRestResponse = (status, statusText, url, method, headers, body, ...rest) => {
    const pauseMs = pauseAskedMs(pauseOn?.test(body) ? 429 : status, headers);
    if (pauseMs !== undefined) budget.pause(pauseMs);
    return onReply(status, statusText, url, method, headers, body, ...rest);
  };
}

type ExchangeClass<Api> = new (config: object) => Api;

/** ccxt's `exports` hide the files of single exchanges; a file URL reaches them. */
async function loadClass<Api>(name: string): Promise<ExchangeClass<Api>> {
  const moduleSchema = z.object({ default: z.custom<ExchangeClass<Api>>((value) => typeof value === 'function') });
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

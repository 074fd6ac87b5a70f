import type { TimeMs } from '../../domain/index.ts';
import type { BrokerCapabilities, OrderReference } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import { binanceOrderLists } from './binance-order-lists.ts';
import {
  parseAccountId,
  parseBalances,
  parseMayWithdraw,
  parseOrder,
  parseOrders,
  parseServerTime,
  parseSymbolRules,
  parseTickerPrice,
  parseTrades,
} from './binance-replies.ts';
import { binanceTrades } from './binance-trades.ts';
import { classifyExchangeError, exchangeErrorCode, isNotFound } from './classify-exchange-error.ts';
import { type BinanceApi, openCcxtExchange } from './open-ccxt-exchange.ts';
import type { VenueClient, VenueOrder, VenueOrderLists } from './venue-client.ts';
import { VENUE_CAPABILITIES, type VenueClientOptions } from './venues.ts';

const PAGE = 1_000;
const MARGIN_MS = 1_000;
const TIMESTAMP_OUTSIDE_WINDOW = -1021;

/** Binance spot: orders under our id, found by it; the receive window ends what was not accepted in time. */
export class BinanceClient implements VenueClient {
  readonly capabilities: BrokerCapabilities;
  readonly orderLists: VenueOrderLists;
  readonly #api: BinanceApi;
  readonly #venueNowMs: () => TimeMs;

  private constructor(api: BinanceApi, { recvWindowMs, venueNowMs }: VenueClientOptions) {
    this.#api = api;
    this.#venueNowMs = venueNowMs;
    this.orderLists = binanceOrderLists(api, () => this.#signed());
    this.capabilities = { ...VENUE_CAPABILITIES.binance, acceptanceWindowMs: recvWindowMs + MARGIN_MS };
  }

  /** @throws ConfigError `exchange.not_available` */
  static async open(options: VenueClientOptions): Promise<BinanceClient> {
    const api = await openCcxtExchange<BinanceApi>('binance', {
      ...options,
      nowMs: options.venueNowMs,
      options: {
        recvWindow: options.recvWindowMs,
        fetchMarkets: { types: ['spot'] },
        fetchCurrencies: false,
        fetchMargins: false,
      },
    });
    return new BinanceClient(api, options);
  }

  readonly classify = classifyExchangeError;
  readonly isWrongTime = (error: unknown): boolean => exchangeErrorCode(error) === TIMESTAMP_OUTSIDE_WINDOW;

  serverTime = async () => parseServerTime(await this.#api.publicGetTime());

  market = async (symbol: string) => parseSymbolRules(await this.#api.publicGetExchangeInfo({ symbol }), symbol);

  place = async (intent: OrderIntent) =>
    parseOrder(await this.#api.privatePostOrder({ ...orderParameters(intent), ...this.#signed() }));

  /** Under its id, among open orders, and among all orders since it was planned. */
  async find({ symbol, clientOrderId }: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined> {
    try {
      return parseOrder(await this.#api.privateGetOrder({ symbol, origClientOrderId: clientOrderId, ...this.#signed() }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const isIt = (order: VenueOrder) => order.clientOrderId === clientOrderId;
    const open = await this.openOrders(symbol);
    const query = { symbol, startTime: fromMs, limit: PAGE, ...this.#signed() };
    const all = parseOrders(await this.#api.privateGetAllOrders(query));
    const found = open.find(isIt) ?? all.find(isIt);
    if (found === undefined && all.length >= PAGE) throw new Error('there are more orders than one reply holds');
    return found;
  }

  cancel = async ({ symbol, clientOrderId }: OrderReference) =>
    parseOrder(await this.#api.privateDeleteOrder({ symbol, origClientOrderId: clientOrderId, ...this.#signed() }));

  openOrders = async (symbol: string) => parseOrders(await this.#api.privateGetOpenOrders({ symbol, ...this.#signed() }));

  async executions(order: VenueOrder, symbol: string) {
    const query = { symbol, orderId: order.venueOrderId, limit: PAGE, ...this.#signed() };
    return parseTrades(await this.#api.privateGetMyTrades(query), order.venueOrderId);
  }

  recentTrades = (symbol: string, fromMs: TimeMs) => binanceTrades(this.#api, symbol, fromMs, () => this.#signed());

  balances = async () => parseBalances(await this.#api.privateGetAccount(this.#signed()));

  price = async (asset: string, quoteAsset: string) =>
    parseTickerPrice(await this.#api.publicGetTickerPrice({ symbol: `${asset}${quoteAsset}` }));

  accountId = async () => parseAccountId(await this.#api.privateGetAccount(this.#signed()));

  mayWithdraw = async () => parseMayWithdraw(await this.#api.sapiGetAccountApiRestrictions(this.#signed()));

  #signed(): { readonly timestamp: TimeMs } {
    return { timestamp: this.#venueNowMs() };
  }
}

function orderParameters(intent: OrderIntent): Record<string, string> {
  const base = {
    symbol: intent.symbol,
    side: intent.side.toUpperCase(),
    quantity: intent.quantity,
    newClientOrderId: intent.clientOrderId,
    newOrderRespType: 'FULL',
  };
  if (intent.type === 'market' || intent.limitPriceUsd === undefined) return { ...base, type: 'MARKET' };
  if (intent.postOnly === true) return { ...base, type: 'LIMIT_MAKER', price: intent.limitPriceUsd };
  return { ...base, type: 'LIMIT', timeInForce: 'GTC', price: intent.limitPriceUsd };
}

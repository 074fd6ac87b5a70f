import { MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import type { BrokerCapabilities, OrderReference } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import { binanceOrderLists } from './binance-order-lists.ts';
import {
  parseAccountId,
  parseBalances,
  parseFirstClose,
  parseIsMaintained,
  parseKeyRights,
  parseOrder,
  parseOrders,
  parseServerTime,
  parseSymbolRules,
  parseTrades,
} from './binance-replies.ts';
import { binanceTrades } from './binance-trades.ts';
import { classifyExchangeError, exchangeErrorCode, isNotFound } from './classify-exchange-error.ts';
import { type BinanceApi, openCcxtExchange } from './open-ccxt-exchange.ts';
import type { VenueClient, VenueOrder, VenueOrderLists, VenueTrade } from './venue-client.ts';
import { VENUE_CAPABILITIES, type VenueClientOptions } from './venues.ts';

const PAGE = 1_000;
const MARGIN_MS = 1_000;
const TIMESTAMP_OUTSIDE_WINDOW = -1021;
const INVALID_SYMBOL = -1121;
/** ccxt writes a fifth of the weight that Binance states. */
const WEIGHT_PER_COST = 5;

/** Binance spot: orders under our id, found by it; the receive window ends what was not accepted in time. */
export class BinanceClient implements VenueClient {
  readonly capabilities: BrokerCapabilities;
  readonly orderLists: VenueOrderLists;
  readonly #api: BinanceApi;
  readonly #lastMarkets = new Map<string, SymbolMarket>();

  private constructor(api: BinanceApi, { recvWindowMs }: VenueClientOptions) {
    this.#api = api;
    this.orderLists = binanceOrderLists(api);
    this.capabilities = { ...VENUE_CAPABILITIES.binance, acceptanceWindowMs: recvWindowMs + MARGIN_MS };
  }

  /** @throws ConfigError `exchange.not_available` */
  static async open(options: VenueClientOptions): Promise<BinanceClient> {
    const api = await openCcxtExchange<BinanceApi>('binance', {
      ...options,
      nowMs: options.venueNowMs,
      urgent: /^(POST|DELETE) order|^GET time$/,
      weightPerCost: WEIGHT_PER_COST,
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

  /** While the exchange is maintained its rules may not be told: then those that were told last stand. */
  async market(symbol: string): Promise<SymbolMarket | undefined> {
    const maintenance = this.#isMaintained();
    try {
      const market = parseSymbolRules(await this.#api.publicGetExchangeInfo({ symbol }), symbol);
      if (market !== undefined) this.#lastMarkets.set(symbol, market);
      return market !== undefined && (await maintenance) ? { ...market, status: 'maintenance' } : market;
    } catch (error) {
      if (exchangeErrorCode(error) === INVALID_SYMBOL) return undefined;
      const last = this.#lastMarkets.get(symbol);
      if (last !== undefined && (await maintenance)) return { ...last, status: 'maintenance' };
      throw error;
    }
  }

  /** The testnet has no such answer; where there is none, the status of the symbol says what can be traded. */
  async #isMaintained(): Promise<boolean> {
    try {
      return parseIsMaintained(await this.#api.sapiGetSystemStatus());
    } catch {
      return false;
    }
  }

  place = async (intent: OrderIntent) => parseOrder(await this.#api.privatePostOrder(orderParameters(intent)));

  /** Under its id, among open orders, all orders since it was planned, and the orders of all executions since then. */
  async find(reference: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined> {
    const { symbol, clientOrderId } = reference;
    const byId = await this.#order({ symbol, origClientOrderId: clientOrderId });
    if (byId !== undefined) return byId;
    const isIt = (order: VenueOrder) => order.clientOrderId === clientOrderId;
    const since = { symbol, startTime: fromMs, limit: PAGE };
    const all = [...(await this.openOrders(symbol)), ...parseOrders(await this.#api.privateGetAllOrders(since))];
    const found = all.find(isIt);
    if (found !== undefined) return found;
    if (all.length >= PAGE) throw new Error('there are more orders than one reply holds');
    return this.#findByTrades(reference, all, await this.recentTrades(symbol, fromMs));
  }

  /** Executions do not name our id: every order of theirs that was not seen yet is asked for. */
  async #findByTrades({ symbol, clientOrderId }: OrderReference, seen: readonly VenueOrder[], trades: readonly VenueTrade[]) {
    const known = new Set(seen.map(({ venueOrderId }) => venueOrderId));
    for (const orderId of new Set(trades.map(({ venueOrderId }) => venueOrderId))) {
      if (known.has(orderId)) continue;
      const order = await this.#order({ symbol, orderId });
      if (order === undefined) throw new Error(`there are executions of order ${orderId}, which is not shown`);
      if (order.clientOrderId === clientOrderId) return order;
    }
    return undefined;
  }

  async #order(query: object): Promise<VenueOrder | undefined> {
    try {
      return parseOrder(await this.#api.privateGetOrder(query));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  cancel = async ({ symbol, clientOrderId }: OrderReference) =>
    parseOrder(await this.#api.privateDeleteOrder({ symbol, origClientOrderId: clientOrderId }));

  openOrders = async (symbol: string) => parseOrders(await this.#api.privateGetOpenOrders({ symbol }));

  async executions(order: VenueOrder, symbol: string) {
    const query = { symbol, orderId: order.venueOrderId, limit: PAGE };
    return parseTrades(await this.#api.privateGetMyTrades(query), order.venueOrderId);
  }

  recentTrades = (symbol: string, fromMs: TimeMs) => binanceTrades(this.#api, symbol, fromMs);

  clientOrderIdOf = async (symbol: string, orderId: string) => (await this.#order({ symbol, orderId }))?.clientOrderId;

  balances = async () => parseBalances(await this.#api.privateGetAccount());

  /** The close of the minute; of the one that is under way, the last price. */
  price = async (asset: string, quoteAsset: string, atMs: TimeMs) => {
    const minute = { interval: '1m', startTime: startOfMinute(atMs), limit: 1 };
    return parseFirstClose(await this.#api.publicGetKlines({ symbol: `${asset}${quoteAsset}`, ...minute }));
  };

  accountId = async () => parseAccountId(await this.#api.privateGetAccount());

  mayTrade = async () => parseKeyRights(await this.#api.sapiGetAccountApiRestrictions()).mayTrade;

  mayWithdraw = async () => parseKeyRights(await this.#api.sapiGetAccountApiRestrictions()).mayWithdraw;
}

const startOfMinute = (timeMs: TimeMs): TimeMs => Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;

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

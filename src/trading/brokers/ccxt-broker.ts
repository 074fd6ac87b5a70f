import { type Clock, ExchangeError, money, type TimeMs, type Timer, toText } from '../../domain/index.ts';
import type {
  AssetBalance,
  Broker,
  BrokerCapabilities,
  CancelResult,
  LookupResult,
  OrderLists,
  OrderReference,
  OrderReport,
  SubmitResult,
} from '../broker.ts';
import type { Fill, OrderIntent } from '../order.ts';
import type { SymbolFilters } from '../symbol-filters.ts';
import { type ConnectUserStream, connectUserStream } from '../user-stream/connect-user-stream.ts';
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
  type VenueExecution,
  type VenueOrder,
} from './binance-replies.ts';
import { ccxtOrderLists, type Refusal } from './ccxt-order-lists.ts';
import { classifyExchangeError, exchangeErrorCode, isNotFound, messageOf } from './classify-exchange-error.ts';
import { type BinanceApi, openCcxtBinance } from './open-ccxt-exchange.ts';

export interface CcxtBrokerOptions {
  readonly apiKey: string;
  readonly secret: string;
  /** Stands for https://api.binance.com; the real exchange when absent. */
  readonly baseUrl?: string;
  /** Of the WebSocket API, stands for wss://ws-api.binance.com; without it there is no private stream. */
  readonly wsApiUrl?: string;
  readonly clock: Clock;
  /** For the pauses between attempts of a question; orders are never sent again. */
  readonly timer: Timer;
  readonly baseAsset?: string;
  readonly quoteAsset?: string;
  readonly requestTimeoutMs?: number;
  /** How long after its timestamp the venue may accept a request, on the world's clock. */
  readonly recvWindowMs?: number;
  /** Pause per unit of request weight; the venue's own where absent, 0 for a simulated one. */
  readonly weightPauseMs?: number;
  /** How many times faster than the wall the world's clock runs; windows of a simulated world are that much longer. */
  readonly worldSpeed?: number;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;
const DEFAULT_RECV_WINDOW_MS = 5_000;
const MARGIN_MS = 1_000;
const PAGE = 1_000;
/** Orders are looked for from this long before they were planned: clocks differ. */
const SEARCH_BACK_MS = 3_600_000;

/** How often a question that changes nothing is asked, and the pause that doubles between. */
const ATTEMPTS = 4;
const PAUSE_MS = 100;

const TIMESTAMP_OUTSIDE_WINDOW = -1021;

/**
 * Binance spot through ccxt: its signing, transport and error mapping, with raw replies, so that amounts stay decimals.
 * Only an answer of the exchange counts as an answer; a time-out, a cut connection, a 5xx or a reply that cannot be read
 * after sending is `unknown`.
 */
export class CcxtBroker implements Broker {
  readonly venue = 'binance';
  readonly capabilities: BrokerCapabilities;
  readonly orderLists: OrderLists;
  readonly userStream?: ConnectUserStream;
  readonly #api: BinanceApi;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #baseAsset: string;
  readonly #quoteAsset: string;
  /** The venue's clock less ours. */
  #offsetMs = 0;

  private constructor(options: CcxtBrokerOptions, api: BinanceApi, recvWindowMs: number) {
    this.#api = api;
    this.#clock = options.clock;
    this.#timer = options.timer;
    this.#baseAsset = options.baseAsset ?? 'ETH';
    this.#quoteAsset = options.quoteAsset ?? 'USDT';
    this.capabilities = {
      orderTypes: ['market', 'limit'],
      setsClientOrderId: true,
      looksUpByClientOrderId: true,
      clientOrderIdLength: 36,
      placesStops: false,
      placesOco: true,
      hasTestnet: true,
      hasPrivateStream: options.wsApiUrl !== undefined,
      acceptanceWindowMs: (recvWindowMs + MARGIN_MS) * Math.max(1, options.worldSpeed ?? 1),
    };
    if (options.wsApiUrl !== undefined) {
      const { apiKey, secret, timer } = options;
      const venueTimeMs = () => this.#signed().timestamp;
      this.userStream = connectUserStream({ url: options.wsApiUrl, apiKey, secret, venueTimeMs, recvWindowMs, timer });
    }
    this.orderLists = ccxtOrderLists({
      api,
      nowMs: () => this.#clock.nowMs(),
      signed: () => this.#signed(),
      report: (order, symbol) => this.#report(order, symbol),
      refusalOf: (error) => this.#refusalOf(error),
    });
  }

  /** Connects and measures the clock's offset. @throws ConfigError `exchange.not_available` @throws ExchangeError */
  static async open(options: CcxtBrokerOptions): Promise<CcxtBroker> {
    const recvWindowMs = options.recvWindowMs ?? DEFAULT_RECV_WINDOW_MS;
    const requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    const broker = new CcxtBroker(options, await openCcxtBinance({ ...options, requestTimeoutMs, recvWindowMs }), recvWindowMs);
    await broker.synchroniseClock();
    return broker;
  }

  /** Measures how far the venue's clock is from ours. @throws ExchangeError */
  async synchroniseClock(): Promise<number> {
    const beforeMs = this.#clock.nowMs();
    const venueMs = await this.#ask('time', async () => parseServerTime(await this.#api.publicGetTime()));
    this.#offsetMs = venueMs - Math.round((beforeMs + this.#clock.nowMs()) / 2);
    return this.#offsetMs;
  }

  async filters(symbol: string): Promise<SymbolFilters> {
    const { filters, isTrading } = await this.#ask('exchangeInfo', async () =>
      parseSymbolRules(await this.#api.publicGetExchangeInfo({ symbol }), symbol),
    );
    if (isTrading) return filters;
    throw new ExchangeError('exchange.symbol_not_trading', `${symbol} does not trade at ${this.venue} now`, {
      details: { venue: this.venue, symbol },
      hint: 'The market is halted or delisted. Open positions stay as they are until it trades again.',
    });
  }

  async submit(intent: OrderIntent, sendBeforeMs: TimeMs): Promise<SubmitResult> {
    const nowMs = this.#clock.nowMs();
    if (nowMs > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
    if (intent.type === 'stop') return { outcome: 'rejected', message: 'a stop is placed in a list only' };
    try {
      const order = parseOrder(
        await this.#api.privatePostOrder({ ...orderParameters(intent), timestamp: nowMs + this.#offsetMs }),
      );
      return { outcome: 'accepted', report: await this.#reportFrom(order, order.executions) };
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  async lookup(reference: OrderReference): Promise<LookupResult> {
    try {
      const order = await this.#find(reference);
      if (order !== undefined) return { outcome: 'found', report: await this.#report(order, reference.symbol) };
      const venueMs = parseServerTime(await this.#api.publicGetTime());
      return { outcome: 'not_found', venueTimeMs: venueMs - this.#offsetMs };
    } catch (error) {
      return { outcome: 'unknown', message: messageOf(error) };
    }
  }

  async cancel(reference: OrderReference): Promise<CancelResult> {
    const { symbol, clientOrderId } = reference;
    try {
      const order = parseOrder(
        await this.#api.privateDeleteOrder({ symbol, origClientOrderId: clientOrderId, ...this.#signed() }),
      );
      return { outcome: 'done', report: await this.#report(order, symbol) };
    } catch (error) {
      const outcome = classifyExchangeError(error) === 'refused' ? 'not_cancelled' : 'unknown';
      return { outcome, message: messageOf(error) };
    }
  }

  async openOrders(symbol: string): Promise<readonly OrderReport[]> {
    const orders = await this.#ask('openOrders', async () =>
      parseOrders(await this.#api.privateGetOpenOrders({ symbol, ...this.#signed() })),
    );
    return Promise.all(orders.map((order) => this.#ask('myTrades', () => this.#report(order, symbol))));
  }

  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    return this.#ask('account', async () => parseBalances(await this.#api.privateGetAccount(this.#signed())));
  }

  /** The exchange's number of the account that the key belongs to. @throws ExchangeError */
  async accountId(): Promise<string | undefined> {
    return this.#ask('account', async () => parseAccountId(await this.#api.privateGetAccount(this.#signed())));
  }

  /** Whether the key may withdraw money, as the key's own permissions say; `unknown` where the venue does not tell. */
  async withdrawalPermission(): Promise<'yes' | 'no' | 'unknown'> {
    try {
      return parseMayWithdraw(await this.#api.sapiGetAccountApiRestrictions(this.#signed())) ? 'yes' : 'no';
    } catch {
      return 'unknown';
    }
  }

  async close(): Promise<void> {}

  #signed(): { readonly timestamp: TimeMs } {
    return { timestamp: this.#clock.nowMs() + this.#offsetMs };
  }

  /** Under its id, among open orders, and among all orders since it was planned. */
  async #find({ symbol, clientOrderId, plannedAtMs }: OrderReference): Promise<VenueOrder | undefined> {
    try {
      return parseOrder(await this.#api.privateGetOrder({ symbol, origClientOrderId: clientOrderId, ...this.#signed() }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const isIt = (order: VenueOrder) => order.clientOrderId === clientOrderId;
    const open = parseOrders(await this.#api.privateGetOpenOrders({ symbol, ...this.#signed() }));
    const startTime = plannedAtMs + this.#offsetMs - SEARCH_BACK_MS;
    const all = parseOrders(await this.#api.privateGetAllOrders({ symbol, startTime, limit: PAGE, ...this.#signed() }));
    const found = open.find(isIt) ?? all.find(isIt);
    if (found === undefined && all.length >= PAGE) throw new Error('there are more orders than one reply holds');
    return found;
  }

  async #report(order: VenueOrder, symbol: string): Promise<OrderReport> {
    if (money(order.executedQuantity).eq(0)) return this.#reportFrom(order, []);
    const trades = await this.#api.privateGetMyTrades({ symbol, orderId: order.venueOrderId, limit: PAGE, ...this.#signed() });
    return this.#reportFrom(order, parseTrades(trades, order.venueOrderId));
  }

  async #reportFrom(order: VenueOrder, executions: readonly VenueExecution[]): Promise<OrderReport> {
    const fills: Fill[] = [];
    for (const execution of executions) {
      const feeUsd = await this.#feeUsd(execution);
      // Without its value the execution cannot be booked yet; the next look-up brings it again.
      if (feeUsd === undefined) continue;
      const { atMs, ...rest } = execution;
      fills.push({ ...rest, clientOrderId: order.clientOrderId, side: order.side, feeUsd, executedAtMs: atMs - this.#offsetMs });
    }
    return {
      clientOrderId: order.clientOrderId,
      venueOrderId: order.venueOrderId,
      state: order.state,
      executedQuantity: money(order.executedQuantity),
      fills,
      atMs: order.atMs - this.#offsetMs,
    };
  }

  async #feeUsd({ feeAmount, feeAsset, priceUsd }: VenueExecution): Promise<string | undefined> {
    if (feeAsset === this.#quoteAsset || money(feeAmount).eq(0)) return toText(money(feeAmount));
    if (feeAsset === this.#baseAsset) return toText(money(feeAmount).times(priceUsd));
    try {
      const price = parseTickerPrice(await this.#api.publicGetTickerPrice({ symbol: `${feeAsset}${this.#quoteAsset}` }));
      return toText(money(feeAmount).times(price));
    } catch {
      return undefined;
    }
  }

  async #refusalOf(error: unknown): Promise<Refusal> {
    const verdict = classifyExchangeError(error);
    if (verdict === 'unknown') return { outcome: 'unknown', message: messageOf(error) };
    if (exchangeErrorCode(error) === TIMESTAMP_OUTSIDE_WINDOW) await this.synchroniseClock().catch(() => this.#offsetMs);
    return { outcome: 'rejected', message: messageOf(error), isTransient: verdict === 'busy' };
  }

  async #ask<Reply>(what: string, call: () => Promise<Reply>): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (cause) {
        if (attempt < ATTEMPTS && classifyExchangeError(cause) !== 'refused') {
          await this.#timer.sleep(PAUSE_MS * 2 ** attempt);
          continue;
        }
        throw this.#failure(what, cause);
      }
    }
  }

  #failure(what: string, cause: unknown): ExchangeError {
    return new ExchangeError('exchange.request_failed', `${this.venue} did not answer "${what}": ${messageOf(cause)}`, {
      details: { venue: this.venue, request: what },
      hint: 'Is the exchange reachable, and is the key valid? See `ets check-status`.',
      cause,
    });
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

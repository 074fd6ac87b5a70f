import { type Clock, ExchangeError, money, type TimeMs, type Timer, toText } from '../../domain/index.ts';
import type {
  AccountFill,
  AssetBalance,
  Broker,
  BrokerCapabilities,
  CancelResult,
  LookupResult,
  OrderLists,
  OrderReference,
  OrderReport,
  PerpetualAccount,
  SubmitResult,
} from '../broker.ts';
import { type CrashHook, noCrash } from '../crash-point.ts';
import type { Fill, OrderIntent } from '../order.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import { type ConnectUserStream, connectUserStream } from '../user-stream/connect-user-stream.ts';
import { ccxtOrderLists, type Refusal } from './ccxt-order-lists.ts';
import { ccxtPerpetual } from './ccxt-perpetual.ts';
import { brokeFilter, messageOf } from './classify-exchange-error.ts';
import { openVenueClient } from './open-venue-client.ts';
import type { VenueClient, VenueExecution, VenueOrder } from './venue-client.ts';
import { VenueClock } from './venue-clock.ts';
import type { Venue } from './venues.ts';

export interface CcxtBrokerOptions {
  /** Binance unless told. */
  readonly venue?: Venue;
  readonly apiKey: string;
  readonly secret: string;
  /** Stands for the exchange's hosts, such as https://api.binance.com; the real ones when absent. */
  readonly baseUrl?: string;
  /** Stands for the host that knows account and key, where that is another one. */
  readonly accountUrl?: string;
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
  readonly crash?: CrashHook;
}

const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;
const DEFAULT_RECV_WINDOW_MS = 5_000;
/** Orders are looked for from this long before they were planned: clocks differ. */
const SEARCH_BACK_MS = 3_600_000;
/** How often a question that changes nothing is asked, and the pause that doubles between. */
const ATTEMPTS = 4;
const PAUSE_MS = 100;

/**
 * An exchange through ccxt: its signing, transport and error mapping, with raw replies, so that amounts stay decimals.
 * Only an answer of the exchange counts as an answer; a time-out, a cut connection, a 5xx or a reply that cannot be read
 * after sending is `unknown`.
 */
export class CcxtBroker implements Broker {
  readonly venue: Venue;
  readonly capabilities: BrokerCapabilities;
  readonly orderLists?: OrderLists;
  readonly perpetual?: PerpetualAccount;
  readonly userStream?: ConnectUserStream;
  readonly #client: VenueClient;
  readonly #clock: Clock;
  readonly #venueClock: VenueClock;
  readonly #timer: Timer;
  readonly #crash: CrashHook;
  readonly #baseAsset: string;
  readonly #quoteAsset: string;

  private constructor(options: CcxtBrokerOptions, client: VenueClient, venueClock: VenueClock) {
    const { venue = 'binance', clock, timer, apiKey, secret, wsApiUrl: url, worldSpeed = 1 } = options;
    this.venue = venue;
    this.#clock = clock;
    this.#timer = timer;
    this.#crash = options.crash ?? noCrash;
    this.#baseAsset = options.baseAsset ?? 'ETH';
    this.#quoteAsset = options.quoteAsset ?? 'USDT';
    this.#client = client;
    this.#venueClock = venueClock;
    if (client.orderLists !== undefined)
      this.orderLists = ccxtOrderLists({
        lists: client.orderLists,
        classify: client.classify,
        nowMs: () => this.#clock.nowMs(),
        report: (order, symbol) => this.#report(order, symbol),
        refusalOf: (error) => this.#refusalOf(error),
      });
    if (client.perpetual !== undefined)
      this.perpetual = ccxtPerpetual({
        account: client.perpetual,
        offsetMs: () => venueClock.offsetMs,
        ask: (what, call) => this.#ask(what, call),
      });
    if (url !== undefined && venue === 'binance') {
      const { recvWindowMs = DEFAULT_RECV_WINDOW_MS } = options;
      const venueTimeMs = () => venueClock.nowMs();
      this.userStream = connectUserStream({ url, apiKey, secret, venueTimeMs, recvWindowMs, timer });
    }
    this.capabilities = {
      ...client.capabilities,
      hasPrivateStream: this.userStream !== undefined,
      acceptanceWindowMs: client.capabilities.acceptanceWindowMs * Math.max(1, worldSpeed),
    };
  }

  /** Connects and measures the clock's offset. @throws ConfigError `exchange.not_available` @throws ExchangeError */
  static async open(options: CcxtBrokerOptions): Promise<CcxtBroker> {
    const { venue = 'binance', baseAsset = 'ETH', quoteAsset = 'USDT' } = options;
    const venueClock = new VenueClock(options.clock);
    const client = await openVenueClient(venue, {
      ...options,
      venueNowMs: () => venueClock.nowMs(),
      baseAsset,
      quoteAsset,
      requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
      recvWindowMs: options.recvWindowMs ?? DEFAULT_RECV_WINDOW_MS,
    });
    const broker = new CcxtBroker(options, client, venueClock);
    await broker.synchroniseClock();
    return broker;
  }

  /** Measures how far the venue's clock is from ours. @throws ExchangeError */
  async synchroniseClock(): Promise<number> {
    const beforeMs = this.#clock.nowMs();
    const venueMs = await this.#ask('time', () => this.#client.serverTime());
    this.#venueClock.offsetMs = venueMs - Math.round((beforeMs + this.#clock.nowMs()) / 2);
    return this.#venueClock.offsetMs;
  }

  async market(symbol: string): Promise<SymbolMarket> {
    const market = await this.#ask('market', () => this.#client.market(symbol));
    if (market !== undefined) return market;
    throw new ExchangeError('exchange.symbol_not_trading', `${symbol} does not trade at ${this.venue}`, {
      details: { venue: this.venue, symbol },
      hint: 'The market is delisted, or the name is another one there.',
    });
  }

  async submit(intent: OrderIntent, sendBeforeMs: TimeMs): Promise<SubmitResult> {
    if (this.#clock.nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
    if (intent.type === 'stop') return { outcome: 'rejected', message: 'a stop is placed in a list only' };
    try {
      const order = await this.#client.place(intent);
      return { outcome: 'accepted', report: await this.#reportFrom(order, order.executions) };
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  async lookup(reference: OrderReference): Promise<LookupResult> {
    try {
      const order = await this.#client.find(reference, reference.plannedAtMs + this.#venueClock.offsetMs - SEARCH_BACK_MS);
      if (order !== undefined) return { outcome: 'found', report: await this.#report(order, reference.symbol) };
      return { outcome: 'not_found', venueTimeMs: this.#venueClock.toOurs(await this.#client.serverTime()) };
    } catch (error) {
      return { outcome: 'unknown', message: messageOf(error) };
    }
  }

  async cancel(reference: OrderReference): Promise<CancelResult> {
    try {
      const order = await this.#client.cancel(reference);
      return { outcome: 'done', report: await this.#report(order, reference.symbol) };
    } catch (error) {
      const outcome = this.#client.classify(error) === 'refused' ? 'not_cancelled' : 'unknown';
      return { outcome, message: messageOf(error) };
    }
  }

  async openOrders(symbol: string): Promise<readonly OrderReport[]> {
    const orders = await this.#ask('open orders', () => this.#client.openOrders(symbol));
    return Promise.all(orders.map((order) => this.#ask('executions', () => this.#report(order, symbol))));
  }

  async recentFills(symbol: string, sinceMs: TimeMs): Promise<readonly AccountFill[]> {
    const fromMs = sinceMs + this.#venueClock.offsetMs;
    const trades = await this.#ask('trades', () => this.#client.recentTrades(symbol, fromMs));
    const byId = new Map(trades.map((trade) => [trade.tradeId, trade]));
    return [...byId.values()].map(({ atMs, ...trade }) => ({ ...trade, executedAtMs: this.#venueClock.toOurs(atMs) }));
  }

  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    return this.#ask('balances', () => this.#client.balances());
  }

  /** The exchange's number of the account that the key belongs to. @throws ExchangeError */
  async accountId(): Promise<string | undefined> {
    return this.#ask('account', () => this.#client.accountId());
  }

  /** Whether the key may withdraw money, as the key's own permissions say; `unknown` where the venue does not tell. */
  async withdrawalPermission(): Promise<'yes' | 'no' | 'unknown'> {
    try {
      return (await this.#client.mayWithdraw()) ? 'yes' : 'no';
    } catch {
      return 'unknown';
    }
  }

  async close(): Promise<void> {}

  async #report(order: VenueOrder, symbol: string): Promise<OrderReport> {
    if (money(order.executedQuantity).eq(0)) return this.#reportFrom(order, []);
    await this.#crash('order.before_executions');
    return this.#reportFrom(order, await this.#client.executions(order, symbol));
  }

  async #reportFrom(order: VenueOrder, executions: readonly VenueExecution[]): Promise<OrderReport> {
    const fills: Fill[] = [];
    for (const execution of executions) {
      const feeUsd = await this.#feeUsd(execution);
      // Without its value the execution cannot be booked yet; the next look-up brings it again.
      if (feeUsd === undefined) continue;
      const { atMs, ...rest } = execution;
      fills.push({
        ...rest,
        clientOrderId: order.clientOrderId,
        side: order.side,
        feeUsd,
        executedAtMs: this.#venueClock.toOurs(atMs),
      });
    }
    return {
      clientOrderId: order.clientOrderId,
      venueOrderId: order.venueOrderId,
      state: order.state,
      side: order.side,
      quantity: money(order.quantity),
      limitPriceUsd: order.limitPriceUsd,
      executedQuantity: money(order.executedQuantity),
      fills,
      atMs: this.#venueClock.toOurs(order.atMs),
    };
  }

  async #feeUsd({ feeAmount, feeAsset, priceUsd }: VenueExecution): Promise<string | undefined> {
    if (feeAsset === this.#quoteAsset || money(feeAmount).eq(0)) return toText(money(feeAmount));
    if (feeAsset === this.#baseAsset) return toText(money(feeAmount).times(priceUsd));
    try {
      return toText(money(feeAmount).times(await this.#client.price(feeAsset, this.#quoteAsset)));
    } catch {
      return undefined;
    }
  }

  async #refusalOf(error: unknown): Promise<Refusal> {
    const verdict = this.#client.classify(error);
    if (verdict === 'unknown') return { outcome: 'unknown', message: messageOf(error) };
    if (this.#client.isWrongTime(error)) await this.synchroniseClock().catch(() => undefined);
    return { outcome: 'rejected', message: messageOf(error), isTransient: verdict === 'busy', brokeFilter: brokeFilter(error) };
  }

  async #ask<Reply>(what: string, call: () => Promise<Reply>): Promise<Reply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (cause) {
        if (attempt < ATTEMPTS && this.#client.classify(cause) !== 'refused') {
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

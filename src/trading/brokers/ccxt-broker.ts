import { type Clock, ConfigError, ExchangeError, money, type TimeMs, type Timer } from '../../domain/index.ts';
import type {
  AccountFill,
  AssetBalance,
  Broker,
  BrokerCapabilities,
  CancelResult,
  ChargedFee,
  LookupResult,
  OrderLists,
  OrderReference,
  OrderReport,
  PerpetualAccount,
  SubmitResult,
} from '../broker.ts';
import { type CrashHook, noCrash } from '../crash-point.ts';
import type { OrderIntent } from '../order.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import { type ConnectUserStream, connectUserStream } from '../user-stream/connect-user-stream.ts';
import { ccxtOrderLists, type Refusal } from './ccxt-order-lists.ts';
import { ccxtPerpetual } from './ccxt-perpetual.ts';
import { brokeFilter, isDuplicateId, isKeyRefused, messageOf } from './classify-exchange-error.ts';
import { type HostBudget, type HostBudgets, PausesOnly } from './host-budgets.ts';
import { openVenueClient } from './open-venue-client.ts';
import { OrderReports } from './order-reports.ts';
import type { VenueClient, VenueOrder } from './venue-client.ts';
import { VenueClock } from './venue-clock.ts';
import { VenueQuestions } from './venue-questions.ts';
import { ACCOUNT_VENUES, VENUE_URLS, type Venue } from './venues.ts';

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
  /** What hosts grant the whole process; of this connection alone where absent. */
  readonly budgets?: HostBudgets;
  readonly crash?: CrashHook;
}

/** Whether a key may do something; `unknown` where the venue does not tell. */
export type KeyPermission = 'yes' | 'no' | 'unknown';

const DEFAULT_REQUEST_TIMEOUT_MS = 10_000;
const DEFAULT_RECV_WINDOW_MS = 5_000;
/** Orders are looked for from this long before they were planned: clocks differ. */
const SEARCH_BACK_MS = 3_600_000;

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
  readonly #questions: VenueQuestions;
  readonly #crash: CrashHook;
  readonly #reports: OrderReports;

  private constructor(options: CcxtBrokerOptions, client: VenueClient, venueClock: VenueClock, budget: HostBudget) {
    const { venue = 'binance', clock, timer, apiKey, secret, wsApiUrl: url, worldSpeed = 1 } = options;
    this.venue = venue;
    this.#clock = clock;
    this.#crash = options.crash ?? noCrash;
    this.#client = client;
    this.#venueClock = venueClock;
    const { baseAsset = 'ETH', quoteAsset = 'USDT' } = options;
    this.#reports = new OrderReports({ client, clock: venueClock, baseAsset, quoteAsset });
    this.#questions = new VenueQuestions({ venue, client, clock: venueClock, timer, budget });
    if (client.orderLists !== undefined)
      this.orderLists = ccxtOrderLists({
        lists: client.orderLists,
        classify: client.classify,
        questions: this.#questions,
        nowMs: () => this.#clock.nowMs(),
        report: (order, symbol) => this.#report(order, symbol),
        refusalOf: (error) => this.#refusalOf(error),
      });
    if (client.perpetual !== undefined)
      this.perpetual = ccxtPerpetual({
        account: client.perpetual,
        offsetMs: () => venueClock.offsetMs,
        ask: (what, call) => this.#questions.ask(what, call),
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
    const venueClock = new VenueClock(options.clock, options.timer);
    const budgets = options.budgets ?? new PausesOnly(options.timer);
    const { baseUrl, accountUrl = baseUrl } = options;
    const budget = budgets.of(baseUrl ?? VENUE_URLS[venue]);
    const client = await openVenueClient(venue, {
      ...options,
      budget,
      accountBudget: budgets.of(accountUrl ?? VENUE_URLS[ACCOUNT_VENUES[venue] ?? venue]),
      venueNowMs: () => venueClock.nowMs(),
      baseAsset,
      quoteAsset,
      requestTimeoutMs: options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
      recvWindowMs: options.recvWindowMs ?? DEFAULT_RECV_WINDOW_MS,
    });
    const broker = new CcxtBroker(options, client, venueClock, budget);
    await broker.synchroniseClock();
    return broker;
  }

  /** Measures how far the venue's clock is from ours, in ms. @throws ExchangeError */
  synchroniseClock(): Promise<number> {
    return this.#questions.synchronise();
  }

  get venueAheadMs(): number {
    return this.#venueClock.offsetMs;
  }

  async market(symbol: string): Promise<SymbolMarket> {
    await this.#questions.resynchronise();
    const market = await this.#questions.ask('market', () => this.#client.market(symbol));
    if (market !== undefined) return market;
    throw new ExchangeError('exchange.symbol_not_trading', `${symbol} does not trade at ${this.venue}`, {
      details: { venue: this.venue, symbol },
      hint: 'The market is delisted, or the name is another one there.',
    });
  }

  async submit(intent: OrderIntent, sendBeforeMs: TimeMs): Promise<SubmitResult> {
    if (this.#clock.nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time', isTransient: true };
    if (intent.type === 'stop') return { outcome: 'rejected', message: 'a stop is placed in a list only' };
    let order: VenueOrder;
    try {
      order = await this.#client.place(intent);
    } catch (error) {
      return this.#refusalOf(error);
    }
    return { outcome: 'accepted', report: await this.#reports.from(order, order.executions) };
  }

  /** The venue is asked for its time before it is searched: what is missing then was missing at that time or later. */
  async lookup(reference: OrderReference): Promise<LookupResult> {
    const aheadMs = reference.venueAheadMs ?? this.venueAheadMs;
    try {
      const venueMs = await this.#client.serverTime();
      const fromMs = reference.plannedAtMs + aheadMs - SEARCH_BACK_MS;
      const order = await this.#questions.once(() => this.#client.find(reference, fromMs));
      if (order !== undefined) return { outcome: 'found', report: await this.#report(order, reference.symbol) };
      return { outcome: 'not_found', venueTimeMs: this.#venueClock.toOurs(venueMs, aheadMs) };
    } catch (error) {
      return { outcome: 'unknown', message: messageOf(error) };
    }
  }

  async cancel(reference: OrderReference): Promise<CancelResult> {
    let order: VenueOrder;
    try {
      order = await this.#questions.once(() => this.#client.cancel(reference));
    } catch (error) {
      const outcome = this.#client.classify(error) === 'refused' ? 'not_cancelled' : 'unknown';
      return { outcome, message: messageOf(error) };
    }
    try {
      return { outcome: 'done', report: await this.#report(order, reference.symbol) };
    } catch (error) {
      return { outcome: 'unknown', message: messageOf(error) };
    }
  }

  async openOrders(symbol: string): Promise<readonly OrderReport[]> {
    const orders = await this.#questions.ask('open orders', () => this.#client.openOrders(symbol));
    return Promise.all(orders.map((order) => this.#report(order, symbol)));
  }

  async recentFills(symbol: string, sinceMs: TimeMs): Promise<readonly AccountFill[]> {
    const fromMs = sinceMs + this.#venueClock.offsetMs;
    const trades = await this.#questions.ask('trades', () => this.#client.recentTrades(symbol, fromMs));
    const byId = new Map(trades.map((trade) => [trade.tradeId, trade]));
    return [...byId.values()].map(({ atMs, ...trade }) => ({ ...trade, executedAtMs: this.#venueClock.toOurs(atMs) }));
  }

  clientOrderIdOf(symbol: string, venueOrderId: string): Promise<string | undefined> {
    return this.#questions.ask('order', () => this.#client.clientOrderIdOf(symbol, venueOrderId));
  }

  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    return this.#questions.ask('balances', () => this.#client.balances());
  }

  /** The exchange's number of the account that the key belongs to. @throws ConfigError `exchange.key_refused` @throws ExchangeError */
  async accountId(): Promise<string | undefined> {
    try {
      return await this.#questions.ask('account', () => this.#client.accountId());
    } catch (error) {
      if (error instanceof ExchangeError && isKeyRefused(error.cause)) throw this.#keyRefused(error.cause);
      throw error;
    }
  }

  /** Whether the key may place orders; `unknown` where the venue does not tell. */
  tradePermission(): Promise<KeyPermission> {
    return this.#permission(() => this.#client.mayTrade());
  }

  /** Whether the key may withdraw money, as the key's own permissions say; `unknown` where the venue does not tell. */
  withdrawalPermission(): Promise<KeyPermission> {
    return this.#permission(() => this.#client.mayWithdraw());
  }

  async feeValueUsd({ asset, amount, executedAtMs }: ChargedFee): Promise<string | undefined> {
    return (await this.#reports.valueUsd(asset, amount, executedAtMs + this.#venueClock.offsetMs)) ?? undefined;
  }

  async close(): Promise<void> {}

  async #permission(ask: () => Promise<boolean>): Promise<KeyPermission> {
    try {
      return (await this.#questions.once(ask)) ? 'yes' : 'no';
    } catch {
      return 'unknown';
    }
  }

  #keyRefused(cause: unknown): ConfigError {
    return new ConfigError('exchange.key_refused', `${this.venue} does not accept the key: ${messageOf(cause)}`, {
      details: { venue: this.venue },
      hint: "Compare key and secret with the exchange's, and see there whether the key has expired, may read the account, and may be used from this machine's IP address.",
      cause,
    });
  }

  async #report(order: VenueOrder, symbol: string): Promise<OrderReport> {
    if (money(order.executedQuantity).eq(0)) return this.#reports.from(order, []);
    await this.#crash('order.before_executions');
    const executions = await this.#questions.ask('executions', () => this.#client.executions(order, symbol));
    return this.#reports.from(order, executions);
  }

  async #refusalOf(error: unknown): Promise<Refusal> {
    const verdict = this.#client.classify(error);
    if (verdict === 'unknown') return { outcome: 'unknown', message: messageOf(error) };
    await this.#questions.noteFailure(error);
    return {
      outcome: 'rejected',
      message: messageOf(error),
      isTransient: verdict === 'busy',
      brokeFilter: brokeFilter(error),
      isDuplicate: isDuplicateId(error),
    };
  }
}

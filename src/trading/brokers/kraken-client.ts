import type { TimeMs } from '../../domain/index.ts';
import type { BrokerCapabilities, OrderReference } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import { classifyKrakenError, isWrongKrakenTime } from './kraken-errors.ts';
import {
  type KrakenOrder,
  parseAddedOrder,
  parseAssetPair,
  parseClosedOrders,
  parseExtendedBalances,
  parseKrakenPrice,
  parseKrakenTime,
  parseOpenOrders,
  parseQueriedOrders,
  parseQueriedTrades,
} from './kraken-replies.ts';
import { krakenTrades } from './kraken-trades.ts';
import { type KrakenApi, openCcxtExchange } from './open-ccxt-exchange.ts';
import type { VenueClient, VenueExecution, VenueOrder } from './venue-client.ts';
import { VENUE_CAPABILITIES, type VenueClientOptions } from './venues.ts';

const MARGIN_MS = 1_000;
/** AddOrder takes deadlines from 2 to 60 seconds ahead. */
const MIN_DEADLINE_MS = 2_000;
const MAX_DEADLINE_MS = 60_000;
/** QueryTrades takes so many ids. */
const TRADES_AT_ONCE = 20;

/**
 * Kraken spot. Orders carry our id as `cl_ord_id` (not ccxt's `userref`), fees are asked for in the quote currency, and a
 * deadline ends what the matching engine did not get in time. Signed requests go out one after the other: each needs a
 * greater nonce than the one before.
 */
export class KrakenClient implements VenueClient {
  readonly capabilities: BrokerCapabilities;
  readonly #api: KrakenApi;
  readonly #venueNowMs: () => TimeMs;
  readonly #quoteAsset: string;
  readonly #deadlineMs: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(api: KrakenApi, { recvWindowMs, venueNowMs, quoteAsset }: VenueClientOptions) {
    this.#api = api;
    this.#venueNowMs = venueNowMs;
    this.#quoteAsset = quoteAsset;
    this.#deadlineMs = Math.min(Math.max(recvWindowMs, MIN_DEADLINE_MS), MAX_DEADLINE_MS);
    this.capabilities = { ...VENUE_CAPABILITIES.kraken, acceptanceWindowMs: this.#deadlineMs + MARGIN_MS };
  }

  /** @throws ConfigError `exchange.not_available` */
  static async open(options: VenueClientOptions): Promise<KrakenClient> {
    const api = await openCcxtExchange<KrakenApi>('kraken', {
      ...options,
      nowMs: options.venueNowMs,
      pauseOn: /EAPI:Rate limit exceeded|Too many requests|Temporary lockout/,
      urgent: /^POST (AddOrder|CancelOrder)$|^GET Time$/,
    });
    let lastNonce = 0;
    api.nonce = () => {
      lastNonce = Math.max(lastNonce + 1, options.venueNowMs() * 1000);
      return lastNonce;
    };
    return new KrakenClient(api, options);
  }

  readonly classify = classifyKrakenError;
  readonly isWrongTime = isWrongKrakenTime;

  serverTime = async () => parseKrakenTime(await this.#api.publicGetTime());

  market = async (symbol: string) =>
    parseAssetPair(await this.#api.publicGetAssetPairs({ pair: symbol }), await this.#api.publicGetSystemStatus(), symbol);

  /** AddOrder answers with an id alone; what has become of the order is asked besides, and may be left to the next look. */
  async place(intent: OrderIntent): Promise<VenueOrder> {
    const { clientOrderId, symbol, side, quantity, limitPriceUsd, postOnly } = intent;
    const isLimit = intent.type === 'limit' && limitPriceUsd !== undefined;
    const nowMs = this.#venueNowMs();
    const request = {
      pair: symbol,
      type: side,
      ordertype: isLimit ? 'limit' : 'market',
      volume: quantity,
      ...(isLimit && { price: limitPriceUsd }),
      oflags: postOnly === true ? 'fciq,post' : 'fciq',
      cl_ord_id: clientOrderId,
      deadline: new Date(nowMs + this.#deadlineMs).toISOString(),
    };
    const venueOrderId = parseAddedOrder(await this.#inTurn(() => this.#api.privatePostAddOrder(request)));
    try {
      const order = await this.#query(venueOrderId);
      return { ...order, executions: await this.#executionsOf(order) };
    } catch {
      const limit = isLimit ? limitPriceUsd : null;
      const known = { clientOrderId, venueOrderId, side, quantity, limitPriceUsd: limit, atMs: nowMs };
      return { ...known, state: 'ACCEPTED', executedQuantity: '0', executions: [] };
    }
  }

  /**
   * Among open orders, then among closed ones: an order only ever goes from the first to the second. Then the orders of all
   * executions since `fromMs`.
   */
  async find({ symbol, clientOrderId, venueOrderId }: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined> {
    if (venueOrderId !== null) return this.#query(venueOrderId);
    const query = { cl_ord_id: clientOrderId, trades: true };
    const isIt = (order: KrakenOrder) => order.clientOrderId === clientOrderId;
    const open = parseOpenOrders(await this.#inTurn(() => this.#api.privatePostOpenOrders(query))).find(isIt);
    if (open !== undefined) return open;
    const { closed, count } = parseClosedOrders(await this.#inTurn(() => this.#api.privatePostClosedOrders(query)));
    const found = closed.find(isIt);
    if (found !== undefined) return found;
    if (count > closed.length) throw new Error('there are more closed orders than one reply holds');
    const trades = await this.recentTrades(symbol, fromMs);
    for (const orderId of new Set(trades.map((trade) => trade.venueOrderId))) {
      const order = await this.#query(orderId);
      if (isIt(order)) return order;
    }
    return undefined;
  }

  async cancel(reference: OrderReference): Promise<VenueOrder> {
    const { clientOrderId, venueOrderId } = reference;
    const request = venueOrderId === null ? { cl_ord_id: clientOrderId } : { txid: venueOrderId };
    await this.#inTurn(() => this.#api.privatePostCancelOrder(request));
    const order = await this.find(reference, reference.plannedAtMs);
    if (order === undefined) throw new Error('a cancelled order is not shown');
    return order;
  }

  async openOrders(symbol: string): Promise<readonly VenueOrder[]> {
    const open = parseOpenOrders(await this.#inTurn(() => this.#api.privatePostOpenOrders({ trades: true })));
    return open.filter(({ pair }) => pair === symbol);
  }

  async executions(order: VenueOrder): Promise<readonly VenueExecution[]> {
    return this.#executionsOf(await this.#query(order.venueOrderId));
  }

  recentTrades = (symbol: string, fromMs: TimeMs) =>
    krakenTrades((query) => this.#inTurn(() => this.#api.privatePostTradesHistory(query)), symbol, fromMs);

  clientOrderIdOf = async (_symbol: string, venueOrderId: string) => (await this.#query(venueOrderId)).clientOrderId;

  balances = async () => parseExtendedBalances(await this.#inTurn(() => this.#api.privatePostBalanceEx()));

  price = async (asset: string, quoteAsset: string) =>
    parseKrakenPrice(await this.#api.publicGetTicker({ pair: `${asset}${quoteAsset}` }));

  /** Not asked for: no real money goes there yet. */
  accountId = async () => undefined;

  mayTrade = async () => Promise.reject(new Error('not asked for'));

  mayWithdraw = async () => Promise.reject(new Error('not asked for'));

  async #query(venueOrderId: string): Promise<KrakenOrder> {
    const reply = await this.#inTurn(() => this.#api.privatePostQueryOrders({ txid: venueOrderId, trades: true }));
    const order = parseQueriedOrders(reply).find((one) => one.venueOrderId === venueOrderId);
    if (order === undefined) throw new Error('an order that exists is not shown');
    return order;
  }

  async #executionsOf({ venueOrderId, tradeIds }: KrakenOrder): Promise<VenueExecution[]> {
    const executions: VenueExecution[] = [];
    for (let i = 0; i < tradeIds.length; i += TRADES_AT_ONCE) {
      const txid = tradeIds.slice(i, i + TRADES_AT_ONCE).join(',');
      const reply = await this.#inTurn(() => this.#api.privatePostQueryTrades({ txid }));
      executions.push(...parseQueriedTrades(reply, venueOrderId, this.#quoteAsset));
    }
    return executions;
  }

  #inTurn<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    const next = this.#turn.then(call);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

import { floorToStep, money, type TimeMs } from '../../domain/index.ts';
import type { AssetBalance, BrokerCapabilities, OrderReference } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import type { SymbolMarket } from '../symbol-filters.ts';
import { CancelRefused, classifyCoinbaseError, isWrongCoinbaseTime } from './coinbase-errors.ts';
import {
  parseAccounts,
  parseCancelFailure,
  parseCoinbaseClientId,
  parseCoinbaseFills,
  parseCoinbaseOrder,
  parseCoinbaseOrders,
  parseCoinbaseTime,
  parseCreatedOrder,
  parseKeyPermissions,
  parseProduct,
  parseProductPrice,
} from './coinbase-replies.ts';
import { parseCoinbaseTrades } from './coinbase-trades.ts';
import { type CoinbaseApi, openCcxtExchange } from './open-ccxt-exchange.ts';
import type { VenueClient, VenueExecution, VenueOrder, VenueTrade } from './venue-client.ts';
import { VENUE_CAPABILITIES, type VenueClientOptions } from './venues.ts';

/** A token signed by ccxt is good for two minutes. */
const TOKEN_MS = 120_000;
const MARGIN_MS = 1_000;
const PAGE = 250;
const MAX_PAGES = 40;
/** How far from the reference price an order at the market may fill. */
const COLLAR = '0.05';

/**
 * Coinbase Advanced Trade. Orders carry our id as `client_order_id`, which ccxt's own `createOrder` would replace. The venue
 * cannot be asked for an id of ours, so look-ups go through the lists. An order at the market is a limit far inside the
 * book that is filled at once or ended, so that its size is in the base asset on both sides.
 */
export class CoinbaseClient implements VenueClient {
  readonly capabilities: BrokerCapabilities = {
    ...VENUE_CAPABILITIES.coinbase,
    acceptanceWindowMs: TOKEN_MS + MARGIN_MS,
  };
  readonly #api: CoinbaseApi;
  readonly #product: string;
  readonly #symbol: string;
  readonly #quoteAsset: string;
  readonly #venueNowMs: () => TimeMs;
  /** Of the product, as last seen. */
  #priceTick = money('0.01');

  private constructor(api: CoinbaseApi, { baseAsset, quoteAsset, venueNowMs }: VenueClientOptions) {
    this.#api = api;
    this.#product = `${baseAsset}-${quoteAsset}`;
    this.#symbol = `${baseAsset}${quoteAsset}`;
    this.#quoteAsset = quoteAsset;
    this.#venueNowMs = venueNowMs;
  }

  /** @throws ConfigError `exchange.not_available` */
  static async open(options: VenueClientOptions): Promise<CoinbaseClient> {
    const api = await openCcxtExchange<CoinbaseApi>('coinbase', {
      ...options,
      nowMs: options.venueNowMs,
      urgent: /^POST brokerage\/orders(\/batch_cancel)?$|^GET brokerage\/time$/,
    });
    return new CoinbaseClient(api, options);
  }

  readonly classify = classifyCoinbaseError;
  readonly isWrongTime = isWrongCoinbaseTime;

  serverTime = async () => parseCoinbaseTime(await this.#api.v3PublicGetBrokerageTime());

  async market(symbol: string): Promise<SymbolMarket | undefined> {
    if (symbol !== this.#symbol) return undefined;
    const market = parseProduct(await this.#api.v3PublicGetBrokerageMarketProductsProductId({ product_id: this.#product }));
    this.#priceTick = market.filters.priceTick;
    return market;
  }

  /** The reply names the order and no more; what has become of it is asked besides, and may be left to the next look. */
  async place(intent: OrderIntent): Promise<VenueOrder> {
    const { clientOrderId, side, quantity } = intent;
    const request = {
      client_order_id: clientOrderId,
      product_id: this.#product,
      side: side.toUpperCase(),
      order_configuration: this.#configuration(intent),
    };
    const venueOrderId = parseCreatedOrder(await this.#api.v3PrivatePostBrokerageOrders(request));
    try {
      const order = await this.#query(venueOrderId);
      return { ...order, executions: await this.executions(order) };
    } catch {
      const limitPriceUsd = intent.limitPriceUsd ?? null;
      const known = { clientOrderId, venueOrderId, side, quantity, limitPriceUsd, atMs: this.#venueNowMs() };
      return { ...known, state: 'ACCEPTED', executedQuantity: '0', executions: [] };
    }
  }

  /** Among open orders, among all since `fromMs`, and among the orders of all executions since then. */
  async find({ symbol, clientOrderId, venueOrderId }: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined> {
    if (venueOrderId !== null) return this.#query(venueOrderId);
    const since = new Date(fromMs).toISOString();
    const isIt = (id: string) => id === clientOrderId;
    const [open] = await this.#list({ order_status: ['OPEN'] }, isIt);
    if (open !== undefined) return open;
    const [found] = await this.#list({ start_date: since }, isIt);
    if (found !== undefined) return found;
    const trades = await this.recentTrades(symbol, fromMs);
    for (const orderId of new Set(trades.map((trade) => trade.venueOrderId))) {
      const reply = await this.#api.v3PrivateGetBrokerageOrdersHistoricalOrderId({ order_id: orderId });
      if (isIt(parseCoinbaseClientId(reply))) return parseCoinbaseOrder(reply);
    }
    return undefined;
  }

  async cancel(reference: OrderReference): Promise<VenueOrder> {
    const venueOrderId = reference.venueOrderId ?? (await this.find(reference, reference.plannedAtMs))?.venueOrderId;
    if (venueOrderId === undefined) throw new CancelRefused('there is no such order');
    const reply = await this.#api.v3PrivatePostBrokerageOrdersBatchCancel({ order_ids: [venueOrderId] });
    const failure = parseCancelFailure(reply, venueOrderId);
    if (failure !== undefined) throw new CancelRefused(failure);
    return this.#query(venueOrderId);
  }

  openOrders = async () => this.#list({ order_status: ['OPEN'] });

  async executions({ venueOrderId }: VenueOrder): Promise<readonly VenueExecution[]> {
    const found: VenueExecution[] = [];
    await this.#pages(async (cursor) => {
      const query = { order_ids: [venueOrderId], limit: PAGE, ...cursor };
      const reply = await this.#api.v3PrivateGetBrokerageOrdersHistoricalFills(query);
      const { executions, next } = parseCoinbaseFills(reply, venueOrderId, this.#quoteAsset);
      found.push(...executions);
      return next;
    });
    return found;
  }

  async recentTrades(_symbol: string, fromMs: TimeMs): Promise<readonly VenueTrade[]> {
    const found: VenueTrade[] = [];
    const since = { product_ids: [this.#product], start_sequence_timestamp: new Date(fromMs).toISOString(), limit: PAGE };
    await this.#pages(async (cursor) => {
      const { trades, next } = parseCoinbaseTrades(
        await this.#api.v3PrivateGetBrokerageOrdersHistoricalFills({ ...since, ...cursor }),
      );
      found.push(...trades.filter(({ atMs }) => atMs >= fromMs));
      return next;
    });
    return found;
  }

  clientOrderIdOf = async (_symbol: string, venueOrderId: string) =>
    parseCoinbaseClientId(await this.#api.v3PrivateGetBrokerageOrdersHistoricalOrderId({ order_id: venueOrderId }));

  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    const found = new Map<string, AssetBalance>();
    await this.#pages(async (cursor) => {
      const { balances, next } = parseAccounts(await this.#api.v3PrivateGetBrokerageAccounts({ limit: PAGE, ...cursor }));
      for (const [asset, balance] of balances) found.set(asset, balance);
      return next;
    });
    return found;
  }

  price = async (asset: string, quoteAsset: string) =>
    parseProductPrice(await this.#api.v3PublicGetBrokerageMarketProductsProductId({ product_id: `${asset}-${quoteAsset}` }));

  accountId = async () => parseKeyPermissions(await this.#api.v3PrivateGetBrokerageKeyPermissions()).portfolio_uuid;

  mayTrade = async () => parseKeyPermissions(await this.#api.v3PrivateGetBrokerageKeyPermissions()).can_trade;

  mayWithdraw = async () => parseKeyPermissions(await this.#api.v3PrivateGetBrokerageKeyPermissions()).can_transfer;

  #configuration({ type, side, quantity, limitPriceUsd, postOnly = false, referencePriceUsd }: OrderIntent) {
    if (type === 'limit' && limitPriceUsd !== undefined)
      return { limit_limit_gtc: { base_size: quantity, limit_price: limitPriceUsd, post_only: postOnly } };
    const factor = side === 'buy' ? money(1).plus(COLLAR) : money(1).minus(COLLAR);
    const limit = floorToStep(money(referencePriceUsd).times(factor), this.#priceTick);
    return { sor_limit_ioc: { base_size: quantity, limit_price: limit.toFixed() } };
  }

  async #query(venueOrderId: string): Promise<VenueOrder> {
    return parseCoinbaseOrder(await this.#api.v3PrivateGetBrokerageOrdersHistoricalOrderId({ order_id: venueOrderId }));
  }

  async #list(query: object, isWanted?: (clientOrderId: string) => boolean): Promise<VenueOrder[]> {
    const found: VenueOrder[] = [];
    await this.#pages(async (cursor) => {
      const all = { product_ids: [this.#product], limit: PAGE, ...query, ...cursor };
      const { orders, next } = parseCoinbaseOrders(await this.#api.v3PrivateGetBrokerageOrdersHistoricalBatch(all), isWanted);
      found.push(...orders);
      return next;
    });
    return found;
  }

  async #pages(read: (cursor: { readonly cursor?: string }) => Promise<string | undefined>): Promise<void> {
    let next = await read({});
    for (let page = 1; next !== undefined; page++) {
      if (page >= MAX_PAGES) throw new Error('there are more pages than are read');
      next = await read({ cursor: next });
    }
  }
}

import { ConfigError, DAY_MS, MINUTE_MS, money, type TimeMs } from '../../domain/index.ts';
import type { AssetBalance, BrokerCapabilities, FundingPayment, OrderReference, PerpetualAccount } from '../broker.ts';
import type { OrderIntent } from '../order.ts';
import {
  parseAccountId,
  parseFirstClose,
  parseOrder,
  parseOrders,
  parseServerTime,
  parseSymbolRules,
  parseTrades,
} from './binance-replies.ts';
import { classifyUsdmError, isMarginTypeSet, isWrongUsdmTime } from './binance-usdm-errors.ts';
import {
  parseFunding,
  parseFuturesKeyRights,
  parseIsHedged,
  parsePosition,
  parseTradedOrders,
  parseWallet,
} from './binance-usdm-replies.ts';
import { usdmTrades } from './binance-usdm-trades.ts';
import { isNotFound, messageOf } from './classify-exchange-error.ts';
import { type BinanceApi, type BinanceUsdmApi, openCcxtExchange } from './open-ccxt-exchange.ts';
import type { VenueClient, VenueExecution, VenueOrder } from './venue-client.ts';
import { VENUE_CAPABILITIES, type VenueClientOptions } from './venues.ts';

const PAGE = 1_000;
const MARGIN_MS = 1_000;
/** Orders and trades are told of less than seven days at once. */
const LONGEST_QUERY_MS = 6 * DAY_MS;
/** Of the spot host: ccxt writes a fifth of the weight that Binance states. That of perpetuals it writes as it is. */
const SPOT_WEIGHT_PER_COST = 5;
const URGENT = /^(POST|DELETE) order$|^GET time$/;

/**
 * Binance USDⓈ-M perpetuals in one-way mode with isolated margin: orders under our id, found by it; the receive window ends
 * what was not accepted in time. Account number and rights of the key are asked of the spot host, where both are known.
 */
export class BinanceUsdmClient implements VenueClient {
  readonly capabilities: BrokerCapabilities;
  readonly #api: BinanceUsdmApi;
  readonly #account: BinanceApi;
  readonly #venueNowMs: () => TimeMs;
  readonly #symbol: string;
  readonly #baseAsset: string;
  readonly #quoteAsset: string;

  private constructor(api: BinanceUsdmApi, account: BinanceApi, options: VenueClientOptions) {
    this.#api = api;
    this.#account = account;
    this.#venueNowMs = options.venueNowMs;
    this.#baseAsset = options.baseAsset;
    this.#quoteAsset = options.quoteAsset;
    this.#symbol = `${options.baseAsset}${options.quoteAsset}`;
    this.capabilities = { ...VENUE_CAPABILITIES.binance_usdm, acceptanceWindowMs: options.recvWindowMs + MARGIN_MS };
  }

  /** @throws ConfigError `exchange.not_available` */
  static async open(options: VenueClientOptions): Promise<BinanceUsdmClient> {
    const { accountUrl = options.baseUrl, baseUrl: _ownUrl, accountBudget, ...rest } = options;
    const common = { nowMs: options.venueNowMs, urgent: URGENT, options: { recvWindow: options.recvWindowMs } };
    const api = await openCcxtExchange<BinanceUsdmApi>('binanceusdm', { ...options, ...common });
    const account = await openCcxtExchange<BinanceApi>('binance', {
      ...rest,
      ...common,
      budget: accountBudget,
      weightPerCost: SPOT_WEIGHT_PER_COST,
      ...(accountUrl !== undefined && { baseUrl: accountUrl }),
    });
    return new BinanceUsdmClient(api, account, options);
  }

  readonly classify = classifyUsdmError;
  readonly isWrongTime = isWrongUsdmTime;

  serverTime = async () => parseServerTime(await this.#api.fapiPublicGetTime());

  market = async (symbol: string) => parseSymbolRules(await this.#api.fapiPublicGetExchangeInfo(), symbol);

  /** The reply to an order holds no executions: they are asked besides, and may be left to the next look. */
  async place(intent: OrderIntent): Promise<VenueOrder> {
    const order = parseOrder(await this.#api.fapiPrivatePostOrder(orderParameters(intent)));
    if (money(order.executedQuantity).eq(0)) return order;
    try {
      return { ...order, executions: await this.executions(order, intent.symbol) };
    } catch {
      return order;
    }
  }

  /**
   * Under its id, among open orders, among all orders since it was planned, and among the orders that trades since then
   * belong to, where the list leaves them out.
   */
  async find({ symbol, clientOrderId }: OrderReference, fromMs: TimeMs): Promise<VenueOrder | undefined> {
    const byId = await this.#order({ symbol, origClientOrderId: clientOrderId });
    if (byId !== undefined) return byId;
    const isIt = (order: VenueOrder) => order.clientOrderId === clientOrderId;
    const open = await this.openOrders(symbol);
    const query = () => ({ symbol, startTime: fromMs, endTime: fromMs + LONGEST_QUERY_MS, limit: PAGE });
    const all = parseOrders(await this.#api.fapiPrivateGetAllOrders(query()));
    const found = open.find(isIt) ?? all.find(isIt);
    if (found !== undefined) return found;
    const traded = parseTradedOrders(await this.#api.fapiPrivateGetUserTrades(query()));
    if (all.length >= PAGE || traded.length >= PAGE) throw new Error('there are more orders or trades than one reply holds');
    const listed = new Set([...open, ...all].map(({ venueOrderId }) => venueOrderId));
    for (const orderId of new Set(traded.filter((one) => !listed.has(one)))) {
      const order = parseOrder(await this.#api.fapiPrivateGetOrder({ symbol, orderId }));
      if (isIt(order)) return order;
    }
    return undefined;
  }

  async #order(query: object): Promise<VenueOrder | undefined> {
    try {
      return parseOrder(await this.#api.fapiPrivateGetOrder(query));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  clientOrderIdOf = async (symbol: string, orderId: string) => (await this.#order({ symbol, orderId }))?.clientOrderId;

  cancel = async ({ symbol, clientOrderId }: OrderReference) =>
    parseOrder(await this.#api.fapiPrivateDeleteOrder({ symbol, origClientOrderId: clientOrderId }));

  openOrders = async (symbol: string) => parseOrders(await this.#api.fapiPrivateGetOpenOrders({ symbol }));

  async executions({ venueOrderId }: VenueOrder, symbol: string): Promise<VenueExecution[]> {
    const query = { symbol, orderId: venueOrderId, limit: PAGE };
    return parseTrades(await this.#api.fapiPrivateGetUserTrades(query), venueOrderId);
  }

  recentTrades = (symbol: string, fromMs: TimeMs) => usdmTrades(this.#api, symbol, { fromMs, toMs: this.#venueNowMs() });

  /** The position as Ether held, and cash as what is left of the wallet once it was paid for: what the journal books. */
  async balances(): Promise<ReadonlyMap<string, AssetBalance>> {
    const { quantityEth, entryPriceUsd } = await this.perpetual.position(this.#symbol);
    const { totalUsd, freeUsd } = await this.#wallet();
    const cash = totalUsd.minus(quantityEth.times(entryPriceUsd));
    return new Map([
      [this.#baseAsset, { free: quantityEth, locked: money(0) }],
      [this.#quoteAsset, { free: freeUsd, locked: cash.minus(freeUsd) }],
    ]);
  }

  /** The close of the minute; of the one that is under way, the last price. */
  price = async (asset: string, quoteAsset: string, atMs: TimeMs) => {
    const minute = { interval: '1m', startTime: Math.floor(atMs / MINUTE_MS) * MINUTE_MS, limit: 1 };
    return parseFirstClose(await this.#api.fapiPublicGetKlines({ symbol: `${asset}${quoteAsset}`, ...minute }));
  };

  accountId = async () => parseAccountId(await this.#account.privateGetAccount());

  mayTrade = async () => parseFuturesKeyRights(await this.#account.sapiGetAccountApiRestrictions()).mayTrade;

  mayWithdraw = async () => parseFuturesKeyRights(await this.#account.sapiGetAccountApiRestrictions()).mayWithdraw;

  readonly perpetual: PerpetualAccount = {
    prepare: async (symbol, leverage) => {
      if (parseIsHedged(await this.#api.fapiPrivateGetPositionSideDual())) {
        throw new ConfigError('futures.hedge_mode', 'the account holds long and short positions apart (hedge mode)', {
          hint: 'Switch the account to one-way mode at the exchange; it takes no open position or order to do so.',
        });
      }
      try {
        await this.#api.fapiPrivatePostMarginType({ symbol, marginType: 'ISOLATED' });
      } catch (error) {
        if (!isMarginTypeSet(error)) throw this.#notPrepared('isolated margin', symbol, error);
      }
      try {
        await this.#api.fapiPrivatePostLeverage({ symbol, leverage });
      } catch (error) {
        throw this.#notPrepared(`leverage ${leverage}`, symbol, error);
      }
    },
    position: async (symbol) => parsePosition(await this.#api.fapiPrivateV3GetPositionRisk({ symbol }), symbol),
    walletUsd: async () => (await this.#wallet()).totalUsd,
    funding: async (symbol, fromMs) => {
      const all = new Map<string, FundingPayment>();
      for (let startTime = fromMs; ; ) {
        const query = { symbol, incomeType: 'FUNDING_FEE', startTime, limit: PAGE };
        const page = parseFunding(await this.#api.fapiPrivateGetIncome(query), symbol);
        for (const payment of page) all.set(payment.fundingId, payment);
        const lastMs = Math.max(startTime, ...page.map(({ paidAtMs }) => paidAtMs));
        if (page.length < PAGE || lastMs === startTime) break;
        startTime = lastMs;
      }
      return [...all.values()].sort((a, b) => a.paidAtMs - b.paidAtMs);
    },
  };

  async #wallet() {
    return parseWallet(await this.#api.fapiPrivateV3GetBalance(), this.#quoteAsset);
  }

  /** A refusal says how the account is; anything else may be asked again. */
  #notPrepared(what: string, symbol: string, cause: unknown): unknown {
    if (this.classify(cause) !== 'refused') return cause;
    return new ConfigError('futures.not_prepared', `${symbol} does not take ${what}: ${messageOf(cause)}`, {
      hint: 'Close positions and orders that are open there, leave multi-assets mode, or set another futures.leverage.',
      details: { symbol, what },
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
    newOrderRespType: 'RESULT',
    ...(intent.reduceOnly === true && { reduceOnly: 'true' }),
  };
  if (intent.type === 'market' || intent.limitPriceUsd === undefined) return { ...base, type: 'MARKET' };
  return { ...base, type: 'LIMIT', timeInForce: intent.postOnly === true ? 'GTX' : 'GTC', price: intent.limitPriceUsd };
}

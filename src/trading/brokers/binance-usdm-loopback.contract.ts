import { createHmac } from 'node:crypto';
import { type ManualClock, money } from '../../domain/index.ts';
import type { OrderIntent } from '../order.ts';
import { SimulatedPerpetualVenue } from './simulated-perpetual-venue.contract.ts';
import type { SimulatedVenue } from './simulated-venue.contract.ts';
import { Cut, type LoopbackRequest, Refused, VenueLoopback } from './venue-loopback.contract.ts';

export const USDM_KEY = 'usdm-key';
export const USDM_SECRET = 'usdm-secret';

type Order = SimulatedVenue['orders'][number];
const STATUS = {
  ACCEPTED: 'NEW',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELLED: 'CANCELED',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
} as const;
const isOpen = ({ state }: Order): boolean => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

/**
 * A loopback server that speaks Binance USDⓈ-M REST (fapi v1 and v3) for a simulated venue of perpetuals, signatures and
 * time windows enforced, as its documentation has it: orders without executions in their replies, error codes of its own,
 * margin type and leverage by symbol, an id that is taken again once its order is done. The spot host's two questions of
 * account and key are answered too.
 */
export class BinanceUsdmLoopback extends VenueLoopback {
  readonly perpetual: SimulatedPerpetualVenue;
  /** The order requests, as they came. */
  readonly orders: URLSearchParams[] = [];
  isHedged = false;
  marginType: 'ISOLATED' | 'CROSSED' = 'CROSSED';
  mayWithdraw = false;
  mayTrade = true;
  /** Orders are neither found by our id nor listed, as may be for a moment after they were taken. */
  isLagging = false;

  constructor(clock: ManualClock, capitalUsd: string) {
    const perpetual = new SimulatedPerpetualVenue(clock, capitalUsd);
    super(clock, capitalUsd, perpetual);
    this.perpetual = perpetual;
  }

  protected takesOrders = ({ method, path }: LoopbackRequest): boolean => method === 'POST' && path === '/fapi/v1/order';

  protected async answer(request: LoopbackRequest): Promise<unknown> {
    const { method, path } = request;
    if (path === '/fapi/v1/time') return { serverTime: this.nowMs() };
    if (path === '/fapi/v1/exchangeInfo') return EXCHANGE_INFO;
    if (path === '/fapi/v1/klines') return this.#minute(request.query);
    const query = this.#signed(request);
    if (this.venue.isDown) throw new Cut();
    const route = `${method} ${path.replace('/fapi/', '')}`;
    if (route === 'POST v1/order') return this.#take(query);
    if (route === 'POST v1/marginType') return this.#setMarginType(query);
    if (route === 'POST v1/leverage') return this.#setLeverage(query);
    return this.#tell(route, query);
  }

  /** One minute of BNB, the only asset but Tether that fees are taken in. */
  #minute(query: URLSearchParams): unknown {
    if (query.get('symbol') !== 'BNBUSDT') throw refusal(-1121, 'Invalid symbol.');
    const openMs = Number(query.get('startTime'));
    return [[openMs, '299', '301', '298', '300', '12.5', openMs + 59_999, '3750', 8, '6', '1800', '0']];
  }

  #signed(request: LoopbackRequest): URLSearchParams {
    const text = request.body === '' ? request.query.toString() : request.body;
    const [signed = '', signature] = text.split('&signature=');
    const expected = createHmac('sha256', USDM_SECRET).update(signed).digest('hex');
    if (request.headers['x-mbx-apikey'] !== USDM_KEY) throw refusal(-2014, 'API-key format invalid.', 401);
    if (signature !== expected) throw refusal(-1022, 'Signature for this request is not valid.');
    const query = new URLSearchParams(signed);
    const timestamp = Number(query.get('timestamp'));
    const nowMs = this.nowMs();
    if (!(timestamp < nowMs + 1_000 && nowMs - timestamp <= Number(query.get('recvWindow') ?? 5_000)))
      throw refusal(-1021, 'Timestamp for this request is outside of the recvWindow.');
    return query;
  }

  async #take(query: URLSearchParams): Promise<unknown> {
    this.orders.push(query);
    const quantity = money(query.get('quantity') ?? '0');
    const reduceOnly = query.get('reduceOnly') === 'true';
    const clientOrderId = query.get('newClientOrderId') ?? '';
    if (this.isHedged && !query.has('positionSide')) throw refusal(-4061, "Order's position side does not match user's setting.");
    if (!quantity.mod('0.001').eq(0)) throw refusal(-1111, 'Precision is over the maximum defined for this asset.');
    if (!reduceOnly && quantity.times(this.venue.priceUsd).lt(20))
      throw refusal(-4164, "Order's notional must be no smaller than 20 (unless you choose reduce only).");
    if (this.#orders(clientOrderId).some(isOpen)) throw refusal(-4116, 'ClientOrderId is duplicated.');
    const intent = {
      clientOrderId,
      side: query.get('side') === 'BUY' ? 'buy' : 'sell',
      quantity: quantity.toFixed(),
      reduceOnly,
      ...(query.has('price') && { limitPriceUsd: query.get('price') }),
      ...(query.get('timeInForce') === 'GTX' && { postOnly: true }),
      plannedAtMs: this.clock.nowMs(),
    } as OrderIntent;
    const result = await this.venue.connect().submit(intent, Number.MAX_SAFE_INTEGER);
    if (result.outcome === 'unknown') throw new Cut();
    if (result.outcome === 'rejected') {
      if (result.message.startsWith('post only')) throw refusal(-5022, 'Due to the order could not be executed as maker.');
      if (reduceOnly) throw refusal(-2022, 'ReduceOnly Order is rejected.');
      throw refusal(-2019, 'Margin is insufficient.');
    }
    return this.#show(this.#orders(clientOrderId).at(-1)!);
  }

  #setMarginType(query: URLSearchParams): unknown {
    const wanted = query.get('marginType') === 'ISOLATED' ? 'ISOLATED' : 'CROSSED';
    if (wanted === this.marginType) throw refusal(-4046, 'No need to change margin type.');
    if (this.venue.orders.some(isOpen)) throw refusal(-4047, 'Margin type cannot be changed if there exists open orders.');
    if (!this.perpetual.quantity.eq(0)) throw refusal(-4048, 'Margin type cannot be changed if there exists position.');
    this.marginType = wanted;
    return { code: 200, msg: 'success' };
  }

  #setLeverage(query: URLSearchParams): unknown {
    const leverage = Number(query.get('leverage'));
    if (leverage < this.perpetual.leverage && !this.perpetual.quantity.eq(0))
      throw refusal(-4161, 'Leverage reduction is not supported in Isolated Margin Mode with open positions.');
    this.perpetual.leverage = leverage;
    return { leverage, maxNotionalValue: '1000000', symbol: query.get('symbol') };
  }

  async #tell(route: string, query: URLSearchParams): Promise<unknown> {
    const { venue, perpetual } = this;
    const clientOrderId = query.get('origClientOrderId') ?? '';
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: 0 };
    switch (route) {
      case 'GET v1/order': {
        await venue.connect().lookup(reference);
        const orderId = query.get('orderId');
        if (orderId === null && this.isLagging) throw refusal(-2013, 'Order does not exist.');
        const order =
          orderId === null ? this.#orders(clientOrderId).at(-1) : venue.orders.find((o) => o.venueOrderId === orderId);
        if (order === undefined) throw refusal(-2013, 'Order does not exist.');
        return this.#show(order);
      }
      case 'DELETE v1/order': {
        const { outcome } = await venue.connect().cancel(reference);
        const order = this.#orders(clientOrderId).at(-1);
        if (outcome !== 'done' || order === undefined) throw refusal(-2011, 'Unknown order sent.');
        return this.#show(order);
      }
      case 'GET v1/openOrders':
        return this.isLagging ? [] : venue.orders.filter(isOpen).map((order) => this.#show(order));
      case 'GET v1/allOrders':
        checkSpan(query);
        return this.isLagging ? [] : venue.orders.map((order) => this.#show(order));
      case 'GET v1/userTrades':
        checkSpan(query);
        return this.#userTrades(query);
      case 'GET v1/income':
        return this.#income(query);
      case 'GET v1/positionSide/dual':
        return { dualSidePosition: this.isHedged };
      case 'GET v3/balance': {
        const free = perpetual.walletUsd.minus(perpetual.marginUsd);
        const usdt = { asset: 'USDT', balance: perpetual.walletUsd.toFixed(), availableBalance: free.toFixed() };
        return [
          { ...usdt, crossWalletBalance: free.toFixed(), crossUnPnl: '0' },
          { asset: 'BNB', balance: '0', availableBalance: '0' },
        ];
      }
      case 'GET v3/positionRisk':
        return this.#positionRisk();
      case 'GET /sapi/v1/account/apiRestrictions':
        return { enableWithdrawals: this.mayWithdraw, enableFutures: this.mayTrade };
      case 'GET /api/v3/account':
        return { uid: 354937868, balances: [] };
      default:
        throw refusal(-5000, `Path ${route}, Method is invalid`, 404);
    }
  }

  /** Only symbols with a position are listed. */
  #positionRisk(): unknown {
    const { quantityEth, entryPriceUsd, markPriceUsd, liquidationPriceUsd } = this.perpetual.position();
    if (quantityEth.eq(0)) return [];
    return [
      {
        symbol: 'ETHUSDT',
        positionSide: 'BOTH',
        positionAmt: quantityEth.toFixed(),
        entryPrice: entryPriceUsd.toFixed(),
        breakEvenPrice: entryPriceUsd.toFixed(),
        markPrice: markPriceUsd.toFixed(),
        unRealizedProfit: quantityEth.times(markPriceUsd.minus(entryPriceUsd)).toFixed(),
        liquidationPrice: (liquidationPriceUsd ?? money(0)).toFixed(),
        isolatedMargin: this.perpetual.marginUsd.toFixed(),
        notional: quantityEth.times(markPriceUsd).toFixed(),
        marginAsset: 'USDT',
      },
    ];
  }

  /** Oldest first, one page, as told from `startTime` on. */
  #income(query: URLSearchParams): unknown {
    if (query.get('incomeType') !== 'FUNDING_FEE') throw refusal(-1130, 'incomeType is not valid.');
    return this.perpetual.funding
      .filter(({ paidAtMs }) => paidAtMs + this.skewMs >= Number(query.get('startTime')))
      .slice(0, Number(query.get('limit') ?? 100))
      .map(({ fundingId, asset, amount, paidAtMs }) => ({
        symbol: 'ETHUSDT',
        incomeType: 'FUNDING_FEE',
        income: amount,
        asset,
        time: paidAtMs + this.skewMs,
        info: 'FUNDING_FEE',
        tranId: Number(fundingId),
        tradeId: '',
      }));
  }

  /** Oldest first, one page, within the times asked for. */
  #userTrades(query: URLSearchParams): object[] {
    const from = Number(query.get('startTime') ?? 0);
    const to = Number(query.get('endTime') ?? Number.MAX_SAFE_INTEGER);
    return this.venue.orders
      .flatMap((order) => this.#trades(order))
      .filter(({ time }) => time >= from && time <= to)
      .sort((a, b) => a.time - b.time)
      .slice(0, Number(query.get('limit') ?? 500));
  }

  #orders(clientOrderId: string): Order[] {
    return this.venue.orders.filter(({ intent }) => intent.clientOrderId === clientOrderId);
  }

  #show({ intent, venueOrderId, state, executed }: Order): object {
    const time = this.nowMs();
    return {
      symbol: 'ETHUSDT',
      orderId: Number(venueOrderId),
      clientOrderId: intent.clientOrderId,
      origQty: intent.quantity,
      executedQty: executed.toFixed(),
      price: intent.limitPriceUsd ?? '0',
      avgPrice: this.venue.priceUsd,
      reduceOnly: intent.reduceOnly ?? false,
      side: intent.side.toUpperCase(),
      positionSide: 'BOTH',
      status: STATUS[state],
      type: intent.limitPriceUsd === undefined ? 'MARKET' : 'LIMIT',
      time,
      updateTime: time,
    };
  }

  #trades({ venueOrderId, intent, fills, shownFills }: Order) {
    return fills.slice(0, shownFills).map((fill, i) => ({
      symbol: 'ETHUSDT',
      id: Number(venueOrderId) * 1_000 + i,
      orderId: Number(venueOrderId),
      side: intent.side.toUpperCase(),
      price: fill.priceUsd,
      qty: fill.quantity,
      commission: fill.feeAmount,
      commissionAsset: fill.feeAsset,
      time: fill.executedAtMs + this.skewMs,
      positionSide: 'BOTH',
    }));
  }
}

const refusal = (code: number, msg: string, status = 400): Refused => new Refused(status, { code, msg });

/** Of orders and trades less than seven days are told at once. */
function checkSpan(query: URLSearchParams): void {
  if (!query.has('startTime')) return;
  const spanMs = Number(query.get('endTime') ?? Number.POSITIVE_INFINITY) - Number(query.get('startTime'));
  if (!(spanMs < 7 * 86_400_000)) throw refusal(-4166, 'Search window is restricted to recent 90 days only.');
}

/** Every symbol is listed, whatever was asked for. */
const EXCHANGE_INFO = {
  symbols: [
    { symbol: 'BTCUSDT', status: 'TRADING', contractType: 'PERPETUAL', filters: [] },
    {
      symbol: 'ETHUSDT',
      status: 'TRADING',
      contractType: 'PERPETUAL',
      marginAsset: 'USDT',
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '39.86', maxPrice: '306177', tickSize: '0.01' },
        { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '10000', stepSize: '0.001' },
        { filterType: 'MARKET_LOT_SIZE', minQty: '0.001', maxQty: '2000', stepSize: '0.001' },
        { filterType: 'MAX_NUM_ORDERS', limit: 200 },
        { filterType: 'MIN_NOTIONAL', notional: '20' },
        { filterType: 'PERCENT_PRICE', multiplierUp: '1.0500', multiplierDown: '0.9500', multiplierDecimal: '4' },
      ],
    },
  ],
};

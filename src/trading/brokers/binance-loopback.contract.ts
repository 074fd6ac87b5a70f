import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ManualClock, money } from '../../domain/index.ts';
import type { OrderIntent } from '../order.ts';
import { SimulatedVenue } from './simulated-venue.contract.ts';

export const KEY = 'test-key';
export const SECRET = 'test-secret';

export interface LoopbackFault {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Order = SimulatedVenue['orders'][number];
const STATUS = {
  ACCEPTED: 'NEW',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELLED: 'CANCELED',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
} as const;

/** A loopback server that speaks Binance spot REST for a simulated venue, with signatures and time windows enforced. */
export class BinanceLoopback {
  readonly venue: SimulatedVenue;
  /** How far the server's clock is ahead. */
  skewMs = 0;
  /** Answers every order request with this status and body instead of the truth; the request is carried out if `carried`. */
  orderFault: { readonly status: number; readonly body: string; readonly carried: boolean } | undefined;
  /** Answers any request with this instead of the truth, or not at all; nothing: the truth. */
  fault: ((route: string) => LoopbackFault | 'hang' | undefined) | undefined;
  mayWithdraw = false;
  mayTrade = true;
  /** Of the exchange as a whole: 0 normal, 1 maintenance. */
  systemStatus = 0;
  /** What the market of BNB closed at in any minute; nothing where it does not answer. */
  bnbPriceUsd: string | undefined = '500';
  /** Rules of the symbol that stand for those of the same type. */
  filters: readonly { readonly filterType: string }[] = [];
  isListed = true;
  /** Of the symbol, as the exchange writes it. */
  status = 'TRADING';
  readonly requests: string[] = [];
  readonly #clock: ManualClock;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(clock: ManualClock, capitalUsd: string) {
    this.#clock = clock;
    this.venue = new SimulatedVenue(clock, capitalUsd);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const text = body === '' ? url.search.slice(1) : body;
    const route = `${request.method} ${url.pathname.replace('/api/v3/', '')}`;
    this.requests.push(route);
    const answer = (status: number, reply: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof reply === 'string' ? reply : JSON.stringify(reply));
    };
    const nowMs = this.#clock.nowMs() + this.skewMs;
    const fault = this.fault?.(route);
    if (fault === 'hang') return;
    if (fault !== undefined) {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body);
      return;
    }
    if (route === 'GET time') return answer(200, { serverTime: nowMs });
    if (route === 'GET /sapi/v1/system/status') return answer(200, { status: this.systemStatus, msg: '' });
    if (route === 'GET exchangeInfo') return this.#showRules(url.searchParams.get('symbol'), answer);
    if (route === 'GET klines') return this.#showMinute(url.searchParams, request, answer);
    const refused = this.#checkSignature(request, text, nowMs);
    if (refused !== undefined) return answer(400, refused);
    if (this.venue.isDown) return void request.socket.destroy();
    if (route === 'GET /sapi/v1/account/apiRestrictions')
      return answer(200, { enableWithdrawals: this.mayWithdraw, enableSpotAndMarginTrading: this.mayTrade });
    const query = new URLSearchParams(text);
    if (route === 'POST order') return this.#take(query, request, answer);
    if (route === 'POST orderList/oco') return this.#takeList(query, request, answer);
    return this.#tell(route, query, answer);
  }

  #showRules(symbol: string | null, answer: (status: number, reply: unknown) => void): void {
    if (symbol !== 'ETHUSDT' || !this.isListed) {
      answer(400, { code: -1121, msg: 'Invalid symbol.' });
      return;
    }
    const types = new Set(this.filters.map(({ filterType }) => filterType));
    const filters = [...EXCHANGE_INFO.filters.filter(({ filterType }) => !types.has(filterType)), ...this.filters];
    answer(200, { symbols: [{ ...EXCHANGE_INFO, filters, status: this.status }] });
  }

  #showMinute(query: URLSearchParams, request: IncomingMessage, answer: (status: number, reply: unknown) => void): void {
    if (query.get('symbol') !== 'BNBUSDT' || this.bnbPriceUsd === undefined) return void request.socket.destroy();
    const price = this.bnbPriceUsd;
    const openMs = Number(query.get('startTime'));
    answer(200, [[openMs, price, price, price, price, '1.0', openMs + 59_999, '1.0', 1, '1.0', '1.0', '0']]);
  }

  #checkSignature(request: IncomingMessage, text: string, nowMs: number): object | undefined {
    const [signed, signature] = text.split('&signature=');
    const query = new URLSearchParams(signed);
    const expected = createHmac('sha256', SECRET)
      .update(signed ?? '')
      .digest('hex');
    if (request.headers['x-mbx-apikey'] !== KEY) return { code: -2014, msg: 'API-key format invalid.' };
    if (signature !== expected) return { code: -1022, msg: 'Signature for this request is not valid.' };
    const timestamp = Number(query.get('timestamp'));
    const inWindow = timestamp <= nowMs + 1_000 && nowMs - timestamp <= Number(query.get('recvWindow') ?? 5_000);
    return inWindow ? undefined : { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' };
  }

  async #take(query: URLSearchParams, request: IncomingMessage, answer: (status: number, reply: unknown) => void): Promise<void> {
    const fault = this.orderFault;
    if (fault !== undefined && !fault.carried) return answer(fault.status, fault.body);
    const quantity = money(query.get('quantity') ?? '0');
    if (!quantity.mod('0.0001').eq(0)) return answer(400, { code: -1013, msg: 'Filter failure: LOT_SIZE' });
    if (quantity.times(this.venue.priceUsd).lt(5)) return answer(400, { code: -1013, msg: 'Filter failure: NOTIONAL' });
    const intent = {
      clientOrderId: query.get('newClientOrderId') ?? '',
      side: query.get('side') === 'BUY' ? 'buy' : 'sell',
      type: query.get('type') === 'MARKET' ? 'market' : 'limit',
      quantity: quantity.toFixed(),
      ...(query.has('price') && { limitPriceUsd: query.get('price') }),
      ...(query.get('type') === 'LIMIT_MAKER' && { postOnly: true }),
      plannedAtMs: this.#clock.nowMs(),
    } as OrderIntent;
    const result = await this.venue.connect().submit(intent, Number.MAX_SAFE_INTEGER);
    if (fault !== undefined) return answer(fault.status, fault.body);
    if (result.outcome === 'unknown') return void request.socket.destroy();
    if (result.outcome === 'rejected' && result.message.startsWith('post only'))
      return answer(400, { code: -2010, msg: 'Order would immediately match and take.' });
    if (result.outcome === 'rejected')
      return answer(400, { code: -2010, msg: 'Account has insufficient balance for requested action.' });
    const order = this.#order(intent.clientOrderId);
    if (order === undefined) return answer(500, {});
    const fills = result.report.fills.map((fill) => ({
      price: fill.priceUsd,
      qty: fill.quantity,
      commission: fill.feeAmount,
      commissionAsset: fill.feeAsset,
      tradeId: fill.tradeId,
    }));
    answer(200, { ...this.#show(order), transactTime: this.#clock.nowMs() + this.skewMs, fills });
  }

  async #takeList(
    query: URLSearchParams,
    request: IncomingMessage,
    answer: (status: number, reply: unknown) => void,
  ): Promise<void> {
    const fault = this.orderFault;
    if (fault !== undefined && !fault.carried) return answer(fault.status, fault.body);
    const text = (name: string) => query.get(name) ?? '';
    const leg = (clientOrderId: string, more: Partial<OrderIntent>) =>
      ({ clientOrderId, side: 'sell', quantity: text('quantity'), plannedAtMs: this.#clock.nowMs(), ...more }) as OrderIntent;
    const listClientOrderId = text('listClientOrderId');
    if (
      !(Number(text('abovePrice')) > Number(this.venue.priceUsd) && Number(this.venue.priceUsd) > Number(text('belowStopPrice')))
    )
      return answer(400, { code: -2010, msg: 'The relationship of the prices for the orders is not correct.' });
    const result = await this.venue.connect().orderLists?.submit(
      {
        listClientOrderId,
        symbol: 'ETHUSDT',
        stop: leg(text('belowClientOrderId'), { type: 'stop', stopPriceUsd: text('belowStopPrice') }),
        target: leg(text('aboveClientOrderId'), { type: 'limit', limitPriceUsd: text('abovePrice'), postOnly: true }),
      },
      Number.MAX_SAFE_INTEGER,
    );
    if (fault !== undefined) return answer(fault.status, fault.body);
    if (result?.outcome === 'unknown') return void request.socket.destroy();
    if (result?.outcome !== 'accepted')
      return answer(400, { code: -2010, msg: 'Account has insufficient balance for requested action.' });
    answer(200, this.#showList(listClientOrderId));
  }

  #showList(id: string, cancelledBy?: string): object | undefined {
    const list = this.venue.lists.findLast(({ listClientOrderId }) => listClientOrderId === id);
    if (list === undefined) return undefined;
    const isOver = list.orders.every(({ state }) => state !== 'ACCEPTED' && state !== 'PARTIALLY_FILLED');
    const shown = list.orders.map((order) => this.#show(order));
    return {
      orderListId: this.venue.lists.indexOf(list),
      contingencyType: 'OCO',
      listStatusType: isOver ? 'ALL_DONE' : 'EXEC_STARTED',
      listOrderStatus: isOver ? 'ALL_DONE' : 'EXECUTING',
      listClientOrderId: id,
      orders: list.orders.map(({ intent, venueOrderId }) => ({ orderId: venueOrderId, clientOrderId: intent.clientOrderId })),
      orderReports:
        cancelledBy === undefined
          ? shown
          : shown.map((one, i) => ({
              ...one,
              origClientOrderId: list.orders[i]?.intent.clientOrderId,
              clientOrderId: cancelledBy,
            })),
    };
  }

  async #tell(route: string, query: URLSearchParams, answer: (status: number, reply: unknown) => void): Promise<void> {
    const { venue } = this;
    const clientOrderId = query.get('origClientOrderId') ?? '';
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: 0 };
    const isShown = (order: Order) => !venue.hidden.has(order.intent.clientOrderId);
    if (route === 'GET order') {
      await venue.connect().lookup(reference);
      const orderId = query.get('orderId');
      const order =
        orderId === null
          ? venue.orders.filter(isShown).findLast(({ intent }) => intent.clientOrderId === clientOrderId)
          : venue.orders.find(({ venueOrderId }) => venueOrderId === orderId);
      return order ? answer(200, this.#show(order)) : answer(400, { code: -2013, msg: 'Order does not exist.' });
    }
    if (route === 'DELETE order') {
      const { outcome } = await venue.connect().cancel(reference);
      const order = this.#order(clientOrderId);
      if (outcome !== 'done' || order === undefined) return answer(400, { code: -2011, msg: 'Unknown order sent.' });
      return answer(200, { ...this.#show(order), origClientOrderId: clientOrderId, clientOrderId: 'made-by-the-venue' });
    }
    if (route === 'GET orderList') {
      const list = this.#showList(clientOrderId);
      return list ? answer(200, list) : answer(400, { code: -2013, msg: 'Order list does not exist.' });
    }
    if (route === 'DELETE orderList') {
      const listClientOrderId = query.get('listClientOrderId') ?? '';
      const result = await venue.connect().orderLists?.cancel({ listClientOrderId, symbol: 'ETHUSDT' });
      if (result?.outcome !== 'done') return answer(400, { code: -2011, msg: 'Unknown order list sent.' });
      return answer(200, this.#showList(listClientOrderId, 'made-by-the-venue'));
    }
    if (route === 'GET openOrders')
      return answer(
        200,
        venue.orders
          .filter((order) => isShown(order) && (order.state === 'ACCEPTED' || order.state === 'PARTIALLY_FILLED'))
          .map((order) => this.#show(order)),
      );
    if (route === 'GET allOrders')
      return answer(
        200,
        venue.orders.filter(isShown).map((order) => this.#show(order)),
      );
    if (route === 'GET myTrades')
      return answer(
        200,
        venue.orders.flatMap((order) => this.#trades(order)),
      );
    const held = await venue.connect().balances();
    const balances = [...held].map(([asset, { free, locked }]) => ({ asset, free: free.toFixed(), locked: locked.toFixed() }));
    answer(200, { uid: 354937868, balances: [...balances, { asset: 'BNB', free: '0.00000000', locked: '0.00000000' }] });
  }

  #order(clientOrderId: string): Order | undefined {
    return this.venue.orders.findLast(({ intent }) => intent.clientOrderId === clientOrderId);
  }

  #show({ intent, venueOrderId, state, executed }: Order): object {
    const updateTime = this.#clock.nowMs() + this.skewMs;
    return {
      symbol: 'ETHUSDT',
      orderId: Number(venueOrderId),
      clientOrderId: intent.clientOrderId,
      origQty: intent.quantity,
      price: intent.limitPriceUsd ?? '0.00000000',
      stopPrice: intent.stopPriceUsd ?? '0.00000000',
      type: intent.postOnly === true ? 'LIMIT_MAKER' : TYPES[intent.type],
      executedQty: executed.toFixed(),
      status: STATUS[state],
      side: intent.side.toUpperCase(),
      updateTime,
    };
  }

  #trades({ venueOrderId, fills, shownFills }: Order): object[] {
    const shown = fills.slice(0, shownFills);
    return [...shown, ...shown].map((fill) => ({
      id: fill.tradeId,
      orderId: Number(venueOrderId),
      price: fill.priceUsd,
      qty: fill.quantity,
      commission: fill.feeAmount,
      commissionAsset: fill.feeAsset,
      isBuyer: fill.side === 'buy',
      time: fill.executedAtMs + this.skewMs,
    }));
  }
}

const TYPES = { market: 'MARKET', limit: 'LIMIT', stop: 'STOP_LOSS' } as const;

const EXCHANGE_INFO = {
  symbol: 'ETHUSDT',
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000', tickSize: '0.01' },
    { filterType: 'LOT_SIZE', minQty: '0.0001', maxQty: '9000', stepSize: '0.0001' },
    { filterType: 'MARKET_LOT_SIZE', minQty: '0', maxQty: '3000', stepSize: '0' },
    {
      filterType: 'PERCENT_PRICE_BY_SIDE',
      bidMultiplierUp: '5',
      bidMultiplierDown: '0.2',
      askMultiplierUp: '5',
      askMultiplierDown: '0.2',
      avgPriceMins: 5,
    },
    { filterType: 'NOTIONAL', minNotional: '5', applyMinToMarket: true },
  ],
};

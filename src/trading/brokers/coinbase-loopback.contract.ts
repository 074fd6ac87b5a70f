import { generateKeyPairSync, verify } from 'node:crypto';
import { money } from '../../domain/index.ts';
import type { OrderIntent } from '../order.ts';
import type { SimulatedVenue } from './simulated-venue.contract.ts';
import { Cut, type LoopbackRequest, Refused, VenueLoopback } from './venue-loopback.contract.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const COINBASE_KEY = 'organizations/test/apiKeys/test';
export const COINBASE_SECRET = keys.privateKey.export({ format: 'pem', type: 'sec1' }).toString();

type Order = SimulatedVenue['orders'][number];

const STATUS = {
  ACCEPTED: 'OPEN',
  PARTIALLY_FILLED: 'OPEN',
  FILLED: 'FILLED',
  CANCELLED: 'CANCELLED',
  REJECTED: 'FAILED',
  EXPIRED: 'EXPIRED',
} as const;
const REFUSALS: Readonly<Record<string, string>> = {
  quantity_step: 'PREVIEW_INVALID_SIZE_PRECISION',
  min_quantity: 'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL',
  min_notional: 'PREVIEW_INVALID_BASE_SIZE_TOO_SMALL',
  price_tick: 'PREVIEW_INVALID_PRICE_PRECISION',
};
const BROKERAGE = '/api/v3/brokerage/';

/** Coinbase Advanced Trade as its documentation shows it: ES256 tokens bound to method and path, ids that repeat, pages. */
export class CoinbaseLoopback extends VenueLoopback {
  product: Readonly<Record<string, unknown>> = {};
  /** Orders of a page. */
  pageSize = 100;

  protected takesOrders = ({ method, path }: LoopbackRequest): boolean => method === 'POST' && path === `${BROKERAGE}orders`;

  protected async answer(request: LoopbackRequest): Promise<unknown> {
    const { method, path, body, query } = request;
    const route = `${method} ${path.replace(BROKERAGE, '')}`;
    if (route === 'GET time') return { iso: '', epochSeconds: '', epochMillis: String(this.nowMs()) };
    if (route === 'GET market/products/ETH-USDT') return this.#product();
    if (!this.#isSigned(request)) throw new Refused(401, 'Unauthorized');
    if (this.venue.isDown) throw new Cut();
    if (route === 'POST orders') return this.#create(JSON.parse(body));
    if (route === 'POST orders/batch_cancel') return this.#cancel(JSON.parse(body).order_ids[0]);
    if (route === 'GET key_permissions')
      return { can_view: true, can_trade: true, can_transfer: false, portfolio_uuid: 'test-portfolio' };
    if (route === 'GET accounts') return this.#accounts();
    if (route === 'GET orders/historical/fills') return this.#fills(query.get('order_ids'));
    if (route === 'GET orders/historical/batch') return this.#list(query);
    const order = this.venue.orders.find(({ venueOrderId }) => route === `GET orders/historical/${idOf(venueOrderId)}`);
    if (order) return { order: this.#show(order) };
    throw new Refused(404, { error: 'NOT_FOUND', error_details: 'order with this orderID was not found' });
  }

  #product(): object {
    const { filters, priceUsd } = this.venue;
    return {
      product_id: 'ETH-USDT',
      price: priceUsd,
      status: 'online',
      base_increment: filters.quantityStep.toFixed(),
      quote_increment: filters.priceTick.toFixed(),
      price_increment: filters.priceTick.toFixed(),
      base_min_size: filters.minQuantity.toFixed(),
      base_max_size: filters.maxQuantity.toFixed(),
      quote_min_size: filters.minNotionalUsd.toFixed(),
      ...this.product,
    };
  }

  #isSigned({ method, path, headers }: LoopbackRequest): boolean {
    const [head = '', claims = '', signature = ''] = (headers.authorization ?? '').replace('Bearer ', '').split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString() || '{}');
    const { alg, kid } = decode(head);
    const { sub, nbf, exp, uri } = decode(claims);
    const key = { key: keys.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const isGenuine = verify('sha256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'));
    const now = this.nowMs() / 1000;
    const isOfRequest = uri === `${method} http://${headers.host}${path}`;
    return isGenuine && alg === 'ES256' && kid === COINBASE_KEY && sub === kid && isOfRequest && nbf <= now + 1 && now < exp;
  }

  async #create(wanted: {
    readonly client_order_id: string;
    readonly side: string;
    readonly order_configuration: Readonly<
      Record<string, { readonly base_size: string; readonly limit_price?: string; readonly post_only?: boolean }>
    >;
  }): Promise<object> {
    const before = this.venue.orders.find(({ intent }) => intent.clientOrderId === wanted.client_order_id);
    if (before !== undefined) return created(before.venueOrderId, wanted.client_order_id);
    const [kind = '', terms] = Object.entries(wanted.order_configuration)[0] ?? [];
    const intent = {
      clientOrderId: wanted.client_order_id,
      side: wanted.side === 'BUY' ? 'buy' : 'sell',
      type: kind.startsWith('limit') ? 'limit' : 'market',
      quantity: money(terms?.base_size ?? '0').toFixed(),
      ...(kind.startsWith('limit') && { limitPriceUsd: terms?.limit_price }),
      ...(terms?.post_only === true && { postOnly: true }),
      plannedAtMs: this.clock.nowMs(),
    } as OrderIntent;
    const result = await this.venue.connect().submit(intent, Number.MAX_SAFE_INTEGER);
    if (result.outcome === 'unknown') throw new Cut();
    if (result.outcome === 'accepted') return created(result.report.venueOrderId, intent.clientOrderId);
    const rule = result.message.split(': ')[1] ?? '';
    const refusal = result.message.startsWith('post only')
      ? 'PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY'
      : 'PREVIEW_INSUFFICIENT_FUND';
    const reason = result.brokeFilter ? (REFUSALS[rule] ?? 'PREVIEW_INVALID_ORDER') : refusal;
    return {
      success: false,
      error_response: {
        error: 'UNKNOWN_FAILURE_REASON',
        message: '',
        error_details: '',
        preview_failure_reason: reason,
        new_order_failure_reason: 'UNKNOWN_FAILURE_REASON',
      },
      order_configuration: wanted.order_configuration,
    };
  }

  async #cancel(orderId: string): Promise<object> {
    const order = this.venue.orders.find(({ venueOrderId }) => idOf(venueOrderId) === orderId);
    const clientOrderId = order?.intent.clientOrderId ?? '';
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: 0 };
    const isDone = (await this.venue.connect().cancel(reference)).outcome === 'done';
    return { results: [{ success: isDone, failure_reason: isDone ? '' : 'UNKNOWN_CANCEL_ORDER', order_id: orderId }] };
  }

  #accounts(): object {
    const accounts = [...this.venue.balances].map(([currency, free]) => ({
      currency,
      available_balance: { value: free.toFixed(), currency },
      hold: { value: '0', currency },
    }));
    return { accounts, has_next: false, cursor: '' };
  }

  #fills(orderId: string | null): object {
    const orders = this.venue.orders.filter(({ venueOrderId }) => orderId === null || idOf(venueOrderId) === orderId);
    const fills = orders.flatMap(({ venueOrderId, fills, shownFills }) => {
      const shown = fills.slice(0, shownFills);
      return [...shown, ...shown].map((fill) => ({
        entry_id: `entry-${fill.tradeId}`,
        trade_id: fill.tradeId,
        order_id: idOf(venueOrderId),
        trade_time: new Date(fill.executedAtMs + this.skewMs).toISOString(),
        trade_type: 'FILL',
        price: fill.priceUsd,
        size: fill.quantity,
        commission: fill.feeAmount,
        product_id: 'ETH-USDT',
        size_in_quote: false,
        side: fill.side.toUpperCase(),
      }));
    });
    return { fills, cursor: '' };
  }

  #list(query: URLSearchParams): object {
    const status = query.get('order_status');
    const all = this.venue.orders
      .filter(
        ({ state, intent }) => (status === null || STATUS[state] === status) && !this.venue.hidden.has(intent.clientOrderId),
      )
      .reverse();
    const from = Number(query.get('cursor') ?? '0');
    const next = from + this.pageSize;
    const hasNext = next < all.length;
    return {
      orders: all.slice(from, next).map((order) => this.#show(order)),
      has_next: hasNext,
      cursor: hasNext ? String(next) : '',
    };
  }

  #show({ intent, venueOrderId, state, executed }: Order): object {
    const { quantity, limitPriceUsd } = intent;
    const configuration =
      limitPriceUsd === undefined
        ? { sor_limit_ioc: { base_size: quantity, limit_price: '2100' } }
        : { limit_limit_gtc: { base_size: quantity, limit_price: limitPriceUsd, post_only: false } };
    return {
      order_id: idOf(venueOrderId),
      product_id: 'ETH-USDT',
      client_order_id: intent.clientOrderId,
      side: intent.side.toUpperCase(),
      status: STATUS[state],
      created_time: new Date(this.nowMs()).toISOString(),
      filled_size: executed.toFixed(),
      order_configuration: configuration,
    };
  }
}

const idOf = (venueOrderId: string): string => `00000000-0000-4000-8000-${venueOrderId.padStart(12, '0')}`;
const created = (venueOrderId: string, clientOrderId: string) => ({
  success: true,
  success_response: { order_id: idOf(venueOrderId), product_id: 'ETH-USDT', client_order_id: clientOrderId },
});

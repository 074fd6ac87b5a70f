import { createHash, createHmac } from 'node:crypto';
import { money } from '../../domain/index.ts';
import type { OrderIntent } from '../order.ts';
import type { SimulatedVenue } from './simulated-venue.contract.ts';
import { Cut, type LoopbackRequest, VenueLoopback } from './venue-loopback.contract.ts';

export const KRAKEN_KEY = 'test-kraken-key';
/** Kraken's secrets are base64. */
export const KRAKEN_SECRET = Buffer.from('a secret of a test, not of an account').toString('base64');

type Order = SimulatedVenue['orders'][number];

const STATUS = {
  ACCEPTED: 'open',
  PARTIALLY_FILLED: 'open',
  FILLED: 'closed',
  CANCELLED: 'canceled',
  REJECTED: 'canceled',
  EXPIRED: 'expired',
} as const;
const REFUSALS: Readonly<Record<string, string>> = {
  quantity_step: 'EGeneral:Invalid arguments:volume',
  min_quantity: 'EOrder:Order minimum not met',
  min_notional: 'EOrder:Cost minimum not met',
  price_tick: 'EOrder:Tick size check failed',
};

/** Kraken spot REST as its documentation shows it: API-Sign, rising nonces, deadlines, `cl_ord_id`. */
export class KrakenLoopback extends VenueLoopback {
  systemStatus = 'online';
  pairStatus = 'online';
  tradesPerPage = 50;
  #lastNonce = 0;

  protected takesOrders = ({ path }: LoopbackRequest): boolean => path === '/0/private/AddOrder';

  protected async answer(request: LoopbackRequest): Promise<unknown> {
    const { path, body } = request;
    const method = path.split('/').at(-1) ?? '';
    if (path.startsWith('/0/public/')) return ok(this.#public(method));
    const form = new URLSearchParams(body);
    const refusal = this.#checkSignature(request, form);
    if (refusal !== undefined) return refuse(refusal);
    if (this.venue.isDown) throw new Cut();
    if (method === 'AddOrder') return this.#add(form);
    if (method === 'CancelOrder') return this.#cancel(form);
    return ok(this.#private(method, form));
  }

  #public(method: string): object {
    if (method === 'Time') return { unixtime: this.nowMs() / 1000, rfc1123: '' };
    if (method === 'SystemStatus') return { status: this.systemStatus, timestamp: '' };
    const { filters } = this.venue;
    return {
      ETHUSDT: {
        altname: 'ETHUSDT',
        wsname: 'ETH/USDT',
        base: 'XETH',
        quote: 'USDT',
        lot_decimals: 4,
        tick_size: filters.priceTick.toFixed(),
        ordermin: filters.minQuantity.toFixed(),
        costmin: filters.minNotionalUsd.toFixed(),
        status: this.pairStatus,
      },
    };
  }

  #checkSignature({ path, headers, body }: LoopbackRequest, form: URLSearchParams): string | undefined {
    const nonce = form.get('nonce') ?? '';
    const digest = createHash('sha256')
      .update(nonce + body)
      .digest();
    const sign = createHmac('sha512', Buffer.from(KRAKEN_SECRET, 'base64'))
      .update(Buffer.concat([Buffer.from(path), digest]))
      .digest('base64');
    if (headers['api-key'] !== KRAKEN_KEY) return 'EAPI:Invalid key';
    if (headers['api-sign'] !== sign) return 'EAPI:Invalid signature';
    if (Number(nonce) <= this.#lastNonce) return 'EAPI:Invalid nonce';
    this.#lastNonce = Number(nonce);
    return undefined;
  }

  async #add(form: URLSearchParams): Promise<object> {
    const clientOrderId = form.get('cl_ord_id') ?? '';
    if (clientOrderId === '' || clientOrderId.length > 18 || form.has('userref'))
      return refuse('EGeneral:Invalid arguments:cl_ord_id');
    const deadlineMs = Date.parse(form.get('deadline') ?? '') - this.nowMs();
    if (deadlineMs < 0) return refuse('EService:Deadline elapsed');
    if (!(deadlineMs <= 60_000)) return refuse('EGeneral:Invalid arguments:deadline');
    const price = form.get('price');
    const intent = {
      clientOrderId,
      side: form.get('type'),
      type: form.get('ordertype'),
      quantity: money(form.get('volume') ?? '0').toFixed(),
      ...(price !== null && { limitPriceUsd: price }),
      ...(form.get('oflags')?.split(',').includes('post') && { postOnly: true }),
      plannedAtMs: this.clock.nowMs(),
    } as OrderIntent;
    const result = await this.venue.connect().submit(intent, Number.MAX_SAFE_INTEGER);
    if (result.outcome === 'unknown') throw new Cut();
    if (result.outcome === 'accepted')
      return ok({ descr: { order: `${intent.side} ${intent.quantity} ETHUSDT` }, txid: [idOf(result.report.venueOrderId)] });
    if (result.message.startsWith('post only')) return refuse('EOrder:Post only order');
    const rule = result.message.split(': ')[1] ?? '';
    return refuse(result.brokeFilter ? (REFUSALS[rule] ?? 'EOrder:Invalid order') : 'EOrder:Insufficient funds');
  }

  async #cancel(form: URLSearchParams): Promise<object> {
    const order = this.venue.orders.find(
      ({ intent, venueOrderId }) => intent.clientOrderId === form.get('cl_ord_id') || idOf(venueOrderId) === form.get('txid'),
    );
    if (order === undefined) return refuse('EOrder:Unknown order');
    const { clientOrderId } = order.intent;
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: 0 };
    const { outcome } = await this.venue.connect().cancel(reference);
    return outcome === 'done' ? ok({ count: 1 }) : refuse('EOrder:Unknown order');
  }

  #private(method: string, form: URLSearchParams): object {
    const { venue } = this;
    const clientOrderId = form.get('cl_ord_id');
    const asked = venue.orders.filter(
      ({ intent }) =>
        (clientOrderId === null || intent.clientOrderId === clientOrderId) && !venue.hidden.has(intent.clientOrderId),
    );
    const isOpen = ({ state }: Order) => STATUS[state] === 'open';
    const show = (orders: readonly Order[]) =>
      Object.fromEntries(orders.map((order) => [idOf(order.venueOrderId), this.#show(order)]));
    const ids = form.get('txid')?.split(',') ?? [];
    if (method === 'OpenOrders') return { open: show(asked.filter(isOpen)) };
    if (method === 'ClosedOrders') {
      const closed = show(asked.filter((order) => !isOpen(order)));
      return { closed, count: Object.keys(closed).length };
    }
    if (method === 'QueryOrders') return show(venue.orders.filter(({ venueOrderId }) => ids.includes(idOf(venueOrderId))));
    if (method === 'QueryTrades') return this.#trades(ids);
    if (method === 'TradesHistory') {
      const all = venue.orders.flatMap(({ fills }) => fills.map(({ tradeId }) => tradeId));
      const from = Number(form.get('ofs') ?? 0);
      return { trades: this.#trades(all.slice(from, from + this.tradesPerPage)), count: all.length };
    }
    const asset = (name: string) => (name === 'ETH' ? 'XETH' : name);
    return Object.fromEntries(
      [...venue.balances].map(([name, free]) => [asset(name), { balance: free.toFixed(), hold_trade: '0.0000' }]),
    );
  }

  #trades(ids: readonly string[]): object {
    return Object.fromEntries(
      this.venue.orders.flatMap(({ venueOrderId, fills }) =>
        fills
          .filter(({ tradeId }) => ids.includes(tradeId))
          .map((fill) => [
            fill.tradeId,
            {
              ordertxid: idOf(venueOrderId),
              pair: 'ETHUSDT',
              time: (fill.executedAtMs + this.skewMs) / 1000,
              type: fill.side,
              price: fill.priceUsd,
              vol: fill.quantity,
              fee: fill.feeAmount,
            },
          ]),
      ),
    );
  }

  #show({ intent, state, executed, fills, shownFills }: Order): object {
    return {
      refid: null,
      userref: null,
      cl_ord_id: intent.clientOrderId,
      status: STATUS[state],
      opentm: this.nowMs() / 1000,
      descr: {
        pair: 'ETHUSDT',
        type: intent.side,
        ordertype: intent.limitPriceUsd === undefined ? 'market' : 'limit',
        price: intent.limitPriceUsd ?? '0',
      },
      vol: intent.quantity,
      vol_exec: executed.toFixed(),
      oflags: 'fciq',
      trades: fills.slice(0, shownFills).map(({ tradeId }) => tradeId),
    };
  }
}

const idOf = (venueOrderId: string): string => `OTEST-${venueOrderId.padStart(5, '0')}-AAAAAA`;
const ok = (result: object) => ({ error: [], result });
const refuse = (error: string) => ({ error: [error] });

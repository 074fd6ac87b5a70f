import { type ManualClock, money, type Rng, type TimeMs } from '../src/domain/index.ts';
import { Exchange, FILTERS, Refusal, type Order as VenueOrder } from '../src/sandbox/exchange/exchange.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  type Broker,
  type Fill,
  type LookupResult,
  type OrderIntent,
  type OrderReport,
  type SubmitResult,
  type VenueState,
} from '../src/trading/index.ts';

/**
 * What happens to an order on its way. arrives: it is answered. no_reply: it arrives, and the reply is lost. lost: it never
 * arrives. late: it arrives within its window, when time moves on. busy: refused for load.
 */
export const WAYS = ['arrives', 'no_reply', 'lost', 'late', 'busy'] as const;
export type Way = (typeof WAYS)[number];

const STATES: Readonly<Record<VenueOrder['status'], VenueState>> = {
  NEW: 'ACCEPTED',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
};
const WINDOW_MS = 6_000;

/** The sandbox's matching engine as a broker in this process, over an unreliable line. */
export class MatchingEngineVenue {
  readonly clock: ManualClock;
  readonly exchange: Exchange;
  readonly #rng: Rng;
  #late: { readonly intent: OrderIntent; readonly untilMs: TimeMs }[] = [];
  way: Way = 'arrives';
  inPieces = false;
  /** Nothing but orders under way gets through. */
  isDown = false;
  /** Reports leave out the newest execution. */
  isLagging = false;

  constructor(clock: ManualClock, rng: Rng, capitalUsd: string) {
    this.clock = clock;
    this.#rng = rng;
    const priceAt = (timeMs: TimeMs) => 2_000 + 100 * Math.sin(timeMs / 50_000);
    const range = () => ({ low: 1_900, high: 2_100 });
    this.exchange = new Exchange({ priceAt, range }, clock.nowMs(), 1, capitalUsd);
  }

  /** Late orders arrive, pieces fill and resting orders are matched. */
  advance(byMs: number): void {
    this.clock.moveTo(this.clock.nowMs() + byMs);
    const nowMs = this.clock.nowMs();
    const late = this.#late;
    this.#late = [];
    for (const { intent, untilMs } of late) if (nowMs <= untilMs) this.#place(intent);
    this.exchange.advanceTo(nowMs);
  }

  /** An order that somebody places by hand. @returns whether the exchange took it */
  placeByHand(clientOrderId: string, side: 'buy' | 'sell', quantity: string, limitPriceUsd: string): boolean {
    const intent = { clientOrderId, side, type: 'limit', quantity, limitPriceUsd } as OrderIntent;
    return !(this.#place(intent) instanceof Refusal);
  }

  connect(): Broker {
    return {
      venue: 'matching-engine',
      capabilities: {
        orderTypes: ['market', 'limit'],
        setsClientOrderId: true,
        looksUpByClientOrderId: true,
        clientOrderIdLength: 36,
        placesStops: false,
        placesOco: false,
        hasTestnet: true,
        hasPrivateStream: false,
        acceptanceWindowMs: WINDOW_MS,
      },
      market: async () => ({
        filters: { ...BINANCE_ETHUSDT_FILTERS, priceTick: FILTERS.tick, quantityStep: FILTERS.step },
        status: 'trading',
      }),
      submit: async (intent) => this.#submit(intent),
      lookup: async ({ clientOrderId }): Promise<LookupResult> => {
        if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
        const order = this.exchange.find({ clientOrderId });
        return order
          ? { outcome: 'found', report: this.#report(order) }
          : { outcome: 'not_found', venueTimeMs: this.clock.nowMs() };
      },
      cancel: async ({ clientOrderId }) => {
        if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
        try {
          const order = this.exchange.cancel(this.exchange.find({ clientOrderId }), this.clock.nowMs());
          return { outcome: 'done', report: this.#report(order) };
        } catch (error) {
          return { outcome: 'not_cancelled', message: String(error) };
        }
      },
      openOrders: async () => this.exchange.openOrders().map((order) => this.#report(order)),
      recentFills: async (_symbol, sinceMs) =>
        this.exchange.fills
          .filter(({ timeMs }) => timeMs >= sinceMs)
          .map((fill) => ({ ...toFill(fill), venueOrderId: String(fill.orderId) })),
      clientOrderIdOf: async (_symbol, venueOrderId) => this.exchange.find({ orderId: Number(venueOrderId) })?.clientOrderId,
      balances: async () => new Map((['ETH', 'USDT'] as const).map((asset) => [asset, this.exchange.balance(asset)])),
      close: async () => undefined,
    };
  }

  #submit(intent: OrderIntent): SubmitResult {
    const { way } = this;
    if (way === 'busy') return { outcome: 'rejected', message: 'too many orders', isTransient: true };
    if (way === 'late') this.#late.push({ intent, untilMs: this.clock.nowMs() + WINDOW_MS });
    if (way === 'lost' || way === 'late') return { outcome: 'unknown', message: 'time-out' };
    const order = this.#place(intent);
    if (way === 'no_reply') return { outcome: 'unknown', message: 'time-out' };
    return order instanceof Refusal
      ? { outcome: 'rejected', message: order.message }
      : { outcome: 'accepted', report: this.#report(order) };
  }

  #place({ clientOrderId, side, type, quantity, limitPriceUsd }: OrderIntent): VenueOrder | Refusal {
    const isLimit = type === 'limit' && limitPriceUsd !== undefined;
    try {
      return this.exchange.place(
        {
          clientOrderId,
          side: side === 'buy' ? 'BUY' : 'SELL',
          type: isLimit ? 'LIMIT' : 'MARKET',
          timeInForce: 'GTC',
          quantity: money(quantity),
          quoteQuantity: undefined,
          price: isLimit ? money(limitPriceUsd) : undefined,
          stopPrice: undefined,
          inPieces: this.inPieces,
        },
        this.clock.nowMs(),
      );
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  /** Executions come more than once, and in any order. */
  #report(order: VenueOrder): OrderReport {
    const all = this.exchange.fills.filter(({ orderId }) => orderId === order.orderId).map(toFill);
    const shown = this.isLagging ? all.slice(0, -1) : all;
    const shuffled = [...shown, ...shown]
      .map((fill) => [this.#rng(), fill] as const)
      .sort(([a], [b]) => a - b)
      .map(([, fill]) => fill);
    return {
      clientOrderId: order.clientOrderId,
      venueOrderId: String(order.orderId),
      state: STATES[order.status],
      side: order.side === 'BUY' ? 'buy' : 'sell',
      quantity: order.quantity,
      limitPriceUsd: order.price.gt(0) ? order.price.toFixed() : null,
      executedQuantity: order.executedQuantity,
      fills: shuffled,
      atMs: order.updateTimeMs,
    };
  }
}

const toFill = ({ tradeId, clientOrderId, side, quantity, price, ...rest }: Exchange['fills'][number]): Fill => ({
  tradeId: String(tradeId),
  clientOrderId,
  side: side === 'BUY' ? 'buy' : 'sell',
  quantity: quantity.toFixed(),
  priceUsd: price.toFixed(),
  feeAmount: rest.commission.toFixed(),
  feeAsset: rest.commissionAsset,
  feeUsd: (rest.commissionAsset === 'ETH' ? rest.commission.times(price) : rest.commission).toFixed(),
  executedAtMs: rest.timeMs,
});

import { type ManualClock, type Money, money, type TimeMs, ZERO } from '../../domain/index.ts';
import type {
  AssetBalance,
  Broker,
  CancelListResult,
  CancelResult,
  LookupListResult,
  LookupResult,
  OrderReference,
  OrderReport,
  SubmitListResult,
  SubmitResult,
  VenueState,
} from '../broker.ts';
import type { Fill, OrderIntent } from '../order.ts';
import type { OrderListIntent } from '../order-list.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  brokenFilter,
  type MarketStatus,
  type SymbolFilters,
  withoutSmallest,
} from '../symbol-filters.ts';

/**
 * What happens to an order that is sent.
 * fill: at once. part: half of it, the rest later. rest: nothing yet. reject: refused. taken-timeout: it exists, half
 * filled, and the reply never comes. lost: it never arrives and no reply comes. late: no reply, and it arrives at the
 * third look-up, if that is within the acceptance window. lagging: half is executed, which replies say, but the
 * executions themselves are only shown from the next look-up on.
 */
export const SENDING = ['fill', 'part', 'rest', 'reject', 'taken-timeout', 'lost', 'late', 'lagging'] as const;
export type Sending = (typeof SENDING)[number];

interface VenueOrder {
  readonly intent: OrderIntent;
  readonly venueOrderId: string;
  state: VenueState;
  executed: Money;
  readonly fills: Fill[];
  shownFills: number;
}

interface VenueList {
  readonly listClientOrderId: string;
  /** The stop, then the target. */
  readonly orders: readonly VenueOrder[];
}

const WINDOW_MS = 6_000;
const HALF = money('0.5');

/** An exchange in memory with an account of its own and the awkward sides of real ones: the truth that tests compare with. */
export class SimulatedVenue {
  readonly clock: ManualClock;
  readonly orders: VenueOrder[] = [];
  readonly lists: VenueList[] = [];
  readonly balances = new Map<string, Money>();
  #late: { readonly intent: OrderIntent; lookups: number }[] = [];
  #lateLists: { readonly list: OrderListIntent; lookups: number }[] = [];
  sending: Sending = 'fill';
  /** What happens to the next orders, one each; `sending` goes for those after. */
  readonly upcoming: Sending[] = [];
  /** Answers to look-ups get lost. */
  isDown = false;
  priceUsd = '2000';
  filters: SymbolFilters = BINANCE_ETHUSDT_FILTERS;
  status: MarketStatus = 'trading';
  submits = 0;
  /** Fees are taken in this asset, at this price; in the quote currency where absent. */
  feeIn: { readonly asset: string; readonly priceUsd: string } | undefined;
  /** Orders that are shown by the venue's own id and by their executions alone. */
  readonly hidden = new Set<string>();

  constructor(clock: ManualClock, capitalUsd: string) {
    this.clock = clock;
    this.balances.set('USDT', money(capitalUsd));
  }

  /** Executes the rest of every open order. */
  fillRest(share = money(1)): void {
    for (const order of this.orders) if (isOpen(order)) this.#execute(order, share);
  }

  /** The price reaches the stop or the target of the list that is open. */
  reach(leg: 'stop' | 'target', share = money(1)): void {
    const order = this.openList()?.orders[leg === 'stop' ? 0 : 1];
    if (order !== undefined && isOpen(order)) this.#execute(order, share);
  }

  openList(): VenueList | undefined {
    return this.lists.find(({ orders }) => orders.some(isOpen));
  }

  /** The exchange ends every open order. */
  expireRest(): void {
    for (const order of this.orders) if (isOpen(order)) order.state = 'EXPIRED';
  }

  /** A new connection, as after a restart. */
  connect(): Broker {
    return {
      venue: 'simulated',
      capabilities: {
        orderTypes: ['market', 'limit'],
        setsClientOrderId: true,
        looksUpByClientOrderId: true,
        clientOrderIdLength: 36,
        placesStops: false,
        placesOco: true,
        hasTestnet: true,
        hasPrivateStream: false,
        acceptanceWindowMs: WINDOW_MS,
      },
      market: async () => ({ filters: this.filters, status: this.status }),
      submit: async (intent, sendBeforeMs) => this.#submit(intent, sendBeforeMs),
      lookup: async (reference) => this.#lookup(reference),
      cancel: async (reference) => this.#cancel(reference),
      orderLists: {
        submit: async (list, sendBeforeMs) => this.#submitList(list, sendBeforeMs),
        lookup: async ({ listClientOrderId }) => this.#lookupList(listClientOrderId),
        cancel: async ({ listClientOrderId }) => this.#cancelList(listClientOrderId),
      },
      openOrders: async () => this.orders.filter(isOpen).map((order) => this.#report(order)),
      recentFills: async (_symbol, sinceMs) =>
        this.orders.flatMap(({ venueOrderId, fills, shownFills }) =>
          fills
            .slice(0, shownFills)
            .filter(({ executedAtMs }) => executedAtMs >= sinceMs)
            .map((fill) => ({ ...fill, venueOrderId })),
        ),
      clientOrderIdOf: async (_symbol, venueOrderId) =>
        this.orders.find((order) => order.venueOrderId === venueOrderId)?.intent.clientOrderId,
      balances: async () =>
        new Map(
          [...this.balances].map(([asset, total]): [string, AssetBalance] => {
            const locked = asset === 'ETH' ? this.#lockedEth() : ZERO;
            return [asset, { free: total.minus(locked), locked }];
          }),
        ),
      close: async () => undefined,
    };
  }

  #submit(intent: OrderIntent, sendBeforeMs: TimeMs): SubmitResult {
    this.submits++;
    const sending = this.upcoming.shift() ?? this.sending;
    if (this.clock.nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time' };
    if (sending === 'reject') return { outcome: 'rejected', message: 'refused' };
    if (sending === 'lost') return { outcome: 'unknown', message: 'time-out' };
    if (sending === 'late') {
      this.#late.push({ intent, lookups: 0 });
      return { outcome: 'unknown', message: 'time-out' };
    }
    const limitPriceUsd = intent.limitPriceUsd === undefined ? undefined : money(intent.limitPriceUsd);
    const rules = intent.reduceOnly === true ? withoutSmallest(this.filters) : this.filters;
    const broken = brokenFilter(
      { side: intent.side, quantity: money(intent.quantity), limitPriceUsd },
      money(this.priceUsd),
      rules,
    );
    if (broken !== undefined) return { outcome: 'rejected', message: `Filter failure: ${broken.rule}`, brokeFilter: true };
    const takes = limitPriceUsd !== undefined && this.#isAcross(intent.side, limitPriceUsd);
    if (intent.postOnly && takes) return { outcome: 'rejected', message: 'post only: would take', isTransient: true };
    const order = this.#take(intent);
    if (order === undefined) return { outcome: 'rejected', message: 'insufficient balance' };
    if (intent.postOnly) return { outcome: 'accepted', report: this.#report(order) };
    if (sending === 'fill') this.#execute(order, money(1));
    if (sending === 'part' || sending === 'taken-timeout' || sending === 'lagging') this.#execute(order, HALF);
    if (sending === 'taken-timeout') return { outcome: 'unknown', message: 'time-out' };
    if (sending === 'lagging') order.shownFills = 0;
    return { outcome: 'accepted', report: this.#report(order) };
  }

  #isAcross(side: OrderIntent['side'], limitPriceUsd: Money): boolean {
    return side === 'buy' ? limitPriceUsd.gte(this.priceUsd) : limitPriceUsd.lte(this.priceUsd);
  }

  #take(intent: OrderIntent): VenueOrder | undefined {
    return this.hasMeansFor(intent) ? this.#open(intent) : undefined;
  }

  /** Whether the account can carry the order. */
  protected hasMeansFor(intent: OrderIntent): boolean {
    const needed = intent.side === 'buy' ? money(intent.quantity).times(this.priceUsd).times('1.001') : money(intent.quantity);
    const held = this.balances.get(intent.side === 'buy' ? 'USDT' : 'ETH') ?? ZERO;
    return needed.lte(intent.side === 'buy' ? held : held.minus(this.#lockedEth()));
  }

  #open(intent: OrderIntent): VenueOrder {
    const venueOrderId = String(this.orders.length + 1);
    const order: VenueOrder = {
      intent,
      venueOrderId,
      state: 'ACCEPTED',
      executed: ZERO,
      fills: [],
      shownFills: Number.POSITIVE_INFINITY,
    };
    this.orders.push(order);
    return order;
  }

  /** What open sales hold; of a list it is held once. */
  #lockedEth(): Money {
    const inLists = new Set(this.lists.flatMap(({ orders }) => orders.filter(isOpen).slice(1)));
    return this.orders
      .filter((order) => isOpen(order) && order.intent.side === 'sell' && !inLists.has(order))
      .reduce((sum, { intent, executed }) => sum.plus(intent.quantity).minus(executed), ZERO);
  }

  #submitList(list: OrderListIntent, sendBeforeMs: TimeMs): SubmitListResult {
    this.submits++;
    if (this.clock.nowMs() > sendBeforeMs) return { outcome: 'rejected', message: 'not sent in time' };
    if (this.sending === 'reject') return { outcome: 'rejected', message: 'refused' };
    if (this.sending === 'lost') return { outcome: 'unknown', message: 'time-out' };
    if (this.sending === 'late') {
      this.#lateLists.push({ list, lookups: 0 });
      return { outcome: 'unknown', message: 'time-out' };
    }
    const orders = this.#takeList(list);
    if (orders === undefined) return { outcome: 'rejected', message: 'insufficient balance' };
    if (this.sending === 'taken-timeout') return { outcome: 'unknown', message: 'time-out' };
    return { outcome: 'accepted', reports: orders.map((order) => this.#report(order)) };
  }

  #takeList({ listClientOrderId, stop, target }: OrderListIntent): readonly VenueOrder[] | undefined {
    const free = (this.balances.get('ETH') ?? ZERO).minus(this.#lockedEth());
    if (free.lt(stop.quantity)) return undefined;
    const orders = [this.#open(stop), this.#open(target)];
    this.lists.push({ listClientOrderId, orders });
    return orders;
  }

  #lookupList(id: string): LookupListResult {
    if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
    const list = this.lists.findLast(({ listClientOrderId }) => listClientOrderId === id);
    if (list === undefined) return { outcome: 'not_found' };
    const clientOrderIds = list.orders.map(({ intent }) => intent.clientOrderId);
    return { outcome: 'found', isExecuting: list.orders.some(isOpen), clientOrderIds };
  }

  #cancelList(id: string): CancelListResult {
    if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
    const list = this.lists.findLast(({ listClientOrderId }) => listClientOrderId === id);
    const open = list?.orders.filter(isOpen) ?? [];
    if (list === undefined || open.length === 0) return { outcome: 'not_cancelled', message: 'unknown list' };
    for (const order of open) order.state = 'CANCELLED';
    return { outcome: 'done', reports: list.orders.map((order) => this.#report(order)) };
  }

  #listOf(order: VenueOrder): readonly VenueOrder[] {
    return this.lists.find(({ orders }) => orders.includes(order))?.orders ?? [order];
  }

  #execute(order: VenueOrder, share: Money): void {
    const { intent } = order;
    for (const other of this.#listOf(order)) if (other !== order && isOpen(other)) other.state = 'EXPIRED';
    const left = money(intent.quantity).minus(order.executed);
    const part = share.eq(1) ? left : left.times(share).round(4, 0);
    if (!part.gt(0)) return;
    const sign = intent.side === 'buy' ? 1 : -1;
    const notional = part.times(this.priceUsd);
    const fee = notional.times('0.001');
    order.executed = order.executed.plus(part);
    order.state = order.executed.eq(intent.quantity) ? 'FILLED' : 'PARTIALLY_FILLED';
    const { asset: feeAsset, priceUsd: feePriceUsd } = this.feeIn ?? { asset: 'USDT', priceUsd: '1' };
    const feeAmount = this.feeIn === undefined ? fee : fee.div(feePriceUsd).round(8);
    this.book(part.times(sign), notional.times(sign), { asset: feeAsset, amount: feeAmount });
    order.fills.push({
      tradeId: `${order.venueOrderId}.${order.fills.length + 1}`,
      clientOrderId: intent.clientOrderId,
      side: intent.side,
      quantity: part.toFixed(),
      priceUsd: this.priceUsd,
      feeAmount: feeAmount.toFixed(),
      feeAsset,
      feeUsd: fee.toFixed(),
      executedAtMs: this.clock.nowMs(),
    });
  }

  /** Books an execution: signed quantity and notional, and the fee. */
  protected book(quantity: Money, notionalUsd: Money, fee: { readonly asset: string; readonly amount: Money }): void {
    this.#add('ETH', quantity);
    this.#add('USDT', notionalUsd.times(-1));
    this.#add(fee.asset, fee.amount.times(-1));
  }

  #lookup(reference: OrderReference): LookupResult {
    this.#arriveLate();
    if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
    const order = this.orders.find(({ intent }) => intent.clientOrderId === reference.clientOrderId);
    if (order === undefined) return { outcome: 'not_found', venueTimeMs: this.clock.nowMs() };
    order.shownFills = Number.POSITIVE_INFINITY;
    return { outcome: 'found', report: this.#report(order) };
  }

  #arriveLate(): void {
    this.#late = this.#late.filter((late) => {
      if (this.clock.nowMs() > late.intent.plannedAtMs + WINDOW_MS) return false;
      late.lookups++;
      if (late.lookups < 3) return true;
      const order = this.#take(late.intent);
      if (order !== undefined) this.#execute(order, HALF);
      return false;
    });
    this.#lateLists = this.#lateLists.filter((late) => {
      if (this.clock.nowMs() > late.list.stop.plannedAtMs + WINDOW_MS) return false;
      late.lookups++;
      if (late.lookups < 3) return true;
      this.#takeList(late.list);
      return false;
    });
  }

  #cancel(reference: OrderReference): CancelResult {
    if (this.isDown) return { outcome: 'unknown', message: 'connection refused' };
    const order = this.orders.find(({ intent }) => intent.clientOrderId === reference.clientOrderId);
    if (order === undefined || !isOpen(order)) return { outcome: 'not_cancelled', message: 'unknown order' };
    for (const one of this.#listOf(order)) if (isOpen(one)) one.state = 'CANCELLED';
    return { outcome: 'done', report: this.#report(order) };
  }

  #report(order: VenueOrder): OrderReport {
    const fills = order.fills.slice(0, order.shownFills);
    return {
      clientOrderId: order.intent.clientOrderId,
      venueOrderId: order.venueOrderId,
      state: order.state,
      side: order.intent.side,
      quantity: money(order.intent.quantity),
      limitPriceUsd: order.intent.limitPriceUsd ?? null,
      executedQuantity: order.executed,
      // Every execution twice and the newest first: reports repeat themselves and come in any order.
      fills: [...fills, ...fills].reverse(),
      atMs: this.clock.nowMs(),
    };
  }

  #add(asset: string, amount: Money): void {
    this.balances.set(asset, (this.balances.get(asset) ?? ZERO).plus(amount));
  }
}

const isOpen = (order: VenueOrder): boolean => order.state === 'ACCEPTED' || order.state === 'PARTIALLY_FILLED';

import { floorToStep, type Money, minMoney, money, type TimeMs, ZERO } from '../../domain/index.ts';
import { uniformAt } from '../world/hash.ts';
import type { Fill, Order, OrderList, OrderRequest, OrderStatus, Side } from './order.ts';
import { isOpen, isOtherLegOpen, type OcoRequest, OrderLists } from './order-lists.ts';
import { checkFilters, FILTERS, Refusal } from './order-rules.ts';

export type { Fill, Order, OrderList, OrderRequest, OrderStatus, Side } from './order.ts';
export { FILTERS, Refusal } from './order-rules.ts';

/** What the exchange needs of the world: a price at any time, and the range it went through. */
export interface ExchangeMarket {
  priceAt(timeMs: TimeMs): number;
  range(fromMs: TimeMs, toMs: TimeMs): { readonly low: number; readonly high: number };
}

const FEE_RATE = money('0.001');
const HALF_SPREAD = 0.00005;
const PIECE_DELAY_MS = 20_000;
const TRADE_STREAM = 71;

interface Piece {
  readonly order: Order;
  readonly quantity: Money;
  readonly atMs: TimeMs;
}

/**
 * A simulated spot exchange for ETHUSDT: one account that begins with USDT, orders matched against the world's price as
 * its time moves. As at Binance, a client order id is refused only while an order with it is open.
 */
export class Exchange {
  readonly orders: Order[] = [];
  readonly fills: Fill[] = [];
  readonly lists = new OrderLists();
  readonly #market: ExchangeMarket;
  readonly #seed: number;
  readonly #total = { ETH: ZERO, USDT: ZERO };
  readonly #listeners: ((order: Order, fill: Fill | undefined) => void)[] = [];
  #pieces: Piece[] = [];
  #nowMs: TimeMs;

  constructor(market: ExchangeMarket, startMs: TimeMs, seed: number, usdt: string) {
    this.#market = market;
    this.#seed = seed;
    this.#nowMs = startMs;
    this.#total.USDT = money(usdt);
  }

  /** Told of every change of an order. */
  onEvent(listener: (order: Order, fill: Fill | undefined) => void): void {
    this.#listeners.push(listener);
  }

  bid(timeMs: TimeMs): Money {
    return floorToStep(money((this.#market.priceAt(timeMs) * (1 - HALF_SPREAD)).toFixed(4)), FILTERS.tick);
  }

  ask(timeMs: TimeMs): Money {
    return this.bid(timeMs).plus(FILTERS.tick);
  }

  openOrders(): Order[] {
    return this.orders.filter(isOpen);
  }

  /** What of an asset is there, and what open orders hold of it. */
  balance(asset: 'ETH' | 'USDT'): { readonly free: Money; readonly locked: Money } {
    const locked = this.openOrders()
      .filter((order) => !isOtherLegOpen(order))
      .reduce((sum, order) => sum.plus(asset === 'ETH' ? lockedEth(order) : lockedUsdt(order)), ZERO);
    return { free: this.#total[asset].minus(locked), locked };
  }

  /** Late pieces arrive and resting orders are matched, up to a time. */
  advanceTo(nowMs: TimeMs): void {
    if (nowMs <= this.#nowMs) return;
    const fromMs = this.#nowMs;
    this.#nowMs = nowMs;
    const due = this.#pieces.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#pieces = this.#pieces.filter(({ atMs }) => atMs > nowMs);
    for (const { order, quantity, atMs } of due)
      if (isOpen(order)) this.#fill(order, quantity, order.price.gt(0) ? order.price : this.#marketPrice(order.side, atMs), atMs);
    const resting = this.openOrders().filter((order) => !this.#pieces.some((piece) => piece.order === order));
    if (resting.length === 0) return;
    const { low, high } = this.#market.range(fromMs, nowMs);
    for (const order of resting) if (isOpen(order)) this.#matchResting(order, low, high, nowMs);
  }

  /** World time at which the next late piece arrives. */
  nextEventMs(): TimeMs | undefined {
    return this.#pieces.length === 0 ? undefined : Math.min(...this.#pieces.map(({ atMs }) => atMs));
  }

  /** @throws Refusal */
  place(request: OrderRequest, nowMs: TimeMs): Order {
    this.advanceTo(nowMs);
    if (this.openOrders().some(({ clientOrderId }) => clientOrderId === request.clientOrderId))
      throw new Refusal(-2010, 'Duplicate order sent.');
    const reference = request.price ?? this.#marketPrice(request.side, nowMs);
    const quantity = request.quantity ?? floorToStep((request.quoteQuantity ?? ZERO).div(reference), FILTERS.step);
    checkFilters(request, quantity, reference);
    const order = this.#newOrder(request, quantity, nowMs);
    this.#checkFunds(order, reference);
    const crosses = this.#crosses(order, nowMs);
    if (order.type === 'LIMIT_MAKER' && crosses) throw new Refusal(-2010, 'Order would immediately match and take.');
    this.orders.push(order);
    this.#tell(order, undefined);
    if (order.isTriggered && (order.type === 'MARKET' || crosses)) this.#take(order, request.inPieces, nowMs);
    else if (order.timeInForce !== 'GTC' && order.type === 'LIMIT') this.#end(order, 'EXPIRED', nowMs);
    return order;
  }

  /** Both orders of a list to sell, or neither: what they lock is locked once. @throws Refusal */
  placeOco(request: OcoRequest, nowMs: TimeMs): OrderList {
    this.advanceTo(nowMs);
    this.lists.check(request, this.openOrders(), this.bid(nowMs));
    for (const { price, stopPrice } of [request.above, request.below]) {
      const at = price ?? stopPrice;
      checkFilters({ price: at }, request.quantity, at ?? this.bid(nowMs));
    }
    if (request.quantity.gt(this.balance('ETH').free))
      throw new Refusal(-2010, 'Account has insufficient balance for requested action.');
    const orders = [request.below, request.above].map((leg) => {
      const order = this.#newOrder({ ...request, ...leg, timeInForce: 'GTC', quoteQuantity: undefined }, request.quantity, nowMs);
      this.orders.push(order);
      return order;
    });
    const list = this.lists.open(request.listClientOrderId, orders, nowMs);
    for (const order of orders) this.#tell(order, undefined);
    return list;
  }

  /** Cancels what is left of a list. @throws Refusal where there is no such open list */
  cancelList(list: OrderList | undefined, nowMs: TimeMs): OrderList {
    this.advanceTo(nowMs);
    const open = list?.orders.find(isOpen);
    if (!list || !open) throw new Refusal(-2011, 'Unknown order list sent.');
    this.cancel(open, nowMs);
    return list;
  }

  /** With the other one of its list. @throws Refusal where there is no such open order */
  cancel(order: Order | undefined, nowMs: TimeMs): Order {
    this.advanceTo(nowMs);
    if (!order || !isOpen(order)) throw new Refusal(-2011, 'Unknown order sent.');
    for (const one of order.list?.orders ?? [order]) if (isOpen(one)) this.#end(one, 'CANCELED', nowMs);
    this.#pieces = this.#pieces.filter((piece) => isOpen(piece.order));
    return order;
  }

  find(by: { readonly orderId?: number; readonly clientOrderId?: string }): Order | undefined {
    return this.orders.findLast((order) =>
      by.orderId === undefined ? order.clientOrderId === by.clientOrderId : order.orderId === by.orderId,
    );
  }

  #newOrder(request: OrderRequest, quantity: Money, nowMs: TimeMs): Order {
    return {
      orderId: 1_000 + this.orders.length,
      clientOrderId: request.clientOrderId,
      side: request.side,
      type: request.type,
      timeInForce: request.timeInForce,
      price: request.price ?? ZERO,
      stopPrice: request.stopPrice ?? ZERO,
      quantity,
      timeMs: nowMs,
      status: 'NEW',
      executedQuantity: ZERO,
      quoteQuantity: ZERO,
      updateTimeMs: nowMs,
      isTriggered: request.stopPrice === undefined,
      inPieces: request.inPieces,
    };
  }

  #crosses(order: Order, nowMs: TimeMs): boolean {
    if (order.type === 'MARKET') return true;
    return order.side === 'BUY' ? order.price.gte(this.ask(nowMs)) : order.price.lte(this.bid(nowMs));
  }

  #marketPrice(side: Side, atMs: TimeMs): Money {
    return side === 'BUY' ? this.ask(atMs) : this.bid(atMs);
  }

  /** Fills at once, or a first piece at once and the rest later. */
  #take(order: Order, inPieces: boolean, nowMs: TimeMs, limit?: Money): void {
    const draw = uniformAt(this.#seed, TRADE_STREAM, order.orderId);
    const pieces = inPieces ? 2 + Math.floor(draw * 3) : 1;
    const each = floorToStep(order.quantity.div(pieces), FILTERS.step);
    const price = limit ?? this.#marketPrice(order.side, nowMs);
    if (pieces === 1 || !each.gt(0)) {
      this.#fill(order, order.quantity, price, nowMs);
      return;
    }
    const quantities = Array.from({ length: pieces }, (_, i) => (i === 0 ? order.quantity.minus(each.times(pieces - 1)) : each));
    this.#fill(order, quantities[0]!, price, nowMs);
    quantities.slice(1).forEach((quantity, i) => {
      this.#pieces.push({ order, quantity, atMs: nowMs + Math.round((i + 1) * PIECE_DELAY_MS * (0.5 + draw)) });
    });
  }

  #matchResting(order: Order, low: number, high: number, nowMs: TimeMs): void {
    if (!order.isTriggered) {
      const stop = Number(order.stopPrice.toString());
      const fallsTo = (order.side === 'SELL') === order.type.startsWith('STOP_LOSS');
      if (fallsTo ? low > stop : high < stop) return;
      order.isTriggered = true;
    }
    if (order.price.eq(0)) {
      this.#fillResting(order, undefined, nowMs);
      return;
    }
    const price = Number(order.price.toString());
    if (order.side === 'BUY' ? low <= price : high >= price) this.#fillResting(order, order.price, nowMs);
  }

  /** The first execution of one leg ends the other. */
  #fillResting(order: Order, limit: Money | undefined, nowMs: TimeMs): void {
    for (const other of order.list?.orders ?? []) if (other !== order && isOpen(other)) this.#end(other, 'EXPIRED', nowMs);
    if (order.executedQuantity.eq(0)) this.#take(order, order.inPieces, nowMs, limit);
    else this.#fill(order, remaining(order), limit ?? this.#marketPrice(order.side, nowMs), nowMs);
  }

  #fill(order: Order, wanted: Money, price: Money, atMs: TimeMs): void {
    const quantity = minMoney(wanted, remaining(order));
    const notional = quantity.times(price);
    const isBuy = order.side === 'BUY';
    const commission = (isBuy ? quantity : notional).times(FEE_RATE);
    this.#total.ETH = isBuy ? this.#total.ETH.plus(quantity).minus(commission) : this.#total.ETH.minus(quantity);
    this.#total.USDT = isBuy ? this.#total.USDT.minus(notional) : this.#total.USDT.plus(notional).minus(commission);
    order.executedQuantity = order.executedQuantity.plus(quantity);
    order.quoteQuantity = order.quoteQuantity.plus(notional);
    order.status = order.executedQuantity.eq(order.quantity) ? 'FILLED' : 'PARTIALLY_FILLED';
    order.updateTimeMs = atMs;
    const fill: Fill = {
      tradeId: 50_000 + this.fills.length,
      orderId: order.orderId,
      clientOrderId: order.clientOrderId,
      side: order.side,
      price,
      quantity,
      commission,
      commissionAsset: isBuy ? 'ETH' : 'USDT',
      timeMs: atMs,
    };
    this.fills.push(fill);
    this.#tell(order, fill);
  }

  #end(order: Order, status: OrderStatus, atMs: TimeMs): void {
    order.status = status;
    order.updateTimeMs = atMs;
    this.#tell(order, undefined);
  }

  #checkFunds(order: Order, reference: Money): void {
    const { free } = this.balance(order.side === 'BUY' ? 'USDT' : 'ETH');
    const needed = order.side === 'BUY' ? order.quantity.times(reference) : order.quantity;
    if (needed.gt(free)) throw new Refusal(-2010, 'Account has insufficient balance for requested action.');
  }

  #tell(order: Order, fill: Fill | undefined): void {
    this.lists.note(order);
    for (const listener of this.#listeners) listener(order, fill);
  }
}

const remaining = (order: Order): Money => order.quantity.minus(order.executedQuantity);
const lockedEth = (order: Order): Money => (order.side === 'SELL' ? remaining(order) : ZERO);

function lockedUsdt(order: Order): Money {
  if (order.side === 'SELL') return ZERO;
  const price = order.price.gt(0)
    ? order.price
    : order.executedQuantity.gt(0)
      ? order.quoteQuantity.div(order.executedQuantity)
      : ZERO;
  return remaining(order).times(price).round(8);
}

import { InvariantError, type Money, money, type TimeMs, ZERO } from '../domain/index.ts';
import type { JournalRecord, LedgerSnapshot } from './journal/journal-record.ts';
import type { Fill, OrderIntent } from './order.ts';
import { assertTransition, isTerminal, type OrderState } from './order-state.ts';

/** An order as the journal knows it. */
export interface Order {
  readonly intent: OrderIntent;
  state: OrderState;
  venueOrderId: string | null;
  /** Never signed or sent after this time; null until it was about to be sent. */
  sendBeforeMs: TimeMs | null;
  /** How far the exchange's clock was ahead of ours when it was announced, in ms; null where that is not known. */
  venueAheadMs: number | null;
  filledQuantity: Money;
  notionalUsd: Money;
  readonly tradeIds: Set<string>;
  updatedAtMs: TimeMs;
  message: string | null;
  /** Rejected for load, limits or the clock: a new attempt makes sense. */
  isTransient: boolean;
  /** Rejected because quantity or price broke the rules of the symbol. */
  brokeFilter: boolean;
}

/** Every order with what became of it so far. A step that cannot follow throws and changes nothing. */
export class OrderBlotter {
  /** By client order id, in the order of their planning. */
  readonly orders = new Map<string, Order>();
  readonly #unsettled = new Set<string>();

  /** @throws InvariantError `ledger.unknown_order` */
  order(clientOrderId: string): Order {
    const order = this.orders.get(clientOrderId);
    if (order) return order;
    throw new InvariantError('ledger.unknown_order', `the journal has no order ${clientOrderId}`, { details: { clientOrderId } });
  }

  /** Orders that have not ended, oldest first. */
  unsettled(): Order[] {
    return [...this.#unsettled].map((id) => this.order(id));
  }

  /** @throws InvariantError `ledger.order_planned_twice` */
  plan({ intent, atMs }: Extract<JournalRecord, { type: 'order_planned' }>): void {
    if (this.orders.has(intent.clientOrderId)) {
      throw new InvariantError('ledger.order_planned_twice', `order ${intent.clientOrderId} was planned before`, {
        details: { clientOrderId: intent.clientOrderId, decisionId: intent.decisionId },
      });
    }
    this.orders.set(intent.clientOrderId, {
      intent,
      state: 'PLANNED',
      venueOrderId: null,
      sendBeforeMs: null,
      venueAheadMs: null,
      filledQuantity: ZERO,
      notionalUsd: ZERO,
      tradeIds: new Set(),
      updatedAtMs: atMs,
      message: null,
      isTransient: false,
      brokeFilter: false,
    });
    this.#unsettled.add(intent.clientOrderId);
  }

  /** @throws InvariantError `ledger.unknown_order`, `order.illegal_transition` */
  announce(record: Extract<JournalRecord, { type: 'order_submitting' }>): void {
    const order = this.#move(this.order(record.clientOrderId), 'SUBMITTING', record.atMs);
    order.sendBeforeMs = record.sendBeforeMs;
    order.venueAheadMs = record.venueAheadMs ?? null;
  }

  /** @throws InvariantError `ledger.unknown_order`, `order.illegal_transition` */
  changeState(record: Extract<JournalRecord, { type: 'order_state' }>): void {
    const order = this.#move(this.order(record.clientOrderId), record.state, record.atMs);
    order.venueOrderId = record.venueOrderId ?? order.venueOrderId;
    order.message = record.message ?? order.message;
    order.isTransient = record.isTransient ?? false;
    order.brokeFilter = record.brokeFilter ?? false;
  }

  /**
   * Books an execution on its order, once.
   * @returns the order; undefined where the execution was booked before
   * @throws InvariantError `ledger.unknown_order`, `ledger.fill_does_not_fit`, `order.illegal_transition`
   */
  fill(fill: Fill): Order | undefined {
    const order = this.order(fill.clientOrderId);
    if (order.tradeIds.has(fill.tradeId)) return undefined;
    const quantity = money(fill.quantity);
    const filled = order.filledQuantity.plus(quantity);
    const wanted = money(order.intent.quantity);
    if (filled.gt(wanted) || !quantity.gt(0) || fill.side !== order.intent.side) {
      throw new InvariantError('ledger.fill_does_not_fit', `fill ${fill.tradeId} does not fit order ${fill.clientOrderId}`, {
        details: { fill, filledBefore: order.filledQuantity.toFixed(), quantity: order.intent.quantity },
        hint: 'Trading stops here. Compare `ets journal` with the trades at the exchange.',
      });
    }
    const next = filled.eq(wanted) ? 'FILLED' : order.state === 'CANCELLING' ? 'CANCELLING' : 'PARTIALLY_FILLED';
    this.#move(order, next, fill.executedAtMs);
    order.tradeIds.add(fill.tradeId);
    order.filledQuantity = filled;
    order.notionalUsd = order.notionalUsd.plus(quantity.times(fill.priceUsd));
    return order;
  }

  /**
   * Whether records can follow, all of them and one after the other: each is tried on copies of the orders that it is about.
   * @throws InvariantError as the record that cannot follow would; nothing is changed
   */
  assertFollows(records: readonly JournalRecord[]): void {
    const trial = new OrderBlotter();
    for (const record of records) {
      const id = orderIdOf(record);
      const order = id === undefined || trial.orders.has(id) ? undefined : this.orders.get(id);
      if (order !== undefined) trial.orders.set(order.intent.clientOrderId, { ...order, tradeIds: new Set(order.tradeIds) });
      trial.apply(record);
    }
  }

  /**
   * What a record says of an order; one that is about none changes nothing.
   * @returns the order of an execution that was not booked before
   */
  apply(record: JournalRecord): Order | undefined {
    if (record.type === 'order_planned') this.plan(record);
    else if (record.type === 'order_submitting') this.announce(record);
    else if (record.type === 'order_state') this.changeState(record);
    else if (record.type === 'fill') return this.fill(record.fill);
    return undefined;
  }

  restore(orders: LedgerSnapshot['orders']): void {
    for (const order of orders) {
      this.orders.set(order.intent.clientOrderId, {
        ...order,
        venueAheadMs: order.venueAheadMs ?? null,
        filledQuantity: money(order.filledQuantity),
        notionalUsd: money(order.notionalUsd),
        tradeIds: new Set(order.tradeIds),
      });
      if (!isTerminal(order.state)) this.#unsettled.add(order.intent.clientOrderId);
    }
  }

  #move(order: Order, state: OrderState, atMs: TimeMs): Order {
    assertTransition(order.intent.clientOrderId, order.state, state);
    order.state = state;
    order.updatedAtMs = atMs;
    if (isTerminal(state)) this.#unsettled.delete(order.intent.clientOrderId);
    return order;
  }
}

/** The order that a record is about; undefined where it is about none. */
function orderIdOf(record: JournalRecord): string | undefined {
  if (record.type === 'order_planned') return record.intent.clientOrderId;
  if (record.type === 'fill') return record.fill.clientOrderId;
  return record.type === 'order_submitting' || record.type === 'order_state' ? record.clientOrderId : undefined;
}

import { stateRecord } from './book-report.ts';
import type { Broker } from './broker.ts';
import type { CrashHook } from './crash-point.ts';
import type { JournalWriter } from './journal/journal-writer.ts';
import type { Order } from './ledger.ts';
import { ordersOfList } from './order-list.ts';
import { isAtVenue } from './order-state.ts';
import { type OrderTracker, referenceTo } from './order-tracker.ts';

/**
 * Cancels orders at the exchange, written down before it is asked; one that was not sent yet is given up here. Its methods
 * are part of the turn of whoever calls them.
 */
export class OrderCanceller {
  readonly #writer: JournalWriter;
  readonly #broker: Broker;
  readonly #tracker: OrderTracker;
  readonly #crash: CrashHook;

  constructor(writer: JournalWriter, broker: Broker, tracker: OrderTracker, crash: CrashHook) {
    this.#writer = writer;
    this.#broker = broker;
    this.#tracker = tracker;
    this.#crash = crash;
  }

  /** Cancels one order; one whose outcome is not known, or that has ended, is left as it is. */
  async cancel(order: Order): Promise<void> {
    if (order.state === 'PLANNED') await this.#giveUp(order);
    if (!isOpen(order)) return;
    await this.#writer.write([stateRecord(order, 'CANCELLING', this.#writer.nowMs())]);
    await this.#crash('order.before_cancel');
    const result = await this.#broker.cancel(referenceTo(order));
    await this.#crash('order.after_cancel');
    if (result.outcome === 'done') await this.#tracker.book(order, result.report);
    else await this.#tracker.look(order);
  }

  /** Cancels what is left of a list, as one, and looks up what that leaves. */
  async cancelList(listClientOrderId: string): Promise<void> {
    const { ledger } = this.#writer;
    const { orderLists } = this.#broker;
    const orders = ordersOfList(ledger, listClientOrderId);
    for (const order of orders) if (order.state === 'PLANNED') await this.#giveUp(order);
    const live = orders.filter(isOpen);
    const atMs = this.#writer.nowMs();
    if (live.length > 0) await this.#writer.write(live.map((order) => stateRecord(order, 'CANCELLING', atMs)));
    const first = orders.find(({ state }) => state === 'CANCELLING');
    if (first !== undefined && orderLists !== undefined) {
      await this.#crash('list.before_cancel');
      const result = await orderLists.cancel({ listClientOrderId, symbol: first.intent.symbol });
      await this.#crash('list.after_cancel');
      for (const report of result.outcome === 'done' ? result.reports : []) {
        const order = ledger.orders.get(report.clientOrderId);
        if (order !== undefined) await this.#tracker.book(order, report);
      }
    }
    for (const order of orders) if (isAtVenue(order.state)) await this.#tracker.look(order);
  }

  #giveUp(order: Order): Promise<void> {
    return this.#tracker.move(order, 'NOT_SENT', 'cancelled before it was sent');
  }
}

const isOpen = ({ state }: Order): boolean => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

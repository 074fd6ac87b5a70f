import { InvariantError, type TimeMs } from '../domain/index.ts';
import { stateRecord } from './book-report.ts';
import type { Broker, OrderLists, SubmitListResult, SubmitResult } from './broker.ts';
import type { CrashHook } from './crash-point.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import type { JournalWriter } from './journal/journal-writer.ts';
import type { Ledger, Order } from './ledger.ts';
import { assertNotRepeated, assertOneList } from './no-repeats.ts';
import type { OrderIntent } from './order.ts';
import { type OrderListIntent, ordersOfList } from './order-list.ts';
import { isAtVenue } from './order-state.ts';
import type { OrderTracker } from './order-tracker.ts';
import type { Reason } from './reason.ts';

/**
 * Asked before every order, whoever wants it. An empty answer allows the order; each reason given is a rule that denies
 * it. Called with the state that the order would act on.
 */
export type PreTradeGate = (intent: OrderIntent, ledger: Ledger) => readonly Reason[] | Promise<readonly Reason[]>;

export interface OrderSenderOptions {
  readonly gate: PreTradeGate;
  /** How long after it was announced an order may still be signed and sent. */
  readonly sendWindowMs: number;
  readonly crash: CrashHook;
}

/**
 * Sends orders: announced on disk first, past the gate, each at most once. What was sent before is looked up instead.
 * Its methods are part of the turn of whoever calls them.
 */
export class OrderSender {
  readonly #writer: JournalWriter;
  readonly #broker: Broker;
  readonly #tracker: OrderTracker;
  readonly #options: OrderSenderOptions;

  constructor(writer: JournalWriter, broker: Broker, tracker: OrderTracker, options: OrderSenderOptions) {
    this.#writer = writer;
    this.#broker = broker;
    this.#tracker = tracker;
    this.#options = options;
  }

  /** @throws InvariantError `engine.decision_repeated`, `order.id_taken`, and what `OrderTracker.book` throws */
  async send(intent: OrderIntent): Promise<Order> {
    const { ledger } = this.#writer;
    const known = ledger.orders.get(intent.clientOrderId);
    if (known !== undefined) {
      if (isAtVenue(known.state)) await this.#tracker.look(known);
      return known;
    }
    assertNotRepeated(ledger, intent);
    const sendBeforeMs = await this.#announce([intent]);
    const order = ledger.order(intent.clientOrderId);
    if (sendBeforeMs === undefined) return order;
    await this.#options.crash('order.before_send');
    const result = await this.#broker.submit(intent, sendBeforeMs);
    await this.#options.crash('order.after_send');
    await this.#tracker.take(order, result);
    assertIdNotTaken(intent.clientOrderId, result);
    return order;
  }

  /**
   * Both orders of a list as one request.
   * @throws InvariantError `engine.no_order_lists`, `engine.list_repeated`, `order.id_taken`, and what `OrderTracker.book` throws
   */
  async sendList(list: OrderListIntent): Promise<Order[]> {
    const { ledger } = this.#writer;
    const known = ordersOfList(ledger, list.listClientOrderId);
    if (known.length === 0) await this.#sendNewList(list, this.#orderLists(list));
    else for (const order of known) if (isAtVenue(order.state)) await this.#tracker.look(order);
    return ordersOfList(ledger, list.listClientOrderId);
  }

  async #sendNewList(list: OrderListIntent, orderLists: OrderLists): Promise<void> {
    const { ledger } = this.#writer;
    assertOneList(ledger, list);
    const legs = [list.stop, list.target];
    const sendBeforeMs = await this.#announce(legs);
    if (sendBeforeMs === undefined) return;
    await this.#options.crash('list.before_send');
    const result = await orderLists.submit(list, sendBeforeMs);
    await this.#options.crash('list.after_send');
    const orders = legs.map(({ clientOrderId }) => ledger.order(clientOrderId));
    for (const order of orders) await this.#tracker.take(order, answerFor(order, result));
    assertIdNotTaken(list.listClientOrderId, result);
    if (result.outcome !== 'unknown' || (await orderLists.lookup(list)).outcome !== 'found') return;
    for (const order of orders) await this.#tracker.look(order);
  }

  #orderLists({ listClientOrderId }: OrderListIntent): OrderLists {
    const { orderLists, venue } = this.#broker;
    if (orderLists !== undefined) return orderLists;
    throw new InvariantError('engine.no_order_lists', `${venue} takes no lists of orders`, { details: { listClientOrderId } });
  }

  /**
   * Writes down, in one append, orders that are about to be sent as one, or that they are not sent.
   * @returns the time after which they may not be sent any more; undefined where they may not be sent at all
   */
  async #announce(intents: readonly OrderIntent[]): Promise<TimeMs | undefined> {
    const atMs = this.#writer.nowMs();
    const planned = intents.map((intent): JournalRecord => ({ type: 'order_planned', atMs, intent }));
    const message = await this.#whyNotSend(intents, atMs);
    if (message !== undefined) {
      const notSent = intents.map((intent) => ({ ...stateRecord({ intent }, 'NOT_SENT', atMs), message }));
      await this.#writer.write([...planned, ...notSent]);
      return undefined;
    }
    const { venueAheadMs } = this.#broker;
    const sendBeforeMs = Math.min(atMs + this.#options.sendWindowMs, ...intents.map(({ validUntilMs }) => validUntilMs));
    const announced = intents.map(
      ({ clientOrderId }): JournalRecord => ({
        type: 'order_submitting',
        atMs,
        clientOrderId,
        sendBeforeMs,
        ...(venueAheadMs !== undefined && { venueAheadMs }),
      }),
    );
    await this.#writer.write([...planned, ...announced]);
    return sendBeforeMs;
  }

  async #whyNotSend(intents: readonly OrderIntent[], nowMs: TimeMs): Promise<string | undefined> {
    for (const intent of intents) {
      if (nowMs > intent.validUntilMs) return `valid until ${intent.validUntilMs}, now ${nowMs}`;
      const denials = await this.#options.gate(intent, this.#writer.ledger);
      if (denials.length > 0)
        return `denied: ${denials.map(({ rule, value, limit }) => `${rule} (${value} against ${limit})`).join(', ')}`;
    }
    return undefined;
  }
}

/** What the answer to a list says of one of its orders. */
function answerFor({ intent: { clientOrderId } }: Order, result: SubmitListResult): SubmitResult {
  if (result.outcome !== 'accepted') return result;
  const report = result.reports.find((one) => one.clientOrderId === clientOrderId);
  return report ? { outcome: 'accepted', report } : { outcome: 'unknown', message: 'the answer leaves it out' };
}

/**
 * Every id is sent once from here: where the exchange has it already, somebody else sent it, and what is there is not ours.
 * @throws InvariantError `order.id_taken`
 */
function assertIdNotTaken(id: string, result: SubmitResult | SubmitListResult): void {
  if (result.outcome !== 'rejected' || result.isDuplicate !== true) return;
  throw new InvariantError('order.id_taken', `the exchange has another order under the id ${id}: ${result.message}`, {
    details: { id },
    hint: 'Another program of this kind trades on the account, or an older journal was restored. Let one of them trade, and compare `ets journal` with the orders there.',
  });
}

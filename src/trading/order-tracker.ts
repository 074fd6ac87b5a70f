import { InvariantError, type TimeMs } from '../domain/index.ts';
import { recordsOfReport, stateRecord } from './book-report.ts';
import type { Broker, LookupResult, OrderReference, OrderReport, SubmitResult } from './broker.ts';
import { assertBelievable, assertSameOrder } from './check-report.ts';
import type { CrashHook } from './crash-point.ts';
import type { JournalWriter } from './journal/journal-writer.ts';
import { keepLevels } from './keep-levels.ts';
import type { Order } from './ledger.ts';
import type { OrderState } from './order-state.ts';
import type { ProtectionPolicy } from './protection.ts';

/** How often an order has to be missing, after it could no longer arrive, before it counts as never received. */
const PROOF_LOOKUPS = 2;

/** What the exchange knows an order by. */
export const referenceTo = (order: Order): OrderReference => ({
  clientOrderId: order.intent.clientOrderId,
  symbol: order.intent.symbol,
  venueOrderId: order.venueOrderId,
  plannedAtMs: order.intent.plannedAtMs,
  venueAheadMs: order.venueAheadMs ?? undefined,
});

export interface OrderTrackerOptions {
  readonly protection?: ProtectionPolicy | undefined;
  /** How far the price of an execution may be from the one that its order was meant at, as a fraction; not checked where absent. */
  readonly maxPriceDeviation?: number | undefined;
  readonly crash: CrashHook;
}

/**
 * Finds out what became of orders that were sent, and writes it down: books what the exchange reports, looks up what it
 * did not answer, and proves what it never received. Its methods are part of the turn of whoever calls them.
 */
export class OrderTracker {
  readonly #writer: JournalWriter;
  readonly #broker: Broker;
  readonly #options: OrderTrackerOptions;
  /** How often orders were missing in a row, by their id. */
  readonly #missing = new Map<string, number>();
  /** Orders that the exchange told nothing of when they were looked up last, by their id. */
  readonly #unanswered = new Set<string>();

  constructor(writer: JournalWriter, broker: Broker, options: OrderTrackerOptions) {
    this.#writer = writer;
    this.#broker = broker;
    this.#options = options;
  }

  /**
   * Books what a report has new, and gives the position its levels where something was executed. What does not fit the order
   * is refused before anything is written.
   * @throws InvariantError `order.report_differs`, `order.fill_absurd`, `ledger.fill_does_not_fit`, `order.illegal_transition`
   */
  async book(order: Order, report: OrderReport): Promise<void> {
    assertSameOrder(order, report);
    const records = recordsOfReport(order, report, this.#writer.nowMs());
    for (const record of records)
      if (record.type === 'fill') assertBelievable(order.intent, record.fill, this.#options.maxPriceDeviation);
    if (records.length > 0) await this.#writer.write(records);
    if (records.some(({ type }) => type === 'fill')) await keepLevels(this.#writer, this.#options.protection);
  }

  /** Books the answer to an order that was sent. */
  async take(order: Order, result: SubmitResult): Promise<void> {
    if (result.outcome === 'accepted') await this.book(order, result.report);
    else if (result.outcome === 'unknown') await this.move(order, 'UNKNOWN', result.message);
    else {
      const { message, isTransient = false, brokeFilter = false } = result;
      const rejected = stateRecord(order, 'REJECTED', this.#writer.nowMs());
      await this.#writer.write([{ ...rejected, message, isTransient, brokeFilter }]);
    }
  }

  /** Looks up an order until the exchange has told, or cannot tell now, what became of it. */
  async look(order: Order): Promise<void> {
    await this.#options.crash('order.before_lookup');
    const result: LookupResult = await this.#broker.lookup(referenceTo(order));
    await this.#options.crash('order.after_lookup');
    const { clientOrderId } = order.intent;
    if (result.outcome === 'unknown') this.#unanswered.add(clientOrderId);
    else this.#unanswered.delete(clientOrderId);
    if (result.outcome === 'found') {
      this.#missing.delete(clientOrderId);
      await this.book(order, result.report);
      if (isOpenAtVenue(result.report)) await this.#reopen(order);
      return;
    }
    if (order.state === 'SUBMITTING') await this.move(order, 'UNKNOWN', 'not answered before a restart');
    if (result.outcome === 'unknown' || order.state !== 'UNKNOWN' || result.venueTimeMs <= this.arrivalEndsMs(order)) return;
    const times = (this.#missing.get(clientOrderId) ?? 0) + 1;
    this.#missing.set(clientOrderId, times);
    if (times >= PROOF_LOOKUPS)
      await this.move(order, 'NOT_FOUND', `missing at the exchange ${times} times after it could arrive`);
    else await this.look(order);
  }

  /**
   * Looks up orders one after the other. What cannot be believed of one keeps nobody from looking at the others.
   * @throws InvariantError the first one, when every order has been looked at
   */
  async lookAll(orders: readonly Order[]): Promise<void> {
    let broken: InvariantError | undefined;
    for (const order of orders) {
      try {
        await this.look(order);
      } catch (error) {
        if (!(error instanceof InvariantError)) throw error;
        broken ??= error;
      }
    }
    if (broken !== undefined) throw broken;
  }

  /** Whether the exchange told what became of an order when it was looked up last. */
  isAnswered({ intent }: Order): boolean {
    return !this.#unanswered.has(intent.clientOrderId);
  }

  /** Values fees in other assets whose price nobody told when they were charged; they are booked already. */
  async valueFees(): Promise<void> {
    const priceless = new Set<string>();
    for (const fee of [...this.#writer.ledger.unvaluedFees.values()]) {
      const { clientOrderId, tradeId, asset } = fee;
      const feeUsd = priceless.has(asset) ? undefined : await this.#broker.feeValueUsd?.(fee);
      if (feeUsd === undefined) {
        priceless.add(asset);
        continue;
      }
      await this.#writer.write([{ type: 'fee_valued', atMs: this.#writer.nowMs(), clientOrderId, tradeId, feeUsd }]);
    }
  }

  /** Until then the exchange may still accept the order. */
  arrivalEndsMs(order: Order): TimeMs {
    return (order.sendBeforeMs ?? order.intent.validUntilMs) + this.#broker.capabilities.acceptanceWindowMs;
  }

  /** Writes down that an order is in a state now, and why. */
  move(order: Order, state: OrderState, message: string): Promise<void> {
    return this.#writer.write([{ ...stateRecord(order, state, this.#writer.nowMs()), message }]);
  }

  /** A cancellation that did not get through leaves an open order, which can be cancelled again. */
  async #reopen(order: Order): Promise<void> {
    if (order.state !== 'CANCELLING') return;
    await this.move(order, order.filledQuantity.gt(0) ? 'PARTIALLY_FILLED' : 'ACCEPTED', 'still open after a cancellation');
  }
}

const isOpenAtVenue = ({ state }: OrderReport): boolean => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

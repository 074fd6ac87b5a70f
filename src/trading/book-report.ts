import type { TimeMs } from '../domain/index.ts';
import type { OrderReport } from './broker.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import type { Order } from './ledger.ts';
import type { Fill } from './order.ts';
import { isTerminal, type OrderState } from './order-state.ts';

type StateRecord = Extract<JournalRecord, { type: 'order_state' }>;

/** That an order is in a state now. */
export const stateRecord = (
  { intent }: Pick<Order, 'intent'>,
  state: OrderState,
  atMs: TimeMs,
  report: OrderReport | null = null,
): StateRecord => ({
  type: 'order_state',
  atMs,
  clientOrderId: intent.clientOrderId,
  state,
  venueOrderId: report?.venueOrderId ?? null,
  message: null,
});

/** What is new in the exchange's report of an order. An end is only booked once every execution that belongs to it is known. */
export function recordsOfReport(order: Order, report: OrderReport, atMs: TimeMs): JournalRecord[] {
  const records: JournalRecord[] = [];
  const fresh = freshFills(order, report);
  if (fresh.length === 0 && (order.state === 'SUBMITTING' || order.state === 'UNKNOWN') && report.state !== 'REJECTED') {
    records.push(stateRecord(order, 'ACCEPTED', atMs, report));
  }
  for (const fill of fresh) records.push({ type: 'fill', atMs, fill });
  const filled = fresh.reduce((sum, { quantity }) => sum.plus(quantity), order.filledQuantity);
  const isComplete = filled.eq(order.intent.quantity);
  const hasEnded = report.state === 'CANCELLED' || report.state === 'EXPIRED' || report.state === 'REJECTED';
  if (hasEnded && !isComplete && filled.eq(report.executedQuantity) && !isTerminal(order.state)) {
    records.push(stateRecord(order, report.state, atMs, report));
  }
  return records;
}

/** Executions that the journal does not have, each once. */
function freshFills(order: Order, { fills }: OrderReport): Fill[] {
  const fresh = new Map<string, Fill>();
  for (const fill of fills) if (!order.tradeIds.has(fill.tradeId) && !fresh.has(fill.tradeId)) fresh.set(fill.tradeId, fill);
  return [...fresh.values()];
}

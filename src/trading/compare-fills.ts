import type { TimeMs } from '../domain/index.ts';
import type { AccountFill } from './broker.ts';
import type { Difference } from './difference.ts';
import type { Ledger, Order } from './ledger.ts';
import { isTerminal, type OrderState } from './order-state.ts';
import type { TradingEngine } from './trading-engine.ts';

/**
 * Compares the executions of the account with those in the journal. One of an order of ours that is still open is booked
 * by looking its order up; one of an order that has ended for the journal cannot be, and has no harmless reason; any other
 * is somebody else's, and is shown once.
 * @param sinceMs from when on executions are compared
 * @throws ExchangeError when the exchange does not answer
 */
export async function compareFills(engine: TradingEngine, symbol: string, sinceMs: TimeMs): Promise<Difference[]> {
  const { ledger, broker } = engine;
  const fills = await broker.recentFills(symbol, Math.max(sinceMs, startOf(ledger)));
  if (unknownOf(ledger, fills).length === 0) return [];
  // What was executed while the comparison was made is booked by this.
  await engine.refresh();
  const told = new Set(ledger.lastReconciliation?.differences.map(({ kind, subject }) => `${kind} ${subject}`));
  const differences: Difference[] = [];
  for (const fill of unknownOf(ledger, fills)) {
    const difference = differenceOf(fill, await ownerOf(engine, fill));
    if (difference.kind !== 'foreign_fill' || !told.has(`foreign_fill ${difference.subject}`)) differences.push(difference);
  }
  return differences;
}

/** When the first order was planned: what the account did before is not the system's. */
const startOf = ({ orders }: Ledger): TimeMs => orders.values().next().value?.intent.plannedAtMs ?? Number.NEGATIVE_INFINITY;

function unknownOf(ledger: Ledger, fills: readonly AccountFill[]): AccountFill[] {
  const known = new Set([...ledger.orders.values()].flatMap(({ tradeIds }) => [...tradeIds]));
  return fills.filter(({ tradeId }) => !known.has(tradeId));
}

/** States of orders that the exchange may have executed all the same, under an id of its own that nobody has told yet. */
const MAY_BE_THERE: readonly OrderState[] = ['SUBMITTING', 'UNKNOWN', 'NOT_FOUND', 'REJECTED'];

async function ownerOf({ ledger, broker }: TradingEngine, fill: AccountFill): Promise<Order | undefined> {
  const orders = [...ledger.orders.values()];
  const named = orders.find(({ venueOrderId }) => venueOrderId === fill.venueOrderId);
  if (named !== undefined) return named;
  for (const order of orders) {
    const { clientOrderId, symbol, plannedAtMs, side } = order.intent;
    if (order.venueOrderId !== null || side !== fill.side || !MAY_BE_THERE.includes(order.state)) continue;
    if (plannedAtMs > fill.executedAtMs + CLOCKS_DIFFER_MS || fill.executedAtMs > plannedAtMs + RECENT_MS) continue;
    const found = await broker.lookup({ clientOrderId, symbol, plannedAtMs, venueOrderId: null });
    if (found.outcome === 'found' && found.report.venueOrderId === fill.venueOrderId) return order;
  }
  return undefined;
}

const CLOCKS_DIFFER_MS = 60_000;
/** An order that was not found or refused is not asked for longer than this after it was planned. */
const RECENT_MS = 86_400_000;

function differenceOf({ tradeId, side, quantity, priceUsd, venueOrderId }: AccountFill, order: Order | undefined): Difference {
  const venue = `${side} ${quantity} at ${priceUsd}, order ${venueOrderId}`;
  if (order === undefined)
    return { kind: 'foreign_fill', subject: tradeId, journal: 'none', venue, explained: true, action: 'shown' };
  const isOpen = !isTerminal(order.state);
  return {
    kind: 'fill_missing',
    subject: tradeId,
    journal: `${order.intent.clientOrderId} is ${order.state}`,
    venue,
    explained: isOpen,
    action: isOpen ? 'shown' : 'halted',
  };
}

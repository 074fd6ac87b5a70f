import type { TimeMs } from '../domain/index.ts';
import type { AccountFill } from './broker.ts';
import { isOwnClientOrderId } from './client-order-id.ts';
import type { Difference } from './difference.ts';
import type { Ledger, Order } from './ledger.ts';
import { isTerminal, type OrderState } from './order-state.ts';
import type { TradingEngine } from './trading-engine.ts';

/**
 * Compares the executions of the account with those in the journal. One of an order of ours that is still open is booked
 * by looking its order up; one of an order that has ended for the journal cannot be, and has no harmless reason; nor has one
 * of an order with an id of our making that the journal does not have: another program of this kind trades on the account.
 * Any other is somebody else's, and is shown once.
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
  const ids = new Map<string, string | undefined>();
  for (const fill of unknownOf(ledger, fills)) {
    if (told.has(`foreign_fill ${fill.tradeId}`)) continue;
    const owner = await ownerOf(engine, fill);
    const { venueOrderId } = fill;
    if (owner === undefined && !ids.has(venueOrderId)) ids.set(venueOrderId, await broker.clientOrderIdOf(symbol, venueOrderId));
    differences.push(owner === undefined ? foreignFill(ledger, fill, ids.get(venueOrderId)) : missingFill(fill, owner));
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

const shownAs = ({ side, quantity, priceUsd, venueOrderId }: AccountFill): string =>
  `${side} ${quantity} at ${priceUsd}, order ${venueOrderId}`;

function missingFill(fill: AccountFill, { intent, state }: Order): Difference {
  const isOpen = !isTerminal(state);
  return {
    kind: 'fill_missing',
    subject: fill.tradeId,
    journal: `${intent.clientOrderId} is ${state}`,
    venue: shownAs(fill),
    explained: isOpen,
    action: isOpen ? 'shown' : 'halted',
  };
}

/** @param id the client order id of its order, where the exchange tells one */
function foreignFill({ orders }: Ledger, fill: AccountFill, id: string | undefined): Difference {
  const { tradeId: subject } = fill;
  const known = id === undefined ? undefined : orders.get(id);
  if (known === undefined && (id === undefined || !isOwnClientOrderId(id)))
    return { kind: 'foreign_fill', subject, journal: 'none', venue: shownAs(fill), explained: true, action: 'shown' };
  return {
    kind: 'own_fill_unknown',
    subject,
    journal: known === undefined ? 'none' : `${id} is another order, ${known.state}`,
    venue: `${shownAs(fill)}, client order id ${id}`,
    explained: false,
    action: 'halted',
  };
}

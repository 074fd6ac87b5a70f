import { type Money, money } from '../domain/index.ts';
import { isOwnClientOrderId } from './client-order-id.ts';
import { isKeptOpen, isResting } from './resting-order.ts';
import type { TradingEngine } from './trading-engine.ts';

/** One thing in which the exchange and the journal do not agree. */
export interface Difference {
  /**
   * foreign_order: an open order that is not ours. own_order_unknown: one with an id of our making that the journal does
   * not know. balance_missing: less at the exchange than the journal says the system owns.
   */
  readonly kind: 'foreign_order' | 'own_order_unknown' | 'balance_missing';
  /** The order's id or the asset. */
  readonly subject: string;
  readonly journal: string;
  readonly venue: string;
  /** Whether there is a harmless reason; a difference without one has to halt trading. */
  readonly explained: boolean;
}

export interface Reconciliation {
  readonly differences: readonly Difference[];
  readonly unexplained: readonly Difference[];
}

export interface ReconcileOptions {
  readonly symbol: string;
  /** What happens to open orders on the symbol that are not ours. */
  readonly foreignOrders: 'show' | 'cancel';
}

/** Exchanges keep 8 decimals of a balance; the journal keeps all of a fee. */
const BALANCE_TOLERANCE = money('0.00000001');

/**
 * Compares the journal with the exchange: first what is open is looked up, so that the exchange's truth is booked; then
 * open orders and balances. The system owns what its journal says; the account may hold more (other money of the same
 * person), never less. What was found is written to the journal.
 * @throws ExchangeError when the exchange does not answer
 */
export async function reconcile(engine: TradingEngine, { symbol, foreignOrders }: ReconcileOptions): Promise<Reconciliation> {
  await engine.refresh();
  const differences = [...(await compareOrders(engine, symbol, foreignOrders)), ...(await compareBalances(engine))];
  if (differences.length > 0) await engine.recordReconciliation(differences);
  return { differences, unexplained: differences.filter(({ explained }) => !explained) };
}

async function compareOrders(
  engine: TradingEngine,
  symbol: string,
  policy: ReconcileOptions['foreignOrders'],
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const report of await engine.broker.openOrders(symbol)) {
    const { clientOrderId, venueOrderId, atMs } = report;
    if (engine.ledger.orders.has(clientOrderId)) continue;
    const isOwn = isOwnClientOrderId(clientOrderId);
    const difference = { subject: clientOrderId, journal: 'none', venue: report.state };
    if (isOwn || policy === 'show') {
      differences.push({ ...difference, kind: isOwn ? 'own_order_unknown' : 'foreign_order', explained: !isOwn });
      continue;
    }
    const cancelled = await engine.broker.cancel({ clientOrderId, symbol, venueOrderId, plannedAtMs: atMs });
    differences.push({
      ...difference,
      kind: 'foreign_order',
      venue: cancelled.outcome === 'done' ? 'CANCELLED' : report.state,
      explained: true,
    });
  }
  return differences;
}

/** A protective order may be filled between the look-up and the balances: then both are asked for once more. */
async function compareBalances(engine: TradingEngine): Promise<Difference[]> {
  const missing = await missingBalances(engine);
  const couldFill = engine.ledger.unsettledOrders().some(isKeptOpen);
  if (missing.length === 0 || !couldFill) return missing;
  await engine.refresh();
  return missingBalances(engine);
}

async function missingBalances({ ledger, broker }: TradingEngine): Promise<Difference[]> {
  const held = await broker.balances();
  const isSettled = ledger.unsettledOrders().every(isResting);
  return [ledger.baseAsset, ledger.quoteAsset].flatMap((asset): Difference[] => {
    const owned = ledger.balance(asset);
    const there = held.get(asset);
    const total = there ? there.free.plus(there.locked) : money(0);
    if (total.plus(toleranceFor(ledger.fillCount)).gte(owned)) return [];
    return [{ kind: 'balance_missing', subject: asset, journal: owned.toFixed(), venue: total.toFixed(), explained: !isSettled }];
  });
}

/** Every execution may round once. */
const toleranceFor = (fills: number): Money => BALANCE_TOLERANCE.times(fills + 1);

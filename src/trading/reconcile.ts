import { type Money, money, type TimeMs } from '../domain/index.ts';
import { adoptedIntent, whyNotAdopt } from './adopt-order.ts';
import type { OrderReport, VenueState } from './broker.ts';
import { isOwnClientOrderId } from './client-order-id.ts';
import { compareFills } from './compare-fills.ts';
import { comparePerpetual } from './compare-perpetual.ts';
import type { Difference } from './difference.ts';
import { isTerminal } from './order-state.ts';
import type { Reason } from './reason.ts';
import { isKeptOpen } from './resting-order.ts';
import type { TradingEngine } from './trading-engine.ts';
import type { TradingMode } from './trading-mode.ts';

export type { Difference } from './difference.ts';

/**
 * What happens to an open order that the journal does not know. show: nothing, it is told. halt: trading stops. cancel:
 * it is cancelled. adopt: it goes on as one of the journal's, where cash and holdings allow it.
 */
export const UNKNOWN_ORDER_POLICIES = ['show', 'halt', 'cancel', 'adopt'] as const;
export type UnknownOrderPolicy = (typeof UNKNOWN_ORDER_POLICIES)[number];

export interface Reconciliation {
  readonly differences: readonly Difference[];
  readonly unexplained: readonly Difference[];
}

export interface ReconcileOptions {
  readonly symbol: string;
  readonly mode: TradingMode;
  /** What happens to open orders on the symbol that are not ours. */
  readonly foreignOrders: UnknownOrderPolicy;
  /** What happens to open orders of our making that the journal does not know, such as after an older journal was restored. */
  readonly unknownOrders: Exclude<UnknownOrderPolicy, 'show'>;
  /** What happens to a purchase that was to be adopted and that the gate denies: it exists, and cannot be made undone. */
  readonly deniedAdoption?: 'halt' | 'cancel';
  /** From when on executions are compared; absent: they are not. */
  readonly fillsSinceMs?: TimeMs;
}

/** Exchanges keep 8 decimals of a balance; the journal keeps all of a fee. */
const BALANCE_TOLERANCE = money('0.00000001');

/**
 * Compares the journal with the exchange: first what is open is looked up, so that the exchange's truth is booked; then
 * open orders, executions and balances. The system owns what its journal says; the account may hold more (other money of the same
 * person), never less; a position in a perpetual is the system's own, to the last unit. What was found is written to the journal.
 * @throws ExchangeError when the exchange does not answer
 */
export async function reconcile(engine: TradingEngine, options: ReconcileOptions): Promise<Reconciliation> {
  await engine.refresh();
  const { symbol, fillsSinceMs } = options;
  const { perpetual } = engine.broker;
  const orders = await compareOrders(engine, options);
  await engine.reached('reconcile.after_orders');
  const fills = fillsSinceMs === undefined ? [] : await compareFills(engine, symbol, fillsSinceMs);
  await engine.reached('reconcile.after_fills');
  const held =
    perpetual === undefined ? await compareBalances(engine) : await comparePerpetual(engine, perpetual, symbol, engine.nowMs());
  const differences = [...orders, ...fills, ...held];
  if (differences.length > 0) await engine.recordReconciliation(differences);
  return { differences, unexplained: differences.filter(({ explained }) => !explained) };
}

async function compareOrders(engine: TradingEngine, options: ReconcileOptions): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const report of await engine.broker.openOrders(options.symbol)) {
    if (engine.ledger.orders.has(report.clientOrderId)) {
      differences.push(...(await endedButOpen(engine, report, options.symbol)));
      continue;
    }
    const isOwn = isOwnClientOrderId(report.clientOrderId);
    differences.push({
      kind: isOwn ? 'own_order_unknown' : 'foreign_order',
      subject: report.clientOrderId,
      journal: 'none',
      venue: report.state,
      ...(await carryOut(engine, report, isOwn ? options.unknownOrders : options.foreignOrders, options)),
    });
  }
  return differences;
}

/**
 * An order that the journal has ended and the exchange shows as open would go on trading unseen. A list of open orders may
 * be older than the end that was booked, so the order itself is asked for before it counts.
 */
async function endedButOpen({ ledger, broker }: TradingEngine, report: OrderReport, symbol: string): Promise<Difference[]> {
  const { intent, state, venueOrderId } = ledger.order(report.clientOrderId);
  if (!isTerminal(state)) return [];
  const { clientOrderId, plannedAtMs } = intent;
  const now = await broker.lookup({ clientOrderId, symbol, venueOrderId, plannedAtMs });
  const open = { kind: 'ended_order_open', subject: clientOrderId, journal: state } as const;
  if (now.outcome === 'unknown') return [{ ...open, venue: report.state, explained: true, action: 'shown' }];
  if (now.outcome === 'not_found' || !isOpenState(now.report.state)) return [];
  return [{ ...open, venue: now.report.state, explained: false, action: 'halted' }];
}

const isOpenState = (state: VenueState): boolean => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

type Done = Pick<Difference, 'action' | 'explained'> & Partial<Pick<Difference, 'journal' | 'venue'>>;

async function carryOut(
  engine: TradingEngine,
  report: OrderReport,
  policy: UnknownOrderPolicy,
  options: ReconcileOptions,
): Promise<Done> {
  if (policy === 'show') return { action: 'shown', explained: true };
  if (policy === 'halt') return { action: 'halted', explained: false };
  return policy === 'cancel' ? cancelUnknown(engine, report, options) : adoptUnknown(engine, report, options);
}

/** What it executed before, the comparison of balances finds. */
async function cancelUnknown(engine: TradingEngine, report: OrderReport, { symbol }: ReconcileOptions): Promise<Done> {
  const { clientOrderId, venueOrderId, atMs } = report;
  const { outcome } = await engine.broker.cancel({ clientOrderId, symbol, venueOrderId, plannedAtMs: atMs });
  if (outcome === 'done') return { action: 'cancelled', explained: true, venue: 'CANCELLED' };
  return { action: 'failed', explained: !isOwnClientOrderId(clientOrderId) };
}

async function adoptUnknown(engine: TradingEngine, report: OrderReport, options: ReconcileOptions): Promise<Done> {
  if (engine.broker.perpetual !== undefined)
    return { action: 'failed', explained: false, journal: 'cannot adopt: not for perpetuals' };
  const { symbol, mode } = options;
  const { filters } = await engine.broker.market(symbol);
  const intent = adoptedIntent(report, { symbol, mode, filters });
  const why = whyNotAdopt(intent, engine.ledger);
  if (why !== undefined)
    return { action: 'failed', explained: false, journal: `cannot adopt: ${why.rule} ${why.value} against ${why.limit}` };
  const denials = await engine.denials(intent);
  if (denials.length > 0) return denyAdoption(engine, report, options, denials);
  const { state } = await engine.adopt(intent, report);
  return { action: 'adopted', explained: true, journal: state };
}

/** The order exists all the same: its rest is cancelled, or trading halts until somebody has looked. */
async function denyAdoption(
  engine: TradingEngine,
  report: OrderReport,
  options: ReconcileOptions,
  denials: readonly Reason[],
): Promise<Done> {
  const journal = `adoption denied: ${denials.map(({ rule, value, limit }) => `${rule} (${value} against ${limit})`).join(', ')}`;
  if (options.deniedAdoption === 'cancel') return { ...(await cancelUnknown(engine, report, options)), journal };
  return { action: 'halted', explained: false, journal };
}

/** A protective order may be filled between the look-up and the balances: then both are asked for once more. */
async function compareBalances(engine: TradingEngine): Promise<Difference[]> {
  const missing = await missingBalances(engine);
  const couldFill = engine.ledger.unsettledOrders().some(isKeptOpen);
  if (missing.length === 0 || !couldFill) return missing;
  await engine.refresh();
  return missingBalances(engine);
}

async function missingBalances(engine: TradingEngine): Promise<Difference[]> {
  const { ledger } = engine;
  const held = await engine.broker.balances();
  const { isSettled } = engine;
  return [ledger.baseAsset, ledger.quoteAsset].flatMap((asset): Difference[] => {
    const owned = ledger.balance(asset);
    const there = held.get(asset);
    const total = there ? there.free.plus(there.locked) : money(0);
    if (total.plus(toleranceFor(ledger.fillCount)).gte(owned)) return [];
    return [
      {
        kind: 'balance_missing',
        subject: asset,
        journal: owned.toFixed(),
        venue: total.toFixed(),
        explained: !isSettled,
        action: isSettled ? 'halted' : 'shown',
      },
    ];
  });
}

/** Every execution may round once. */
const toleranceFor = (fills: number): Money => BALANCE_TOLERANCE.times(fills + 1);

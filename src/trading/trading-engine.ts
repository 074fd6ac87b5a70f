import { type Clock, InvariantError, type Money, type TimeMs, toText } from '../domain/index.ts';
import { recordsOfReport, stateRecord } from './book-report.ts';
import type { Broker, FundingPayment, LookupResult, OrderReference, OrderReport, SubmitResult } from './broker.ts';
import { type CrashHook, type CrashPoint, noCrash } from './crash-point.ts';
import { dustRecord } from './dust.ts';
import { compareEquity, type EquityPoint } from './equity-point.ts';
import type { Journal } from './journal/journal.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { foldJournal, type Ledger, type Order } from './ledger.ts';
import { assertNotRepeated, assertOneList } from './no-repeats.ts';
import type { OrderIntent } from './order.ts';
import { type OrderListIntent, ordersOfList } from './order-list.ts';
import { isAtVenue, isTerminal } from './order-state.ts';
import { type ProtectionPolicy, protectionFor } from './protection.ts';
import type { Reason } from './reason.ts';
import type { SymbolFilters } from './symbol-filters.ts';

/**
 * Asked before every order, whoever wants it. An empty answer allows the order; each reason given is a rule that denies
 * it. Called with the state that the order would act on.
 */
export type PreTradeGate = (intent: OrderIntent, ledger: Ledger) => readonly Reason[] | Promise<readonly Reason[]>;

export interface TradingEngineOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Makes the broker once the journal is folded; a simulated one takes its account from the ledger. */
  readonly connect: (ledger: Ledger) => Broker | Promise<Broker>;
  readonly gate: PreTradeGate;
  /** Given to the system when its journal begins. */
  readonly capitalUsd: string;
  readonly protection?: ProtectionPolicy;
  /** How long after it was announced an order may still be signed and sent. */
  readonly sendWindowMs?: number;
  readonly crash?: CrashHook;
}

/** What became of one order. */
export interface OrderOutcome {
  readonly clientOrderId: string;
  readonly state: Order['state'];
  readonly filledQuantity: string;
  readonly message: string | null;
}

const DEFAULT_SEND_WINDOW_MS = 5_000;
/** How often an order has to be missing, after it could no longer arrive, before it counts as never received. */
const PROOF_LOOKUPS = 2;

/**
 * Carries out order intents: journal, send, book what the exchange answers. Every step is on disk before the act it
 * announces; state is the fold over the journal; an order whose outcome is not known is looked up and never sent again.
 * One caller at a time: calls are carried out one after the other.
 */
export class TradingEngine {
  readonly ledger: Ledger;
  readonly broker: Broker;
  readonly #options: TradingEngineOptions;
  readonly #sendWindowMs: number;
  readonly #crash: CrashHook;
  readonly #missing = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: TradingEngineOptions, ledger: Ledger, broker: Broker) {
    this.#options = options;
    this.ledger = ledger;
    this.broker = broker;
    this.#sendWindowMs = options.sendWindowMs ?? DEFAULT_SEND_WINDOW_MS;
    this.#crash = options.crash ?? noCrash;
  }

  /** Folds the journal, gives it its capital where it is new, and connects the broker. Sends nothing. */
  static async open(options: TradingEngineOptions): Promise<TradingEngine> {
    const ledger = await foldJournal(options.journal.entries());
    if (options.journal.lastSeq === 0) {
      const capital: JournalRecord = {
        type: 'transfer',
        atMs: options.clock.nowMs(),
        asset: ledger.quoteAsset,
        amount: options.capitalUsd,
        valueUsd: options.capitalUsd,
        reason: 'capital',
      };
      await options.journal.append([capital]);
      ledger.apply(capital);
    }
    return new TradingEngine(options, ledger, await options.connect(ledger));
  }

  /** Records that a decision was taken, once; a BUY that was allowed renews the holding time. */
  recordDecision(decision: Omit<Extract<JournalRecord, { type: 'decision_taken' }>, 'type' | 'atMs'>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.ledger.decisionIds.has(decision.decisionId)) return;
      await this.#write([{ type: 'decision_taken', atMs: this.#options.clock.nowMs(), ...decision }]);
    });
  }

  /** Writes down a flow that is not a trade, such as a deposit by hand. Ether that is given gets its stop and target. */
  recordTransfer(transfer: Omit<Extract<JournalRecord, { type: 'transfer' }>, 'type' | 'atMs'>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write([{ type: 'transfer', atMs: this.#options.clock.nowMs(), ...transfer }]);
      if (transfer.asset === this.ledger.baseAsset) await this.#protect();
    });
  }

  /** Ends the open trade, once, where what is left of it is too small for the venue to sell. @returns whether it did */
  leaveDust(priceUsd: Money, filters: SymbolFilters): Promise<boolean> {
    return this.#inTurn(async () => {
      const record = dustRecord(this.ledger, priceUsd, filters, this.#options.clock.nowMs());
      if (record !== undefined) await this.#write([record]);
      return record !== undefined;
    });
  }

  /** Books funding payments that the journal does not have yet. */
  recordFunding(payments: readonly FundingPayment[]): Promise<void> {
    return this.#inTurn(async () => {
      const atMs = this.#options.clock.nowMs();
      const positionEth = toText(this.ledger.position.quantityEth);
      const fresh = payments.filter(({ fundingId }) => !this.ledger.fundingIds.has(fundingId));
      if (fresh.length > 0) await this.#write(fresh.map((one) => ({ type: 'funding', atMs, ...one, positionEth })));
    });
  }

  /** Records new stop and target levels of the open position; null removes them. */
  recordProtection(protection: Extract<JournalRecord, { type: 'protection' }>['protection']): Promise<void> {
    return this.#inTurn(() => this.#write([{ type: 'protection', atMs: this.#options.clock.nowMs(), protection }]));
  }

  /** Records equity after decisions, each once: losses are measured from the journal's, whatever becomes of other files. */
  recordEquity(points: readonly EquityPoint[]): Promise<void> {
    return this.#inTurn(async () => {
      const { missing } = compareEquity(points, this.ledger.equityPoints);
      const atMs = this.#options.clock.nowMs();
      if (missing.length > 0) await this.#write(missing.map((point) => ({ type: 'equity', atMs, point })));
    });
  }

  /** Records what a comparison with the exchange found. */
  recordReconciliation(differences: Extract<JournalRecord, { type: 'reconciliation' }>['differences']): Promise<void> {
    return this.#inTurn(() => this.#write([{ type: 'reconciliation', atMs: this.#options.clock.nowMs(), differences }]));
  }

  /**
   * Carries out intents in their order. One that the journal knows already is not sent again: the answer is what became
   * of it. One whose time has passed, or that the gate denies, ends as NOT_SENT.
   */
  execute(intents: readonly OrderIntent[]): Promise<OrderOutcome[]> {
    return this.#inTurn(async () => {
      const outcomes: OrderOutcome[] = [];
      for (const intent of intents) outcomes.push(await this.#executeOne(intent));
      return outcomes;
    });
  }

  /** Why the gate would not let an order be sent now; empty where it would. */
  denials(intent: OrderIntent): Promise<readonly Reason[]> {
    return this.#inTurn(async () => this.#options.gate(intent, this.ledger));
  }

  /** Where tests end the process between two acts of a caller. */
  async reached(point: CrashPoint): Promise<void> {
    await this.#crash(point);
  }

  /** Goes on with an order that was found at the exchange as if it had been planned here. */
  adopt(intent: OrderIntent, report: OrderReport): Promise<OrderOutcome> {
    return this.#inTurn(async () => {
      const { clientOrderId, plannedAtMs } = intent;
      if (!this.ledger.orders.has(clientOrderId)) {
        const atMs = this.#options.clock.nowMs();
        await this.#write([
          { type: 'order_planned', atMs, intent },
          { type: 'order_submitting', atMs, clientOrderId, sendBeforeMs: plannedAtMs },
        ]);
      }
      const order = this.ledger.order(clientOrderId);
      await this.#book(order, report);
      return outcomeOf(order);
    });
  }

  /**
   * After a start: orders that were planned and not sent are given up, orders that may have been sent are looked up.
   * Open positions get their protection back. Call it before the first decision; `refresh` goes on from there.
   */
  recover(): Promise<OrderOutcome[]> {
    return this.#inTurn(async () => {
      const outcomes: OrderOutcome[] = [];
      for (const order of this.ledger.unsettledOrders()) {
        if (order.state === 'PLANNED') await this.#end(order, 'NOT_SENT', 'planned before a restart');
        else await this.#look(order);
        outcomes.push(outcomeOf(order));
      }
      await this.#protect();
      return outcomes;
    });
  }

  /** Looks up every order whose end is not known yet and books what the exchange says; values fees that could not be valued before. */
  refresh(): Promise<OrderOutcome[]> {
    return this.#inTurn(async () => {
      const open = this.ledger.unsettledOrders().filter((order) => isAtVenue(order.state));
      for (const order of open) await this.#look(order);
      await this.#valueFees();
      return open.map(outcomeOf);
    });
  }

  /** Cancels an order at the exchange, with the other order of its list where it is in one. @throws InvariantError `ledger.unknown_order` */
  cancel(clientOrderId: string): Promise<OrderOutcome> {
    return this.#inTurn(async () => {
      const order = this.ledger.order(clientOrderId);
      const { listClientOrderId } = order.intent;
      if (listClientOrderId !== undefined) {
        await this.#cancelList(listClientOrderId);
        return outcomeOf(order);
      }
      if (order.state === 'PLANNED') await this.#end(order, 'NOT_SENT', 'cancelled before it was sent');
      if (order.state !== 'ACCEPTED' && order.state !== 'PARTIALLY_FILLED') return outcomeOf(order);
      await this.#write([this.#state(order, 'CANCELLING')]);
      await this.#crash('order.before_cancel');
      const result = await this.broker.cancel(referenceTo(order));
      await this.#crash('order.after_cancel');
      if (result.outcome === 'done') await this.#book(order, result.report);
      else await this.#look(order);
      return outcomeOf(order);
    });
  }

  /**
   * Places both orders of a list, as `execute` does one: announced on disk, sent once, each looked up where the answer is
   * lost. One list at a time.
   * @throws InvariantError `engine.no_order_lists`, `engine.list_repeated`
   */
  executeList(list: OrderListIntent): Promise<OrderOutcome[]> {
    return this.#inTurn(async () => {
      const known = ordersOfList(this.ledger, list.listClientOrderId);
      if (known.length === 0) await this.#sendList(list);
      else for (const order of known) if (isAtVenue(order.state)) await this.#look(order);
      return ordersOfList(this.ledger, list.listClientOrderId).map(outcomeOf);
    });
  }

  /** Cancels what is left of a list at the exchange, however often it is asked to. */
  cancelList(listClientOrderId: string): Promise<OrderOutcome[]> {
    return this.#inTurn(async () => {
      await this.#cancelList(listClientOrderId);
      return ordersOfList(this.ledger, listClientOrderId).map(outcomeOf);
    });
  }

  /** Looks up one order, where its end is not known, and the other one of its list. @returns whether the journal has it */
  lookAt(clientOrderId: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const order = this.ledger.orders.get(clientOrderId);
      if (order === undefined) return false;
      const { listClientOrderId } = order.intent;
      const orders = listClientOrderId === undefined ? [order] : ordersOfList(this.ledger, listClientOrderId);
      for (const one of orders) if (isAtVenue(one.state)) await this.#look(one);
      return true;
    });
  }

  /** Does `work` between two calls, when the journal and the ledger agree and nothing is written. */
  whileIdle<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(work);
  }

  /** The earliest world time at which a look-up can prove more than it can now; undefined when nothing is open. */
  waitingForMs(): TimeMs | undefined {
    const times = this.ledger
      .unsettledOrders()
      .filter((order) => order.state === 'SUBMITTING' || order.state === 'UNKNOWN')
      .map((order) => this.#arrivalEndsMs(order) + 1);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  nowMs(): TimeMs {
    return this.#options.clock.nowMs();
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.broker.close();
    await this.#options.journal.close();
  }

  async #executeOne(intent: OrderIntent): Promise<OrderOutcome> {
    const known = this.ledger.orders.get(intent.clientOrderId);
    if (known !== undefined) {
      if (isAtVenue(known.state)) await this.#look(known);
      return outcomeOf(known);
    }
    assertNotRepeated(this.ledger, intent);
    const nowMs = this.#options.clock.nowMs();
    const planned: JournalRecord = { type: 'order_planned', atMs: nowMs, intent };
    const why = await this.#whyNotSend(intent, nowMs);
    if (why !== undefined) {
      await this.#write([planned, notSent(intent.clientOrderId, nowMs, why)]);
      return outcomeOf(this.ledger.order(intent.clientOrderId));
    }
    const sendBeforeMs = Math.min(intent.validUntilMs, nowMs + this.#sendWindowMs);
    await this.#write([planned, this.#announcement(intent.clientOrderId, nowMs, sendBeforeMs)]);
    const order = this.ledger.order(intent.clientOrderId);
    await this.#crash('order.before_send');
    const result = await this.broker.submit(intent, sendBeforeMs);
    await this.#crash('order.after_send');
    await this.#take(order, result);
    return outcomeOf(order);
  }

  async #sendList(list: OrderListIntent): Promise<void> {
    const { orderLists } = this.broker;
    if (orderLists === undefined) {
      throw new InvariantError('engine.no_order_lists', `${this.broker.venue} takes no lists of orders`, {
        details: { listClientOrderId: list.listClientOrderId },
      });
    }
    assertOneList(this.ledger, list);
    const legs = [list.stop, list.target];
    const atMs = this.#options.clock.nowMs();
    const planned = legs.map((intent): JournalRecord => ({ type: 'order_planned', atMs, intent }));
    const why = (await this.#whyNotSend(list.stop, atMs)) ?? (await this.#whyNotSend(list.target, atMs));
    if (why !== undefined) {
      await this.#write([...planned, ...legs.map(({ clientOrderId }) => notSent(clientOrderId, atMs, why))]);
      return;
    }
    const sendBeforeMs = Math.min(list.stop.validUntilMs, atMs + this.#sendWindowMs);
    const announced = legs.map(({ clientOrderId }) => this.#announcement(clientOrderId, atMs, sendBeforeMs));
    await this.#write([...planned, ...announced]);
    await this.#crash('list.before_send');
    const result = await orderLists.submit(list, sendBeforeMs);
    await this.#crash('list.after_send');
    for (const { clientOrderId } of legs) {
      const order = this.ledger.order(clientOrderId);
      if (result.outcome !== 'accepted') await this.#take(order, result);
      else {
        const report = result.reports.find((one) => one.clientOrderId === clientOrderId);
        const lost = { outcome: 'unknown', message: 'the answer leaves it out' } as const;
        await this.#take(order, report ? { outcome: 'accepted', report } : lost);
      }
    }
    if (result.outcome !== 'unknown' || (await orderLists.lookup(list)).outcome !== 'found') return;
    for (const { clientOrderId } of legs) await this.#look(this.ledger.order(clientOrderId));
  }

  #announcement(clientOrderId: string, atMs: TimeMs, sendBeforeMs: TimeMs): JournalRecord {
    const { venueAheadMs } = this.broker;
    return { type: 'order_submitting', atMs, clientOrderId, sendBeforeMs, ...(venueAheadMs !== undefined && { venueAheadMs }) };
  }

  /** A fee in another asset, whose price nobody told when it was charged, is booked already and valued here. */
  async #valueFees(): Promise<void> {
    const priceless = new Set<string>();
    for (const fee of [...this.ledger.unvaluedFees.values()]) {
      const { clientOrderId, tradeId, asset } = fee;
      const feeUsd = priceless.has(asset) ? undefined : await this.broker.feeValueUsd?.(fee);
      if (feeUsd === undefined) {
        priceless.add(asset);
        continue;
      }
      await this.#write([{ type: 'fee_valued', atMs: this.#options.clock.nowMs(), clientOrderId, tradeId, feeUsd }]);
    }
  }

  async #cancelList(listClientOrderId: string): Promise<void> {
    const open = ordersOfList(this.ledger, listClientOrderId).filter(({ state }) => !isTerminal(state));
    for (const order of open) {
      if (order.state === 'PLANNED') await this.#end(order, 'NOT_SENT', 'cancelled before it was sent');
    }
    const live = open.filter(({ state }) => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED');
    if (live.length > 0) await this.#write(live.map((order) => this.#state(order, 'CANCELLING')));
    const first = open.find(({ state }) => state === 'CANCELLING');
    if (first !== undefined && this.broker.orderLists !== undefined) {
      await this.#crash('list.before_cancel');
      const result = await this.broker.orderLists.cancel({ listClientOrderId, symbol: first.intent.symbol });
      await this.#crash('list.after_cancel');
      for (const report of result.outcome === 'done' ? result.reports : []) {
        const order = this.ledger.orders.get(report.clientOrderId);
        if (order !== undefined) await this.#book(order, report);
      }
    }
    for (const order of open) if (isAtVenue(order.state)) await this.#look(order);
  }

  async #whyNotSend(intent: OrderIntent, nowMs: TimeMs): Promise<string | undefined> {
    if (nowMs > intent.validUntilMs) return `valid until ${intent.validUntilMs}, now ${nowMs}`;
    const denials = await this.#options.gate(intent, this.ledger);
    if (denials.length === 0) return undefined;
    return `denied: ${denials.map(({ rule, value, limit }) => `${rule} (${value} against ${limit})`).join(', ')}`;
  }

  async #take(order: Order, result: SubmitResult): Promise<void> {
    if (result.outcome === 'accepted') await this.#book(order, result.report);
    else if (result.outcome === 'unknown') await this.#end(order, 'UNKNOWN', result.message);
    else
      await this.#write([
        {
          ...this.#state(order, 'REJECTED'),
          message: result.message,
          isTransient: result.isTransient ?? false,
          brokeFilter: result.brokeFilter ?? false,
        },
      ]);
  }

  async #look(order: Order): Promise<void> {
    await this.#crash('order.before_lookup');
    const result: LookupResult = await this.broker.lookup(referenceTo(order));
    await this.#crash('order.after_lookup');
    const { clientOrderId } = order.intent;
    if (result.outcome === 'found') {
      this.#missing.delete(clientOrderId);
      await this.#book(order, result.report);
      if (isOpenAtVenue(result.report)) await this.#reopen(order);
      return;
    }
    if (order.state === 'SUBMITTING') await this.#end(order, 'UNKNOWN', 'not answered before a restart');
    if (result.outcome === 'unknown' || order.state !== 'UNKNOWN' || result.venueTimeMs <= this.#arrivalEndsMs(order)) return;
    const times = (this.#missing.get(clientOrderId) ?? 0) + 1;
    this.#missing.set(clientOrderId, times);
    if (times >= PROOF_LOOKUPS)
      await this.#end(order, 'NOT_FOUND', `missing at the exchange ${times} times after it could arrive`);
    else await this.#look(order);
  }

  /** A cancellation that did not get through leaves an open order, which can be cancelled again. */
  async #reopen(order: Order): Promise<void> {
    if (order.state !== 'CANCELLING') return;
    await this.#end(order, order.filledQuantity.gt(0) ? 'PARTIALLY_FILLED' : 'ACCEPTED', 'still open after a cancellation');
  }

  /** Until then the exchange may still accept the order. */
  #arrivalEndsMs(order: Order): TimeMs {
    return (order.sendBeforeMs ?? order.intent.validUntilMs) + this.broker.capabilities.acceptanceWindowMs;
  }

  async #book(order: Order, report: OrderReport): Promise<void> {
    const records = recordsOfReport(order, report, this.#options.clock.nowMs());
    if (records.length > 0) await this.#write(records);
    if (records.some(({ type }) => type === 'fill')) await this.#protect();
  }

  /** Gives an open position the stop and target that it should have, where they changed. */
  async #protect(): Promise<void> {
    const protection = protectionFor(this.ledger.position, this.#options.protection);
    if (protection === undefined) return;
    await this.#write([{ type: 'protection', atMs: this.#options.clock.nowMs(), protection }]);
  }

  #end(order: Order, state: Order['state'], message: string): Promise<void> {
    return this.#write([{ ...this.#state(order, state), message }]);
  }

  #state(order: Order, state: Order['state']): ReturnType<typeof stateRecord> {
    return stateRecord(order, state, this.#options.clock.nowMs());
  }

  async #write(records: readonly JournalRecord[]): Promise<void> {
    await this.#options.journal.append(records);
    for (const record of records) this.ledger.apply(record);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

/** What became of an order so far. */
export const outcomeOf = (order: Order): OrderOutcome => ({
  clientOrderId: order.intent.clientOrderId,
  state: order.state,
  filledQuantity: toText(order.filledQuantity),
  message: order.message,
});

const notSent = (clientOrderId: string, atMs: TimeMs, message: string): JournalRecord => ({
  type: 'order_state',
  atMs,
  clientOrderId,
  state: 'NOT_SENT',
  venueOrderId: null,
  message,
});

const isOpenAtVenue = ({ state }: OrderReport): boolean => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

const referenceTo = (order: Order): OrderReference => ({
  clientOrderId: order.intent.clientOrderId,
  symbol: order.intent.symbol,
  venueOrderId: order.venueOrderId,
  plannedAtMs: order.intent.plannedAtMs,
  venueAheadMs: order.venueAheadMs ?? undefined,
});

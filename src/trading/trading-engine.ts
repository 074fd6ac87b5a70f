import { type Clock, type Money, type TimeMs, toText } from '../domain/index.ts';
import type { Broker, FundingPayment, OrderReport } from './broker.ts';
import { type CrashHook, type CrashPoint, noCrash } from './crash-point.ts';
import { dustRecord } from './dust.ts';
import { compareEquity, type EquityPoint } from './equity-point.ts';
import type { Journal } from './journal/journal.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { JournalWriter } from './journal/journal-writer.ts';
import { keepLevels } from './keep-levels.ts';
import { foldJournal, type Ledger } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import { OrderCanceller } from './order-canceller.ts';
import { type OrderListIntent, ordersOfList } from './order-list.ts';
import { type OrderOutcome, outcomeOf } from './order-outcome.ts';
import { OrderSender, type PreTradeGate } from './order-sender.ts';
import { isAtVenue } from './order-state.ts';
import { OrderTracker } from './order-tracker.ts';
import type { ProtectionPolicy } from './protection.ts';
import type { Reason } from './reason.ts';
import { isResting } from './resting-order.ts';
import type { SymbolFilters } from './symbol-filters.ts';

export interface TradingEngineOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Makes the broker once the journal is folded; a simulated one takes its account from the ledger. */
  readonly connect: (ledger: Ledger) => Broker | Promise<Broker>;
  readonly gate: PreTradeGate;
  /** Given to the system when its journal begins. */
  readonly capitalUsd: string;
  readonly protection?: ProtectionPolicy;
  /** How far the price of an execution may be from the one that its order was meant at, as a fraction; not checked where absent. */
  readonly maxPriceDeviation?: number;
  /** How long after it was announced an order may still be signed and sent. */
  readonly sendWindowMs?: number;
  readonly crash?: CrashHook;
}

/** What a caller says of a record; its type and time are added here. */
type Told<Type extends JournalRecord['type']> = Omit<Extract<JournalRecord, { type: Type }>, 'type' | 'atMs'>;

const DEFAULT_SEND_WINDOW_MS = 5_000;

/**
 * Carries out order intents: journal, send, book what the exchange answers. Every step is on disk before the act it
 * announces; state is the fold over the journal; an order whose outcome is not known is looked up and never sent again.
 * One caller at a time: calls are carried out one after the other.
 */
export class TradingEngine {
  readonly ledger: Ledger;
  readonly broker: Broker;
  /** What the last record that an earlier run wrote is dated by; null where the journal is new. */
  readonly leftAtMs: TimeMs | null;
  readonly #options: TradingEngineOptions;
  readonly #writer: JournalWriter;
  readonly #crash: CrashHook;
  readonly #tracker: OrderTracker;
  readonly #sender: OrderSender;
  readonly #canceller: OrderCanceller;

  private constructor(options: TradingEngineOptions, writer: JournalWriter, broker: Broker, leftAtMs: TimeMs | null) {
    const { gate, protection, maxPriceDeviation, sendWindowMs = DEFAULT_SEND_WINDOW_MS, crash = noCrash } = options;
    this.#options = options;
    this.#writer = writer;
    this.ledger = writer.ledger;
    this.broker = broker;
    this.leftAtMs = leftAtMs;
    this.#crash = crash;
    this.#tracker = new OrderTracker(writer, broker, { protection, maxPriceDeviation, crash });
    this.#sender = new OrderSender(writer, broker, this.#tracker, { gate, sendWindowMs, crash });
    this.#canceller = new OrderCanceller(writer, broker, this.#tracker, crash);
  }

  /** Folds the journal, gives it its capital where it is new, and connects the broker. Sends nothing. */
  static async open(options: TradingEngineOptions): Promise<TradingEngine> {
    const ledger = await foldJournal(options.journal.entries());
    const leftAtMs = ledger.lastRecordMs;
    const writer = new JournalWriter(options.journal, ledger, options.clock);
    if (options.journal.lastSeq === 0) {
      const { capitalUsd } = options;
      const capital = { asset: ledger.quoteAsset, amount: capitalUsd, valueUsd: capitalUsd, reason: 'capital' };
      await writer.write([{ type: 'transfer', atMs: writer.nowMs(), ...capital }]);
    }
    return new TradingEngine(options, writer, await options.connect(ledger), leftAtMs);
  }

  /** Records that a decision was taken, once; a BUY that was allowed renews the holding time. */
  recordDecision(decision: Told<'decision_taken'>): Promise<void> {
    return this.#writer.inTurn(async () => {
      if (this.ledger.decisionIds.has(decision.decisionId)) return;
      await this.#writer.write([{ type: 'decision_taken', atMs: this.nowMs(), ...decision }]);
    });
  }

  /** Writes down a flow that is not a trade, such as a deposit by hand. Ether that is given gets its stop and target. */
  recordTransfer(transfer: Told<'transfer'>): Promise<void> {
    return this.#writer.inTurn(async () => {
      await this.#writer.write([{ type: 'transfer', atMs: this.nowMs(), ...transfer }]);
      if (transfer.asset === this.ledger.baseAsset) await keepLevels(this.#writer, this.#options.protection);
    });
  }

  /** Ends the open trade, once, where what is left of it is too small for the venue to sell. @returns whether it did */
  leaveDust(priceUsd: Money, filters: SymbolFilters): Promise<boolean> {
    return this.#writer.inTurn(async () => {
      const record = dustRecord(this.ledger, priceUsd, filters, this.nowMs());
      if (record !== undefined) await this.#writer.write([record]);
      return record !== undefined;
    });
  }

  /** Books funding payments that the journal does not have yet. */
  recordFunding(payments: readonly FundingPayment[]): Promise<void> {
    return this.#writer.inTurn(async () => {
      const atMs = this.nowMs();
      const positionEth = toText(this.ledger.position.quantityEth);
      const fresh = payments.filter(({ fundingId }) => !this.ledger.fundingIds.has(fundingId));
      if (fresh.length > 0) await this.#writer.write(fresh.map((one) => ({ type: 'funding', atMs, ...one, positionEth })));
    });
  }

  /** Records new stop and target levels of the open position; null removes them. */
  recordProtection(protection: Told<'protection'>['protection']): Promise<void> {
    return this.#writer.inTurn(() => this.#writer.write([{ type: 'protection', atMs: this.nowMs(), protection }]));
  }

  /** Records equity after decisions, each once: losses are measured from the journal's, whatever becomes of other files. */
  recordEquity(points: readonly EquityPoint[]): Promise<void> {
    return this.#writer.inTurn(async () => {
      const { missing } = compareEquity(points, this.ledger.equityPoints);
      const atMs = this.nowMs();
      if (missing.length > 0) await this.#writer.write(missing.map((point) => ({ type: 'equity', atMs, point })));
    });
  }

  /** Records what a comparison with the exchange found. */
  recordReconciliation(differences: Told<'reconciliation'>['differences']): Promise<void> {
    return this.#writer.inTurn(() => this.#writer.write([{ type: 'reconciliation', atMs: this.nowMs(), differences }]));
  }

  /**
   * Carries out intents in their order. One that the journal knows already is not sent again: the answer is what became
   * of it. One whose time has passed, or that the gate denies, ends as NOT_SENT.
   */
  execute(intents: readonly OrderIntent[]): Promise<OrderOutcome[]> {
    return this.#writer.inTurn(async () => {
      const outcomes: OrderOutcome[] = [];
      for (const intent of intents) outcomes.push(outcomeOf(await this.#sender.send(intent)));
      return outcomes;
    });
  }

  /** Why the gate would not let an order be sent now; empty where it would. */
  denials(intent: OrderIntent): Promise<readonly Reason[]> {
    return this.#writer.inTurn(async () => this.#options.gate(intent, this.ledger));
  }

  /** Where tests end the process between two acts of a caller. */
  async reached(point: CrashPoint): Promise<void> {
    await this.#crash(point);
  }

  /** Goes on with an order that was found at the exchange as if it had been planned here. */
  adopt(intent: OrderIntent, report: OrderReport): Promise<OrderOutcome> {
    return this.#writer.inTurn(async () => {
      const { clientOrderId, plannedAtMs } = intent;
      if (!this.ledger.orders.has(clientOrderId)) {
        const atMs = this.nowMs();
        await this.#writer.write([
          { type: 'order_planned', atMs, intent },
          { type: 'order_submitting', atMs, clientOrderId, sendBeforeMs: plannedAtMs },
        ]);
      }
      const order = this.ledger.order(clientOrderId);
      await this.#tracker.book(order, report);
      return outcomeOf(order);
    });
  }

  /**
   * After a start: orders that were planned and not sent are given up, orders that may have been sent are looked up.
   * Open positions get their protection back. Call it before the first decision; `refresh` goes on from there.
   */
  recover(): Promise<OrderOutcome[]> {
    return this.#writer.inTurn(async () => {
      const left = this.ledger.unsettledOrders();
      for (const order of left)
        if (order.state === 'PLANNED') await this.#tracker.move(order, 'NOT_SENT', 'planned before a restart');
      try {
        await this.#tracker.lookAll(left.filter(({ state }) => isAtVenue(state)));
      } finally {
        await keepLevels(this.#writer, this.#options.protection);
      }
      return left.map(outcomeOf);
    });
  }

  /** Looks up every order whose end is not known yet and books what the exchange says; values fees that could not be valued before. */
  refresh(): Promise<OrderOutcome[]> {
    return this.#writer.inTurn(async () => {
      const open = this.ledger.unsettledOrders().filter((order) => isAtVenue(order.state));
      await this.#tracker.lookAll(open);
      await this.#tracker.valueFees();
      return open.map(outcomeOf);
    });
  }

  /** Whether nothing is left to find out about any order: what rests at the exchange was seen there at the last look. */
  get isSettled(): boolean {
    return this.ledger.unsettledOrders().every((order) => isResting(order) && this.#tracker.isAnswered(order));
  }

  /** Cancels an order at the exchange, with the other order of its list where it is in one. @throws InvariantError `ledger.unknown_order` */
  cancel(clientOrderId: string): Promise<OrderOutcome> {
    return this.#writer.inTurn(async () => {
      const order = this.ledger.order(clientOrderId);
      const { listClientOrderId } = order.intent;
      if (listClientOrderId === undefined) await this.#canceller.cancel(order);
      else await this.#canceller.cancelList(listClientOrderId);
      return outcomeOf(order);
    });
  }

  /**
   * Places both orders of a list, as `execute` does one: announced on disk, sent once, each looked up where the answer is
   * lost. One list at a time.
   * @throws InvariantError `engine.no_order_lists`, `engine.list_repeated`
   */
  executeList(list: OrderListIntent): Promise<OrderOutcome[]> {
    return this.#writer.inTurn(async () => (await this.#sender.sendList(list)).map(outcomeOf));
  }

  /** Cancels what is left of a list at the exchange, however often it is asked to. */
  cancelList(listClientOrderId: string): Promise<OrderOutcome[]> {
    return this.#writer.inTurn(async () => {
      await this.#canceller.cancelList(listClientOrderId);
      return ordersOfList(this.ledger, listClientOrderId).map(outcomeOf);
    });
  }

  /** Looks up one order, where its end is not known, and the other one of its list. @returns whether the journal has it */
  lookAt(clientOrderId: string): Promise<boolean> {
    return this.#writer.inTurn(async () => {
      const order = this.ledger.orders.get(clientOrderId);
      if (order === undefined) return false;
      const { listClientOrderId } = order.intent;
      const orders = listClientOrderId === undefined ? [order] : ordersOfList(this.ledger, listClientOrderId);
      for (const one of orders) if (isAtVenue(one.state)) await this.#tracker.look(one);
      return true;
    });
  }

  /** Does `work` between two calls, when the journal and the ledger agree and nothing is written. */
  whileIdle<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#writer.inTurn(work);
  }

  /** The earliest world time at which a look-up can prove more than it can now; undefined when nothing is open. */
  waitingForMs(): TimeMs | undefined {
    const times = this.ledger
      .unsettledOrders()
      .filter((order) => order.state === 'SUBMITTING' || order.state === 'UNKNOWN')
      .map((order) => this.#tracker.arrivalEndsMs(order) + 1);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  nowMs(): TimeMs {
    return this.#writer.nowMs();
  }

  async close(): Promise<void> {
    await this.#writer.whenIdle();
    await this.broker.close();
    await this.#writer.close();
  }
}

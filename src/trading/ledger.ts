import { InvariantError, type Money, money, type TimeMs, ZERO } from '../domain/index.ts';
import type { EquityPoint } from './equity-point.ts';
import { FeeAccounts } from './fee-accounts.ts';
import type { JournalEntry } from './journal/journal.ts';
import type { JournalRecord, LedgerSnapshot } from './journal/journal-record.ts';
import type { Fill, OrderIntent, OrderLeg } from './order.ts';
import { type Order, OrderBlotter } from './order-blotter.ts';
import { changePosition, leaveDust, noPosition, type Position, transferEther } from './position.ts';
import { isResting } from './resting-order.ts';
import { splitAtZero } from './split-fill.ts';
import type { Trade } from './trade.ts';
import { TradeBook } from './trade-book.ts';
import { type UnvaluedFee, valuedParts } from './unvalued-fee.ts';

export type { Order } from './order-blotter.ts';
export type { Position } from './position.ts';

/**
 * State as the fold over journal records: orders, balances by asset, position, trades. Nothing else changes it, so it
 * can be rebuilt from the journal at any time. Applying a record that cannot follow throws and changes nothing.
 */
export class Ledger {
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly balances = new Map<string, Money>();
  readonly decisionIds = new Set<string>();
  /** Equity after each decision, its first; ascending in time. */
  readonly equityPoints: EquityPoint[] = [];
  readonly position: Position = noPosition();
  /** Payments that were booked, by their id. */
  readonly fundingIds = new Set<string>();
  /** What the last comparison with the exchange found that found anything. */
  lastReconciliation: Extract<JournalRecord, { type: 'reconciliation' }> | null = null;
  /** Capital given less capital taken, at its value then. */
  transfersUsd: Money = ZERO;
  /** What the journal began with; null where it is new, or a checkpoint of an earlier version does not say. */
  capitalUsd: Money | null = null;
  /** Funding of perpetuals received, less what was paid. */
  fundingUsd: Money = ZERO;
  /** When the newest payment booked was due. */
  lastFundingMs: TimeMs | null = null;
  fillCount = 0;
  /** The latest time that a record is dated by; null before the first. */
  lastRecordMs: TimeMs | null = null;
  readonly #blotter = new OrderBlotter();
  readonly #trades = new TradeBook();
  readonly #fees: FeeAccounts;
  readonly #valued = new Set<string>();

  constructor(baseAsset = 'ETH', quoteAsset = 'USDT') {
    this.baseAsset = baseAsset;
    this.quoteAsset = quoteAsset;
    this.#fees = new FeeAccounts(baseAsset, quoteAsset);
  }

  get orders(): Map<string, Order> {
    return this.#blotter.orders;
  }

  get openTrade(): Trade | null {
    return this.#trades.open;
  }

  /** Oldest first. */
  get closedTrades(): Trade[] {
    return this.#trades.closed;
  }

  get feesByAsset(): Map<string, Money> {
    return this.#fees.byAsset;
  }

  /** Of all fees that are valued; `unvaluedFees` are not in it. */
  get feesUsd(): Money {
    return this.#fees.usd;
  }

  /** Part of `feesUsd` that was charged in neither base nor quote asset: paid from other money of the account. */
  get otherFeesUsd(): Money {
    return this.#fees.otherUsd;
  }

  /** Fees that were booked in their asset and are not valued in USD yet, by execution. */
  get unvaluedFees(): Map<string, UnvaluedFee> {
    return this.#fees.unvalued;
  }

  balance(asset: string): Money {
    return this.balances.get(asset) ?? ZERO;
  }

  get cashUsd(): Money {
    return this.balance(this.quoteAsset);
  }

  /** What a venue of perpetuals keeps as the wallet: capital, realised profit, fees and funding. On spot, cash and cost. */
  get walletUsd(): Money {
    return this.cashUsd.plus(this.position.costUsd);
  }

  /** Fees in other assets lower it by what they were worth when they were charged. */
  equityUsd(priceUsd: Money): Money {
    return this.cashUsd.plus(this.balance(this.baseAsset).times(priceUsd)).minus(this.otherFeesUsd);
  }

  /** Share of equity in the base asset, negative where it was sold short; 0 without equity. */
  exposure(priceUsd: Money): number {
    const equity = this.equityUsd(priceUsd);
    return equity.gt(0) ? Number(this.balance(this.baseAsset).times(priceUsd).div(equity).toString()) : 0;
  }

  /** Orders that have not ended, oldest first. */
  unsettledOrders(): Order[] {
    return this.#blotter.unsettled();
  }

  /** Orders whose outcome is still open: those that have not ended, less the protective ones that rest at the exchange. */
  workingOrders(): Order[] {
    return this.unsettledOrders().filter((order) => !isResting(order));
  }

  /** @throws InvariantError `ledger.unknown_order` */
  order(clientOrderId: string): Order {
    return this.#blotter.order(clientOrderId);
  }

  /** Orders of one decision and leg, in the order of their attempts. */
  attempts(decisionId: string, leg: OrderLeg): Order[] {
    return [...this.orders.values()].filter(({ intent }) => intent.decisionId === decisionId && intent.leg === leg);
  }

  /** Asked before records are made durable. @throws InvariantError when they cannot follow; nothing is changed */
  assertFollows(records: readonly JournalRecord[]): void {
    this.#blotter.assertFollows(records);
  }

  /** @throws InvariantError when the record cannot follow what came before */
  apply(record: JournalRecord): void {
    this.#apply(record);
    this.lastRecordMs = Math.max(this.lastRecordMs ?? record.atMs, record.atMs);
  }

  #apply(record: JournalRecord): void {
    switch (record.type) {
      case 'transfer':
        this.#add(record.asset, money(record.amount));
        if (record.asset === this.baseAsset) transferEther(this.position, money(record.amount), money(record.valueUsd));
        this.transfersUsd = this.transfersUsd.plus(record.valueUsd);
        if (record.reason === 'capital') this.capitalUsd = money(record.valueUsd);
        return;
      case 'decision_taken':
        this.decisionIds.add(record.decisionId);
        if (record.renewsHolding) this.position.lastBuyMs = record.decisionTimeMs;
        return;
      case 'order_planned':
      case 'order_submitting':
      case 'order_state':
        this.#blotter.apply(record);
        return;
      case 'fill': {
        const order = this.#blotter.apply(record);
        if (order !== undefined) this.#book(order.intent, record.fill);
        return;
      }
      case 'fee_valued':
        this.#valueFee(record);
        return;
      case 'dust':
        this.#trades.end(record.atMs, 'dust');
        leaveDust(this.position);
        return;
      case 'funding':
        this.#fund(record);
        return;
      case 'protection':
        this.position.protection = record.protection;
        return;
      case 'reconciliation':
        this.lastReconciliation = record;
        return;
      case 'equity':
        this.#noteEquity(record.point);
        return;
      case 'checkpoint':
        this.#restore(record.ledger);
        return;
    }
  }

  #add(asset: string, amount: Money): void {
    this.balances.set(asset, this.balance(asset).plus(amount));
  }

  #noteEquity(point: EquityPoint): void {
    if (this.#valued.has(point.decisionId)) return;
    this.#valued.add(point.decisionId);
    this.equityPoints.push(point);
  }

  #book(intent: OrderIntent, fill: Fill): void {
    const quantity = money(fill.quantity);
    const sign = fill.side === 'buy' ? 1 : -1;
    this.#add(this.baseAsset, quantity.times(sign));
    this.#add(this.quoteAsset, quantity.times(fill.priceUsd).times(-sign));
    this.#add(fill.feeAsset, money(fill.feeAmount).times(-1));
    this.fillCount++;
    const parts = splitAtZero(fill, this.position.quantityEth, intent.quantityStep).map((part) => {
      changePosition(this.position, intent, part, this.baseAsset);
      return { fill: part.fill, ofTrade: this.#trades.book(intent, part, this.position.quantityEth, this.baseAsset) };
    });
    this.#fees.charge(fill, parts);
  }

  /** Once: a fee that is valued already, or that nobody charged, stays as it is. */
  #valueFee(record: Extract<JournalRecord, { type: 'fee_valued' }>): void {
    const fee = this.#fees.value(record);
    if (fee === undefined) return;
    for (const part of valuedParts(fee, record.feeUsd)) this.#trades.valueFee(fee.asset, part);
  }

  /** A payment counts once. */
  #fund({ fundingId, asset, amount, paidAtMs }: Extract<JournalRecord, { type: 'funding' }>): void {
    if (this.fundingIds.has(fundingId)) return;
    this.fundingIds.add(fundingId);
    this.#add(asset, money(amount));
    this.lastFundingMs = Math.max(this.lastFundingMs ?? paidAtMs, paidAtMs);
    if (asset !== this.quoteAsset) return;
    this.fundingUsd = this.fundingUsd.plus(amount);
    this.#trades.fund(money(amount), paidAtMs);
  }

  #restore(snapshot: LedgerSnapshot): void {
    if (this.orders.size > 0 || this.balances.size > 0) {
      throw new InvariantError('ledger.checkpoint_not_first', 'a checkpoint can only begin a journal');
    }
    this.#blotter.restore(snapshot.orders);
    this.#trades.restore(snapshot);
    this.#fees.restore(snapshot);
    for (const [asset, amount] of Object.entries(snapshot.balances)) this.balances.set(asset, money(amount));
    for (const id of snapshot.decisionIds) this.decisionIds.add(id);
    for (const point of snapshot.equity ?? []) this.#noteEquity(point);
    const last = snapshot.lastReconciliation;
    this.lastReconciliation = last ? { type: 'reconciliation', ...last } : null;
    this.transfersUsd = money(snapshot.transfersUsd);
    this.capitalUsd = snapshot.capitalUsd === undefined ? null : money(snapshot.capitalUsd);
    this.fillCount = snapshot.fills;
    this.fundingUsd = money(snapshot.fundingUsd ?? 0);
    this.lastFundingMs = snapshot.lastFundingMs ?? null;
    for (const id of snapshot.fundingIds ?? []) this.fundingIds.add(id);
    const { quantityEth, costUsd, decisionId, lastBuyMs, protection } = snapshot.position;
    Object.assign(this.position, { quantityEth: money(quantityEth), costUsd: money(costUsd), decisionId, lastBuyMs, protection });
  }
}

/** The state that a journal adds up to. @throws InvariantError when its records contradict each other */
export async function foldJournal(entries: AsyncIterable<JournalEntry> | Iterable<JournalEntry>): Promise<Ledger> {
  const ledger = new Ledger();
  for await (const { record } of entries) ledger.apply(record);
  return ledger;
}

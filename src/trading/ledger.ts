import { divideDown, InvariantError, type Money, money, type TimeMs, ZERO } from '../domain/index.ts';
import type { EquityPoint } from './equity-point.ts';
import type { JournalEntry } from './journal/journal.ts';
import type { JournalRecord, LedgerSnapshot } from './journal/journal-record.ts';
import type { Fill, OrderIntent, OrderLeg } from './order.ts';
import { assertTransition, isTerminal, type OrderState } from './order-state.ts';
import { COST_DECIMALS, changePosition, isDust, noPosition, type Position } from './position.ts';
import { isResting } from './resting-order.ts';
import { type FillPart, splitAtZero } from './split-fill.ts';
import { addToTrade, fundTrade, openTrade, type Trade, valueTradeFee } from './trade.ts';
import { feeKey, type UnvaluedFee, unvaluedFee, type ValuedPart, valuedParts } from './unvalued-fee.ts';

export type { Position } from './position.ts';

/** An order as the journal knows it. */
export interface Order {
  readonly intent: OrderIntent;
  state: OrderState;
  venueOrderId: string | null;
  /** Never signed or sent after this time; null until it was about to be sent. */
  sendBeforeMs: TimeMs | null;
  /** How far the exchange's clock was ahead of ours when it was announced, in ms; null where that is not known. */
  venueAheadMs: number | null;
  filledQuantity: Money;
  notionalUsd: Money;
  readonly tradeIds: Set<string>;
  updatedAtMs: TimeMs;
  message: string | null;
  /** Rejected for load, limits or the clock: a new attempt makes sense. */
  isTransient: boolean;
  /** Rejected because quantity or price broke the rules of the symbol. */
  brokeFilter: boolean;
}

/**
 * State as the fold over journal records: orders, balances by asset, position, trades. Nothing else changes it, so it
 * can be rebuilt from the journal at any time. Applying a record that cannot follow throws and changes nothing.
 */
export class Ledger {
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly orders = new Map<string, Order>();
  readonly balances = new Map<string, Money>();
  readonly feesByAsset = new Map<string, Money>();
  readonly closedTrades: Trade[] = [];
  readonly decisionIds = new Set<string>();
  /** Equity after each decision, its first; ascending in time. */
  readonly equityPoints: EquityPoint[] = [];
  readonly position: Position = noPosition();
  /** Payments that were booked, by their id. */
  readonly fundingIds = new Set<string>();
  openTrade: Trade | null = null;
  /** What the last comparison with the exchange found that found anything. */
  lastReconciliation: Extract<JournalRecord, { type: 'reconciliation' }> | null = null;
  /** Of all fees that are valued; `unvaluedFees` are not in it. */
  feesUsd: Money = ZERO;
  /** Part of `feesUsd` that was charged in neither base nor quote asset: paid from other money of the account. */
  otherFeesUsd: Money = ZERO;
  /** Fees that were booked in their asset and are not valued in USD yet, by execution. */
  readonly unvaluedFees = new Map<string, UnvaluedFee>();
  /** Capital given less capital taken, at its value then. */
  transfersUsd: Money = ZERO;
  /** Funding of perpetuals received, less what was paid. */
  fundingUsd: Money = ZERO;
  /** When the newest payment booked was due. */
  lastFundingMs: TimeMs | null = null;
  fillCount = 0;
  readonly #unsettled = new Set<string>();
  readonly #valued = new Set<string>();

  constructor(baseAsset = 'ETH', quoteAsset = 'USDT') {
    this.baseAsset = baseAsset;
    this.quoteAsset = quoteAsset;
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
    return [...this.#unsettled].map((id) => this.order(id));
  }

  /** Orders whose outcome is still open: those that have not ended, less the protective ones that rest at the exchange. */
  workingOrders(): Order[] {
    return this.unsettledOrders().filter((order) => !isResting(order));
  }

  /** @throws InvariantError `ledger.unknown_order` */
  order(clientOrderId: string): Order {
    const order = this.orders.get(clientOrderId);
    if (order) return order;
    throw new InvariantError('ledger.unknown_order', `the journal has no order ${clientOrderId}`, { details: { clientOrderId } });
  }

  /** Orders of one decision and leg, in the order of their attempts. */
  attempts(decisionId: string, leg: OrderLeg): Order[] {
    return [...this.orders.values()].filter(({ intent }) => intent.decisionId === decisionId && intent.leg === leg);
  }

  /** @throws InvariantError when the record cannot follow what came before */
  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'transfer':
        this.#add(record.asset, money(record.amount));
        if (record.asset === this.baseAsset) this.#adopt(money(record.amount), money(record.valueUsd));
        this.transfersUsd = this.transfersUsd.plus(record.valueUsd);
        return;
      case 'decision_taken':
        this.decisionIds.add(record.decisionId);
        if (record.renewsHolding) this.position.lastBuyMs = record.decisionTimeMs;
        return;
      case 'order_planned':
        this.#plan(record.intent, record.atMs);
        return;
      case 'order_submitting': {
        const order = this.#move(this.order(record.clientOrderId), 'SUBMITTING', record.atMs);
        order.sendBeforeMs = record.sendBeforeMs;
        order.venueAheadMs = record.venueAheadMs ?? null;
        return;
      }
      case 'order_state': {
        const order = this.#move(this.order(record.clientOrderId), record.state, record.atMs);
        order.venueOrderId = record.venueOrderId ?? order.venueOrderId;
        order.message = record.message ?? order.message;
        order.isTransient = record.isTransient ?? false;
        order.brokeFilter = record.brokeFilter ?? false;
        return;
      }
      case 'fill':
        this.#fill(record.fill);
        return;
      case 'fee_valued':
        this.#valueFee(feeKey(record), record.feeUsd);
        return;
      case 'dust':
        this.#leaveDust(record.atMs);
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

  /** Given Ether costs what it was worth; taking some leaves the price of the rest as it was. */
  #adopt(amount: Money, valueUsd: Money): void {
    const { position } = this;
    const before = position.quantityEth;
    position.quantityEth = before.plus(amount);
    const isTaken = amount.lt(0) && before.gt(0);
    position.costUsd = isTaken
      ? divideDown(position.costUsd.times(position.quantityEth), before, COST_DECIMALS)
      : position.costUsd.plus(valueUsd);
  }

  #noteEquity(point: EquityPoint): void {
    if (this.#valued.has(point.decisionId)) return;
    this.#valued.add(point.decisionId);
    this.equityPoints.push(point);
  }

  #leaveDust(atMs: TimeMs): void {
    if (this.openTrade !== null) this.closedTrades.push({ ...this.openTrade, exitTimeMs: atMs, reason: 'dust' });
    this.openTrade = null;
    this.position.costUsd = ZERO;
    this.position.protection = null;
    this.position.lastBuyMs = null;
  }

  #plan(intent: OrderIntent, atMs: TimeMs): void {
    if (this.orders.has(intent.clientOrderId)) {
      throw new InvariantError('ledger.order_planned_twice', `order ${intent.clientOrderId} was planned before`, {
        details: { clientOrderId: intent.clientOrderId, decisionId: intent.decisionId },
      });
    }
    this.orders.set(intent.clientOrderId, {
      intent,
      state: 'PLANNED',
      venueOrderId: null,
      sendBeforeMs: null,
      venueAheadMs: null,
      filledQuantity: ZERO,
      notionalUsd: ZERO,
      tradeIds: new Set(),
      updatedAtMs: atMs,
      message: null,
      isTransient: false,
      brokeFilter: false,
    });
    this.#unsettled.add(intent.clientOrderId);
  }

  #move(order: Order, state: OrderState, atMs: TimeMs): Order {
    assertTransition(order.intent.clientOrderId, order.state, state);
    order.state = state;
    order.updatedAtMs = atMs;
    if (isTerminal(state)) this.#unsettled.delete(order.intent.clientOrderId);
    return order;
  }

  #fill(fill: Fill): void {
    const order = this.order(fill.clientOrderId);
    if (order.tradeIds.has(fill.tradeId)) return;
    const quantity = money(fill.quantity);
    const filled = order.filledQuantity.plus(quantity);
    const wanted = money(order.intent.quantity);
    if (filled.gt(wanted) || !quantity.gt(0) || fill.side !== order.intent.side) {
      throw new InvariantError('ledger.fill_does_not_fit', `fill ${fill.tradeId} does not fit order ${fill.clientOrderId}`, {
        details: { fill, filledBefore: order.filledQuantity.toFixed(), quantity: order.intent.quantity },
        hint: 'Trading stops here. Compare `ets journal` with the trades at the exchange.',
      });
    }
    const next = filled.eq(wanted) ? 'FILLED' : order.state === 'CANCELLING' ? 'CANCELLING' : 'PARTIALLY_FILLED';
    this.#move(order, next, fill.executedAtMs);
    order.tradeIds.add(fill.tradeId);
    order.filledQuantity = filled;
    const notional = quantity.times(fill.priceUsd);
    order.notionalUsd = order.notionalUsd.plus(notional);
    this.#book(order.intent, fill, quantity, notional);
  }

  #book(intent: OrderIntent, fill: Fill, quantity: Money, notional: Money): void {
    const fee = money(fill.feeAmount);
    const sign = fill.side === 'buy' ? 1 : -1;
    this.#add(this.baseAsset, quantity.times(sign));
    this.#add(this.quoteAsset, notional.times(-sign));
    this.#add(fill.feeAsset, fee.times(-1));
    this.feesByAsset.set(fill.feeAsset, (this.feesByAsset.get(fill.feeAsset) ?? ZERO).plus(fee));
    if (fill.feeUsd !== null) this.#addFeeUsd(fill.feeAsset, fill.feeUsd);
    this.fillCount++;
    const parts = splitAtZero(fill, this.position.quantityEth, intent.quantityStep).map((part) => {
      changePosition(this.position, intent, part, this.baseAsset);
      return { fill: part.fill, ofTrade: this.#changeTrade(intent, part) };
    });
    if (fill.feeUsd === null) this.unvaluedFees.set(feeKey(fill), unvaluedFee(fill, parts));
  }

  #addFeeUsd(asset: string, feeUsd: string): void {
    this.feesUsd = this.feesUsd.plus(feeUsd);
    if (asset !== this.baseAsset && asset !== this.quoteAsset) this.otherFeesUsd = this.otherFeesUsd.plus(feeUsd);
  }

  /** Once: a fee that is valued already, or that nobody charged, stays as it is. */
  #valueFee(key: string, feeUsd: string): void {
    const fee = this.unvaluedFees.get(key);
    if (fee === undefined) return;
    this.unvaluedFees.delete(key);
    this.#addFeeUsd(fee.asset, feeUsd);
    for (const part of valuedParts(fee, feeUsd)) this.#valueTradeFee(fee.asset, part);
  }

  #valueTradeFee(asset: string, part: ValuedPart): void {
    if (this.openTrade !== null && this.openTrade.tradeId === part.ofTrade) {
      this.openTrade = valueTradeFee(this.openTrade, asset, part);
      return;
    }
    const index = this.closedTrades.findLastIndex(({ tradeId }) => tradeId === part.ofTrade);
    const trade = this.closedTrades[index];
    if (trade !== undefined) this.closedTrades[index] = valueTradeFee(trade, asset, part);
  }

  /** The trade that the part was booked on; null where it belongs to none. */
  #changeTrade(intent: OrderIntent, { fill, effect }: FillPart): string | null {
    if (this.openTrade === null && effect === 'reduce') return null;
    const trade = addToTrade(this.openTrade ?? openTrade(intent, fill), fill, this.baseAsset);
    if (effect === 'grow' || !isDust(this.position.quantityEth, intent.quantityStep)) {
      this.openTrade = trade;
      return trade.tradeId;
    }
    this.closedTrades.push({ ...trade, exitTimeMs: fill.executedAtMs, reason: intent.reason });
    this.openTrade = null;
    return trade.tradeId;
  }

  /** A payment counts once, and for the trade that was open when it was due, closed by now or not. */
  #fund({ fundingId, asset, amount, paidAtMs }: Extract<JournalRecord, { type: 'funding' }>): void {
    if (this.fundingIds.has(fundingId)) return;
    this.fundingIds.add(fundingId);
    this.#add(asset, money(amount));
    this.lastFundingMs = Math.max(this.lastFundingMs ?? paidAtMs, paidAtMs);
    if (asset !== this.quoteAsset) return;
    this.fundingUsd = this.fundingUsd.plus(amount);
    if (this.openTrade !== null && this.openTrade.entryTimeMs <= paidAtMs) {
      this.openTrade = fundTrade(this.openTrade, money(amount));
      return;
    }
    const index = this.closedTrades.findLastIndex(
      ({ entryTimeMs, exitTimeMs }) => entryTimeMs <= paidAtMs && exitTimeMs !== null && paidAtMs <= exitTimeMs,
    );
    const trade = this.closedTrades[index];
    if (trade !== undefined) this.closedTrades[index] = fundTrade(trade, money(amount));
  }

  #restore(snapshot: LedgerSnapshot): void {
    if (this.orders.size > 0 || this.balances.size > 0) {
      throw new InvariantError('ledger.checkpoint_not_first', 'a checkpoint can only begin a journal');
    }
    for (const order of snapshot.orders) {
      this.orders.set(order.intent.clientOrderId, {
        ...order,
        venueAheadMs: order.venueAheadMs ?? null,
        filledQuantity: money(order.filledQuantity),
        notionalUsd: money(order.notionalUsd),
        tradeIds: new Set(order.tradeIds),
      });
      if (!isTerminal(order.state)) this.#unsettled.add(order.intent.clientOrderId);
    }
    for (const [asset, amount] of Object.entries(snapshot.balances)) this.balances.set(asset, money(amount));
    for (const [asset, amount] of Object.entries(snapshot.feesByAsset)) this.feesByAsset.set(asset, money(amount));
    this.closedTrades.push(...snapshot.closedTrades);
    for (const id of snapshot.decisionIds) this.decisionIds.add(id);
    for (const point of snapshot.equity ?? []) this.#noteEquity(point);
    this.openTrade = snapshot.openTrade;
    const last = snapshot.lastReconciliation;
    this.lastReconciliation = last ? { type: 'reconciliation', ...last } : null;
    this.feesUsd = money(snapshot.feesUsd);
    this.otherFeesUsd = money(snapshot.otherFeesUsd ?? 0);
    for (const fee of snapshot.unvaluedFees ?? []) this.unvaluedFees.set(feeKey(fee), fee);
    this.transfersUsd = money(snapshot.transfersUsd);
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

import type { Money, TimeMs } from '../domain/index.ts';
import type { LedgerSnapshot } from './journal/journal-record.ts';
import type { OrderIntent } from './order.ts';
import { isDust } from './position.ts';
import type { FillPart } from './split-fill.ts';
import { addToTrade, fundTrade, openTrade, type Trade, valueTradeFee } from './trade.ts';
import type { ValuedPart } from './unvalued-fee.ts';

/** The trade that is open, and those that are over. */
export class TradeBook {
  /** Oldest first. */
  readonly closed: Trade[] = [];
  #open: Trade | null = null;

  get open(): Trade | null {
    return this.#open;
  }

  /**
   * Books one part of an execution: opens a trade, adds to it, or closes it.
   * @param leftEth what is held after the part
   * @returns the trade that the part was booked on; null where it belongs to none
   */
  book(intent: OrderIntent, { fill, effect }: FillPart, leftEth: Money, baseAsset: string): string | null {
    if (this.#open === null && effect === 'reduce') return null;
    const trade = addToTrade(this.#open ?? openTrade(intent, fill), fill, baseAsset);
    if (effect === 'grow' || !isDust(leftEth, intent.quantityStep)) this.#open = trade;
    else this.#close(trade, fill.executedAtMs, intent.reason);
    return trade.tradeId;
  }

  /** Ends the open trade, if there is one, without an execution. */
  end(atMs: TimeMs, reason: string): void {
    if (this.#open !== null) this.#close(this.#open, atMs, reason);
  }

  /** Books a funding payment on the trade that was open when it was due, closed by now or not. */
  fund(amountUsd: Money, paidAtMs: TimeMs): void {
    if (this.#open !== null && this.#open.entryTimeMs <= paidAtMs) this.#open = fundTrade(this.#open, amountUsd);
    else
      this.#changeClosed(
        ({ entryTimeMs, exitTimeMs }) => entryTimeMs <= paidAtMs && exitTimeMs !== null && paidAtMs <= exitTimeMs,
        (trade) => fundTrade(trade, amountUsd),
      );
  }

  /** Values what a trade bears of a fee; one that belongs to no trade changes nothing. */
  valueFee(asset: string, part: ValuedPart): void {
    if (this.#open !== null && this.#open.tradeId === part.ofTrade) this.#open = valueTradeFee(this.#open, asset, part);
    else
      this.#changeClosed(
        ({ tradeId }) => tradeId === part.ofTrade,
        (trade) => valueTradeFee(trade, asset, part),
      );
  }

  restore({ openTrade, closedTrades }: Pick<LedgerSnapshot, 'openTrade' | 'closedTrades'>): void {
    this.#open = openTrade;
    this.closed.push(...closedTrades);
  }

  #close(trade: Trade, exitTimeMs: TimeMs, reason: string): void {
    this.closed.push({ ...trade, exitTimeMs, reason });
    this.#open = null;
  }

  #changeClosed(isIt: (trade: Trade) => boolean, change: (trade: Trade) => Trade): void {
    const index = this.closed.findLastIndex(isIt);
    const trade = this.closed[index];
    if (trade !== undefined) this.closed[index] = change(trade);
  }
}

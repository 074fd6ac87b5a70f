import { type Money, money, ZERO } from '../domain/index.ts';
import type { JournalRecord, LedgerSnapshot } from './journal/journal-record.ts';
import type { Fill } from './order.ts';
import { type BookedPart, feeKey, type UnvaluedFee, unvaluedFee } from './unvalued-fee.ts';

/** What fees came to: in the assets that they were charged in, and in USD as far as their value is known. */
export class FeeAccounts {
  readonly byAsset = new Map<string, Money>();
  /** Fees that were booked in their asset and are not valued in USD yet, by execution. */
  readonly unvalued = new Map<string, UnvaluedFee>();
  readonly #isOwnAsset: (asset: string) => boolean;
  #usd: Money = ZERO;
  #otherUsd: Money = ZERO;

  constructor(baseAsset: string, quoteAsset: string) {
    this.#isOwnAsset = (asset) => asset === baseAsset || asset === quoteAsset;
  }

  /** Of all fees that are valued. */
  get usd(): Money {
    return this.#usd;
  }

  /** Part of `usd` that was charged in neither base nor quote asset. */
  get otherUsd(): Money {
    return this.#otherUsd;
  }

  /** Books the fee of an execution, valued or not. @param parts the execution as it was booked on trades */
  charge(fill: Fill, parts: readonly BookedPart[]): void {
    this.byAsset.set(fill.feeAsset, (this.byAsset.get(fill.feeAsset) ?? ZERO).plus(fill.feeAmount));
    if (fill.feeUsd === null) this.unvalued.set(feeKey(fill), unvaluedFee(fill, parts));
    else this.#add(fill.feeAsset, fill.feeUsd);
  }

  /**
   * Values a fee that was booked without a value, once.
   * @returns the fee; undefined where it is valued already, or nobody charged it
   */
  value(record: Extract<JournalRecord, { type: 'fee_valued' }>): UnvaluedFee | undefined {
    const key = feeKey(record);
    const fee = this.unvalued.get(key);
    if (fee === undefined) return undefined;
    this.unvalued.delete(key);
    this.#add(fee.asset, record.feeUsd);
    return fee;
  }

  restore(snapshot: Pick<LedgerSnapshot, 'feesByAsset' | 'feesUsd' | 'otherFeesUsd' | 'unvaluedFees'>): void {
    for (const [asset, amount] of Object.entries(snapshot.feesByAsset)) this.byAsset.set(asset, money(amount));
    this.#usd = money(snapshot.feesUsd);
    this.#otherUsd = money(snapshot.otherFeesUsd ?? 0);
    for (const fee of snapshot.unvaluedFees ?? []) this.unvalued.set(feeKey(fee), fee);
  }

  #add(asset: string, feeUsd: string): void {
    this.#usd = this.#usd.plus(feeUsd);
    if (!this.#isOwnAsset(asset)) this.#otherUsd = this.#otherUsd.plus(feeUsd);
  }
}

import { type Clock, type Money, money, type TimeMs } from '../../domain/index.ts';

/** The price as a stream last told it. */
export interface LastPrice {
  readonly priceUsd: Money;
  readonly atMs: TimeMs;
  /** Too old to act on, by the world's time. */
  readonly isStale: boolean;
}

/** What may be asked about the price between two REST requests. */
export interface PriceView {
  /** Nothing until a stream is connected and has told a price. */
  last(): LastPrice | undefined;
}

/** The newest price of the connection that is open; forgotten when it ends. */
export class LivePrice implements PriceView {
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  #newest: { readonly price: string; readonly atMs: TimeMs } | undefined;

  constructor(clock: Clock, staleAfterMs: number) {
    this.#clock = clock;
    this.#staleAfterMs = staleAfterMs;
  }

  /** @param price a decimal as text */
  note(price: string, atMs: TimeMs): void {
    if (!this.#newest || atMs >= this.#newest.atMs) this.#newest = { price, atMs };
  }

  reset(): void {
    this.#newest = undefined;
  }

  last(): LastPrice | undefined {
    if (!this.#newest) return undefined;
    const { price, atMs } = this.#newest;
    return { priceUsd: money(price), atMs, isStale: this.#clock.nowMs() - atMs > this.#staleAfterMs };
  }
}

import { type ClosedCandle, MINUTE_MS, type TimeMs } from '../../domain/index.ts';

/** What a closed minute means for a sequence in which every minute is to be once. */
export type MinuteVerdict = 'next' | 'duplicate' | 'gap' | 'future';

/** The minutes that are there, one after the other without a hole. */
export class MinuteSequence {
  readonly #toleranceMs: number;
  #nextMs: TimeMs;

  /** @param nextMs open of the first minute that is wanted @param toleranceMs how far ahead of our clock the exchange may be */
  constructor(nextMs: TimeMs, toleranceMs: number) {
    this.#nextMs = nextMs;
    this.#toleranceMs = toleranceMs;
  }

  /** Open of the minute that is wanted next. */
  get nextMs(): TimeMs {
    return this.#nextMs;
  }

  /** Judges a candle, and takes it where it is the next one. */
  take({ openTimeMs, closeTimeMs }: ClosedCandle, nowMs: TimeMs): MinuteVerdict {
    if (openTimeMs < this.#nextMs) return 'duplicate';
    if (closeTimeMs > nowMs + this.#toleranceMs) return 'future';
    if (openTimeMs > this.#nextMs) return 'gap';
    this.#nextMs += MINUTE_MS;
    return 'next';
  }
}

import type { Clock, TimeMs } from '../../domain/index.ts';

/** The venue's time: our clock and how far the venue's is from it, as last measured. */
export class VenueClock {
  readonly #clock: Clock;
  /** The venue's clock less ours. */
  offsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): TimeMs {
    return this.#clock.nowMs() + this.offsetMs;
  }

  /** A time of the venue's on our clock. */
  toOurs(venueMs: TimeMs): TimeMs {
    return venueMs - this.offsetMs;
  }
}

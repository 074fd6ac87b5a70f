import type { Clock, TimeMs, Timer } from '../../domain/index.ts';

/** A round trip that takes longer, in ms of process time, is measured again: its middle says little. */
const GOOD_ROUND_TRIP_MS = 250;
const MAX_SAMPLES = 3;

/** The venue's time: our clock and how far the venue's is from it, as last measured. */
export class VenueClock {
  readonly #clock: Clock;
  readonly #timer: Timer;
  /** The venue's clock less ours. */
  offsetMs = 0;

  constructor(clock: Clock, timer: Timer) {
    this.#clock = clock;
    this.#timer = timer;
  }

  nowMs(): TimeMs {
    return this.#clock.nowMs() + this.offsetMs;
  }

  /** A time of the venue's on our clock, as that was when it was `offsetMs` behind the venue's. */
  toOurs(venueMs: TimeMs, offsetMs = this.offsetMs): TimeMs {
    return venueMs - offsetMs;
  }

  /**
   * Measures the offset around single calls: the venue's time belongs to the middle of the one call that brought it. A
   * slow answer is asked for again, and the fastest counts. What `ask` throws leaves the offset as it was.
   * @returns the offset in ms
   */
  async measure(ask: () => Promise<TimeMs>): Promise<number> {
    let best = Number.POSITIVE_INFINITY;
    let offsetMs = this.offsetMs;
    for (let sample = 1; sample <= MAX_SAMPLES && best > GOOD_ROUND_TRIP_MS; sample++) {
      const beforeMs = this.#clock.nowMs();
      const startedMs = this.#timer.elapsedMs();
      const venueMs = await ask();
      const roundTripMs = this.#timer.elapsedMs() - startedMs;
      if (roundTripMs >= best) continue;
      best = roundTripMs;
      offsetMs = venueMs - Math.round((beforeMs + this.#clock.nowMs()) / 2);
    }
    this.offsetMs = offsetMs;
    return offsetMs;
  }
}

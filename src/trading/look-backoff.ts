import type { TimeMs } from '../domain/index.ts';

/** Pause before the second look at an order whose time has passed already. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 16_000;

/**
 * When to look at an order again. What a look waits for may lie in the past (an order that should have ended by now, an
 * exchange that does not answer): then each pause is twice the one before, from one to 16 seconds of the world's time.
 * After the longest one the order is left to the next look, so that nothing else waits for it.
 */
export class LookBackoff {
  #pauseMs = FIRST_PAUSE_MS;

  /** Whether the longest pause has been made. */
  get isSpent(): boolean {
    return this.#pauseMs > LONGEST_PAUSE_MS;
  }

  /** @param dueMs when a look can show more than it does now */
  nextLookMs(nowMs: TimeMs, dueMs: TimeMs): TimeMs {
    if (dueMs > nowMs) return dueMs;
    const nextMs = nowMs + Math.min(this.#pauseMs, LONGEST_PAUSE_MS);
    this.#pauseMs *= 2;
    return nextMs;
  }
}

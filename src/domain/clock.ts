import type { TimeMs } from './time.ts';

/** The world's time: schedules, decisions, availability. Injected everywhere; it may stand still or run fast in a simulation. */
export interface Clock {
  nowMs(): TimeMs;
}

/** Monotonic process time: time-outs, backoff, deadlines, rate budgets. Runs on even where the world's clock stands still. */
export interface Timer {
  /** Milliseconds since an arbitrary start; never goes back. */
  elapsedMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { nowMs: () => Date.now() };

export const systemTimer: Timer = {
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = () => {
        clearTimeout(handle);
        reject(signal?.reason);
      };
      const handle = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', abort, { once: true });
    }),
};

/** A clock that stands still until it is moved on. It never goes back. */
export class ManualClock implements Clock {
  #nowMs: TimeMs;

  constructor(startMs: TimeMs) {
    this.#nowMs = startMs;
  }

  nowMs(): TimeMs {
    return this.#nowMs;
  }

  moveTo(timeMs: TimeMs): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs);
  }
}

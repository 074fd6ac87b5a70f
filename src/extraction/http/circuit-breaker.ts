import type { Timer } from '../../domain/index.ts';

const OPEN_AFTER_FAILURES = 20;
const OPEN_FOR_MS = 30_000;

/** Stops asking a host that only fails: after many failures in a row it stays open for half a minute, then lets one try. */
export class CircuitBreaker {
  readonly #timer: Timer;
  #failures = 0;
  #openUntilMs = Number.NEGATIVE_INFINITY;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  /** How long no request is allowed, in milliseconds; 0 where one is. */
  closedInMs(): number {
    return Math.max(0, this.#openUntilMs - this.#timer.elapsedMs());
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures >= OPEN_AFTER_FAILURES) this.#openUntilMs = this.#timer.elapsedMs() + OPEN_FOR_MS;
  }
}

import type { Clock, TimeMs, Timer } from '../../domain/index.ts';

export interface WatchdogLimits {
  /** World time without a message. */
  readonly silenceMs: number;
  /** How far the newest message may be behind the world. */
  readonly lagMs: number;
}

/** Process time for which a fault must last: a world that is moved on by hours at once is not silent because of that. */
const GRACE_MS = 5_000;

/**
 * Judges one connection by the world's time, so that a stream of a world that stands still is not silent, and by process
 * time besides, so that messages have time to arrive.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #limits: WatchdogLimits;
  readonly #worldSpeed: () => number;
  #heardMs: TimeMs;
  #heardAtMs: number;
  #behindSinceMs: number | undefined;

  /** @param worldSpeed world seconds per second of process time: lag that is only transport grows with it */
  constructor(clock: Clock, timer: Timer, limits: WatchdogLimits, worldSpeed: () => number = () => 1) {
    this.#clock = clock;
    this.#timer = timer;
    this.#limits = limits;
    this.#worldSpeed = worldSpeed;
    this.#heardMs = clock.nowMs();
    this.#heardAtMs = timer.elapsedMs();
  }

  /** A message came that tells of `eventMs`. */
  note(eventMs: TimeMs): void {
    const nowMs = this.#clock.nowMs();
    this.#heardMs = nowMs;
    this.#heardAtMs = this.#timer.elapsedMs();
    const isBehind = nowMs - eventMs >= this.#limits.lagMs * Math.max(1, this.#worldSpeed());
    this.#behindSinceMs = isBehind ? (this.#behindSinceMs ?? this.#heardAtMs) : undefined;
  }

  verdict(): 'alive' | 'silent' | 'lagging' {
    const atMs = this.#timer.elapsedMs();
    const isQuiet = this.#clock.nowMs() - this.#heardMs >= this.#limits.silenceMs;
    if (isQuiet && atMs - this.#heardAtMs >= GRACE_MS) return 'silent';
    return this.#behindSinceMs !== undefined && atMs - this.#behindSinceMs >= GRACE_MS ? 'lagging' : 'alive';
  }
}

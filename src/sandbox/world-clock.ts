import type { Clock, TimeMs, Timer } from '../domain/index.ts';

/** The simulated world's time: `speed` times as fast as process time, or standing still until it is moved on. */
export class WorldClock implements Clock {
  readonly #timer: Timer;
  readonly #listeners: ((nowMs: TimeMs) => void)[] = [];
  #baseMs: TimeMs;
  #sinceMs: number;
  #speed: number;

  constructor(startMs: TimeMs, speed: number, timer: Timer) {
    this.#timer = timer;
    this.#baseMs = startMs;
    this.#speed = speed;
    this.#sinceMs = timer.elapsedMs();
  }

  nowMs(): TimeMs {
    return Math.floor(this.#baseMs + this.#speed * (this.#timer.elapsedMs() - this.#sinceMs));
  }

  get speed(): number {
    return this.#speed;
  }

  /** Moves on to `timeMs`; an earlier time is ignored. */
  moveTo(timeMs: TimeMs): void {
    this.#rebase(Math.max(this.nowMs(), timeMs));
    for (const listener of this.#listeners) listener(this.nowMs());
  }

  setSpeed(speed: number): void {
    this.#rebase(this.nowMs());
    this.#speed = speed;
  }

  onMove(listener: (nowMs: TimeMs) => void): void {
    this.#listeners.push(listener);
  }

  #rebase(timeMs: TimeMs): void {
    this.#baseMs = timeMs;
    this.#sinceMs = this.#timer.elapsedMs();
  }
}

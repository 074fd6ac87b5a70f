import type { Clock, TimeMs } from '../domain/index.ts';
import type { WorldClock } from './world-clock.ts';

/**
 * The clock of the machine that trades in the simulated world: the world's time and how far the machine is from it. Whoever
 * sets that clock moves nothing in the world, so this one can step back, as by NTP, while the exchange's never does.
 */
export class HostClock implements Clock {
  readonly #world: WorldClock;
  #aheadMs = 0;

  constructor(world: WorldClock) {
    this.#world = world;
  }

  nowMs(): TimeMs {
    return this.#world.nowMs() + this.#aheadMs;
  }

  /** The host's clock less the world's. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  setAhead(aheadMs: number): void {
    this.#aheadMs = aheadMs;
  }

  /** Moves the world on until this clock shows `timeMs`; an earlier time is ignored. */
  moveTo(timeMs: TimeMs): void {
    this.#world.moveTo(timeMs - this.#aheadMs);
  }
}

import { HOUR_MS, MINUTE_MS, type Rng, SECOND_MS } from '../../src/domain/index.ts';
import type { Drill } from '../drills/drill.fixture.ts';
import { Deck } from './deck.fixture.ts';

/** What happens to the clock of a host: steps of NTP, a leap second, a sleep; `set_right` where it has come too far from the truth. */
export const HOST_JUMPS = ['leap_second', 'step_forward', 'step_back', 'far_back', 'suspended', 'set_right'] as const;
export type HostJump = (typeof HOST_JUMPS)[number];

/** Zones of hosts: with and without daylight saving time, of half an hour, of odd quarters, and one that has changed its mind. */
export const HOST_ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'UTC',
] as const;

/** Further off, the next thing that happens is that somebody sets the clock right. */
const SET_RIGHT_FROM_MS = 5 * SECOND_MS;

/** Jumps of the host's clock while the daemon runs. The world goes on as before; only a machine that sleeps misses some of it. */
export class HostJumps {
  readonly counts = Object.fromEntries(HOST_JUMPS.map((kind) => [kind, 0])) as Record<HostJump, number>;
  readonly #drill: Drill;
  readonly #rng: Rng;
  readonly #deck: Deck<Exclude<HostJump, 'set_right'>>;
  #aheadMs = 0;

  constructor(drill: Drill, rng: Rng) {
    this.#drill = drill;
    this.#rng = rng;
    this.#deck = new Deck(['leap_second', 'step_forward', 'step_back', 'far_back', 'suspended'], rng);
  }

  async jump(): Promise<void> {
    const kind = Math.abs(this.#aheadMs) > SET_RIGHT_FROM_MS ? 'set_right' : this.#deck.deal();
    this.counts[kind] += 1;
    if (kind === 'suspended') {
      const { clock } = this.#drill.sandbox;
      clock.moveTo(clock.nowMs() + this.#between(MINUTE_MS, 2 * HOUR_MS));
      return;
    }
    this.#aheadMs = kind === 'set_right' ? 0 : this.#aheadMs + this.#step(kind);
    await this.#drill.setHost(this.#aheadMs);
  }

  #step(kind: Exclude<HostJump, 'suspended' | 'set_right'>): number {
    if (kind === 'leap_second') return SECOND_MS;
    if (kind === 'far_back') return -this.#between(5 * SECOND_MS, 90 * SECOND_MS);
    const ms = this.#between(100, 5 * SECOND_MS);
    return kind === 'step_forward' ? ms : -ms;
  }

  #between(low: number, high: number): number {
    return Math.round(low + this.#rng() * (high - low));
  }
}

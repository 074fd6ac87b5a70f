import { randomBytes } from 'node:crypto';
import type { Timer } from '../domain/index.ts';

const VALID_MS = 30_000;

/** One-time tickets: a browser cannot send a header when it opens a WebSocket. */
export class Tickets {
  readonly #timer: Timer;
  readonly #validUntil = new Map<string, number>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  issue(): { readonly ticket: string; readonly validMs: number } {
    const nowMs = this.#timer.elapsedMs();
    for (const [old, until] of this.#validUntil) if (until < nowMs) this.#validUntil.delete(old);
    const ticket = randomBytes(24).toString('base64url');
    this.#validUntil.set(ticket, nowMs + VALID_MS);
    return { ticket, validMs: VALID_MS };
  }

  /** Whether the ticket is good; it is not afterwards. */
  redeem(ticket: string): boolean {
    const until = this.#validUntil.get(ticket);
    this.#validUntil.delete(ticket);
    return until !== undefined && until >= this.#timer.elapsedMs();
  }
}

import { ExchangeError, type TimeMs, type Timer } from '../../domain/index.ts';
import { messageOf } from './classify-exchange-error.ts';
import type { HostBudget } from './host-budgets.ts';
import type { VenueClient } from './venue-client.ts';
import type { VenueClock } from './venue-clock.ts';

export interface VenueQuestionsParts {
  readonly venue: string;
  readonly client: Pick<VenueClient, 'serverTime' | 'classify' | 'isWrongTime'>;
  readonly clock: VenueClock;
  /** For the pauses between attempts. */
  readonly timer: Timer;
  readonly budget: Pick<HostBudget, 'closedInMs'>;
}

/** How often a question that changes nothing is asked, and the pause that doubles between. */
const ATTEMPTS = 4;
const PAUSE_MS = 100;
/** A venue that wants to be left alone for longer is not waited for. */
const LONGEST_WAIT_MS = 5_000;

/** Questions that change nothing at the venue: repeated while that makes sense, on the venue's time, never while it asked for a pause. */
export class VenueQuestions {
  readonly #parts: VenueQuestionsParts;
  #measuring: Promise<number> | undefined;

  constructor(parts: VenueQuestionsParts) {
    this.#parts = parts;
  }

  /** Measures how far the venue's clock is from ours, in ms. @throws ExchangeError */
  synchronise(): Promise<number> {
    const { clock } = this.#parts;
    return this.ask('time', () => clock.measure(() => this.#serverTime()));
  }

  /** The same, tried once; where nobody answers, what was measured last holds. Callers at the same time share one answer. */
  async resynchronise(): Promise<void> {
    const { clock } = this.#parts;
    this.#measuring ??= clock
      .measure(() => this.#serverTime())
      .finally(() => {
        this.#measuring = undefined;
      });
    await this.#measuring.catch(() => undefined);
  }

  /** After a request that was refused for the time it was signed with, the clock is measured anew. */
  async noteFailure(error: unknown): Promise<void> {
    if (this.#parts.client.isWrongTime(error)) await this.resynchronise();
  }

  /** Asks once, and once more on the right time where the first was signed with a wrong one. @throws what `call` throws */
  async once<Reply>(call: () => Promise<Reply>): Promise<Reply> {
    try {
      return await call();
    } catch (error) {
      if (!this.#parts.client.isWrongTime(error)) throw error;
      await this.resynchronise();
      return call();
    }
  }

  /** Asks until there is an answer, a few times. @throws ExchangeError `exchange.request_failed`, `exchange.rate_limited` */
  async ask<Reply>(what: string, call: () => Promise<Reply>): Promise<Reply> {
    const { client, timer, budget } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(call);
      } catch (cause) {
        const closedInMs = budget.closedInMs();
        const mayRepeat = attempt < ATTEMPTS && client.classify(cause) !== 'refused' && closedInMs <= LONGEST_WAIT_MS;
        if (!mayRepeat) throw this.#failure(what, cause, closedInMs);
        await timer.sleep(Math.max(closedInMs, PAUSE_MS * 2 ** attempt));
      }
    }
  }

  #serverTime(): Promise<TimeMs> {
    return this.#parts.client.serverTime();
  }

  #failure(what: string, cause: unknown, closedInMs: number): ExchangeError {
    const { venue } = this.#parts;
    if (closedInMs > 0)
      return new ExchangeError('exchange.rate_limited', `${venue} wants to be left alone: "${what}" is not asked now`, {
        details: { venue, request: what, retryAfterMs: Math.ceil(closedInMs) },
        hint: 'It is asked again after the pause. Another program on the same address may be asking too often.',
        cause,
      });
    return new ExchangeError('exchange.request_failed', `${venue} did not answer "${what}": ${messageOf(cause)}`, {
      details: { venue, request: what },
      hint: 'Is the exchange reachable, and is the key valid? See `ets check-status`.',
      cause,
    });
  }
}

import type { Timer } from '../../domain/index.ts';

/** What one host grants. */
export interface BudgetLimits {
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Weight of the requests that start in a minute of process time; no limit where absent. */
  readonly weightPerMinute?: number;
}

/**
 * Limits that the real hosts state for their free plans, Binance's by half, because orders come from the same address.
 * Others, such as a node of one's own, get `DEFAULT_LIMITS`.
 */
const HOST_LIMITS: Readonly<Record<string, BudgetLimits>> = {
  'query1.finance.yahoo.com': { concurrency: 2, weightPerMinute: 60 },
  'query2.finance.yahoo.com': { concurrency: 2, weightPerMinute: 60 },
  'api.binance.com': { concurrency: 4, weightPerMinute: 3_000 },
  'api.alternative.me': { concurrency: 1, weightPerMinute: 60 },
  'api.whale-alert.io': { concurrency: 1, weightPerMinute: 10 },
  'beaconcha.in': { concurrency: 1, weightPerMinute: 10 },
};
const DEFAULT_LIMITS: BudgetLimits = { concurrency: 8 };

/** One budget for each host: made once for a process, and shared by everybody in it who sends requests. */
export class RequestBudgets {
  readonly #timer: Timer;
  readonly #byHost = new Map<string, SourceBudget>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  of(url: string): SourceBudget {
    const { host } = new URL(url);
    const budget = this.#byHost.get(host) ?? new SourceBudget(HOST_LIMITS[host] ?? DEFAULT_LIMITS, this.#timer);
    this.#byHost.set(host, budget);
    return budget;
  }
}

/** Concurrency and rate of one host. */
export class SourceBudget {
  readonly #limits: BudgetLimits;
  readonly #timer: Timer;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #nextStartMs = Number.NEGATIVE_INFINITY;
  #closedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(limits: BudgetLimits, timer: Timer) {
    this.#limits = limits;
    this.#timer = timer;
  }

  /**
   * Runs `work` when it is its turn. Rejects with the signal's reason when aborted while waiting.
   * @param weight what the host counts the request as
   */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>, weight = 1): Promise<T> {
    await this.#enter(signal);
    try {
      await this.#awaitTurn(signal, weight);
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Starts nothing for `ms`: the host asked for a pause. */
  pause(ms: number): void {
    this.#closedUntilMs = Math.max(this.#closedUntilMs, this.#timer.elapsedMs() + ms);
    this.#nextStartMs = Math.max(this.#nextStartMs, this.#closedUntilMs);
  }

  /** How long the host still wants to be left alone, in ms of process time; 0 where it does not. */
  closedInMs(): number {
    return Math.max(0, this.#closedUntilMs - this.#timer.elapsedMs());
  }

  /** Counts a request that does not wait for its turn, such as an order: those that do wait so much longer. */
  spend(weight: number): void {
    const { weightPerMinute } = this.#limits;
    if (weightPerMinute === undefined) return;
    this.#nextStartMs = Math.max(this.#nextStartMs, this.#timer.elapsedMs()) + (60_000 * weight) / weightPerMinute;
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    while (this.#running >= this.#limits.concurrency) {
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const abort = () => {
          this.#waiting.splice(this.#waiting.indexOf(go), 1);
          reject(signal?.reason);
        };
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        this.#waiting.push(go);
        signal?.addEventListener('abort', abort, { once: true });
      });
    }
    signal?.throwIfAborted();
    this.#running += 1;
  }

  async #awaitTurn(signal: AbortSignal | undefined, weight: number): Promise<void> {
    for (;;) {
      const nowMs = this.#timer.elapsedMs();
      if (this.#nextStartMs <= nowMs) {
        const { weightPerMinute } = this.#limits;
        if (weightPerMinute !== undefined) this.#nextStartMs = nowMs + (60_000 * weight) / weightPerMinute;
        return;
      }
      await this.#timer.sleep(this.#nextStartMs - nowMs, signal);
    }
  }
}

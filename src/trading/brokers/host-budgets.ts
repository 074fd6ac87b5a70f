import type { Timer } from '../../domain/index.ts';

/** What one host grants this process, as everybody in it shares it. */
export interface HostBudget {
  /** Runs `work` when it is its turn. Rejects with the signal's reason when aborted while waiting. */
  run<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>, weight: number): Promise<Result>;
  /** Counts a request that does not wait for its turn. */
  spend(weight: number): void;
  /** Starts nothing for `ms` of process time: the host asked for a pause. */
  pause(ms: number): void;
  /** How long the host still wants to be left alone, in ms of process time; 0 where it does not. */
  closedInMs(): number;
}

/** Budgets by host; the application has one set for the whole process. */
export interface HostBudgets {
  of(url: string): HostBudget;
}

/** Said instead of sending: the host asked for a pause that is not over. */
export class HostClosed extends Error {
  readonly closedInMs: number;

  constructor(closedInMs: number) {
    super(`not sent: the exchange asked for a pause, ${Math.ceil(closedInMs / 1000)} s of it are left`);
    this.name = 'HostClosed';
    this.closedInMs = closedInMs;
  }
}

/** Budgets without limits of their own, where nobody else in the process asks the same hosts: pauses are kept all the same. */
export class PausesOnly implements HostBudgets {
  readonly #timer: Timer;
  readonly #byHost = new Map<string, HostBudget>();

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  of(url: string): HostBudget {
    const { host } = new URL(url);
    const known = this.#byHost.get(host);
    if (known !== undefined) return known;
    let openMs = Number.NEGATIVE_INFINITY;
    const closedInMs = () => Math.max(0, openMs - this.#timer.elapsedMs());
    const budget: HostBudget = {
      run: (_signal, work) => work(),
      spend: () => undefined,
      pause: (ms) => {
        openMs = Math.max(openMs, this.#timer.elapsedMs() + ms);
      },
      closedInMs,
    };
    this.#byHost.set(host, budget);
    return budget;
  }
}

/** Where a host does not say how long it wants to be left alone: a ban (418) begins at two minutes at Binance. */
const DEFAULT_PAUSE_MS: Readonly<Record<number, number>> = { 429: 10_000, 418: 120_000 };

/**
 * The pause that a reply asks for, in ms; undefined where it asks for none. `Retry-After` is a number of seconds, or a date
 * that is compared with the reply's own `Date`.
 */
export function pauseAskedMs(status: number, headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const defaultMs = DEFAULT_PAUSE_MS[status];
  if (defaultMs === undefined) return undefined;
  const value = headers['Retry-After']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const waitMs = Date.parse(value) - Date.parse(headers.Date ?? '');
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : defaultMs;
}

import { type Clock, createRng, MINUTE_MS, SECOND_MS, SourceError, type TimeMs, type Timer } from '../../domain/index.ts';
import type { AppParts } from '../app-parts.ts';
import { SandboxClock } from '../sandbox-clock.ts';
import type { DaemonAlerts } from './daemon-alerts.ts';

/** Further off, an exchange refuses what is signed with this clock. */
const TELL_FROM_MS = SECOND_MS;
/** Further off, no due time, no age of data and no decision can be trusted. */
const STOP_FROM_MS = MINUTE_MS;
/** Process time between two comparisons while the clock is right. */
const COMPARE_EVERY_MS = 10 * MINUTE_MS;
const TIMEOUT_MS = 5_000;

export interface ClockWatchParts {
  readonly clock: Clock;
  readonly timer: Timer;
  readonly alerts: Pick<DaemonAlerts, 'raise' | 'over'>;
  /** What time it is elsewhere; nothing where nobody answers. */
  readonly askTime: () => Promise<TimeMs | undefined>;
}

/**
 * Compares this machine's clock with the exchange's: from time to time, at once when the clock has jumped against process
 * time, and at every look while it is wrong. Where nobody answers, what was found last holds.
 */
export class ClockWatch {
  readonly #parts: ClockWatchParts;
  #nextMs = 0;
  #baseMs: number | undefined;
  #offMs = 0;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
  }

  /** Whether the clock is so wrong that nothing may be done by it. */
  async isWrong(): Promise<boolean> {
    const { clock, timer } = this.#parts;
    const baseMs = clock.nowMs() - timer.elapsedMs();
    const hasJumped = this.#baseMs !== undefined && Math.abs(baseMs - this.#baseMs) > TELL_FROM_MS;
    if (hasJumped || timer.elapsedMs() >= this.#nextMs) await this.#compare();
    this.#baseMs = clock.nowMs() - timer.elapsedMs();
    return Math.abs(this.#offMs) >= STOP_FROM_MS;
  }

  async #compare(): Promise<void> {
    const { clock, timer, askTime, alerts } = this.#parts;
    const startedMs = timer.elapsedMs();
    const theirs = await askTime();
    const tookMs = timer.elapsedMs() - startedMs;
    if (theirs !== undefined) {
      const wasOff = this.#isOff;
      const offMs = Math.round(clock.nowMs() - tookMs / 2 - theirs);
      // Half the time that asking took is the least that cannot be told apart.
      this.#offMs = Math.abs(offMs) > TELL_FROM_MS + tookMs / 2 ? offMs : 0;
      if (this.#isOff) {
        alerts.over('clock_right');
        alerts.raise({
          name: 'clock_wrong',
          severity: 'critical',
          title: `this machine's clock is ${inWords(this.#offMs)} the exchange's`,
          detail: 'Synchronise it (chrony, systemd-timesyncd). While it is a minute off or more, nothing is decided or trained.',
        });
      } else if (wasOff) {
        alerts.over('clock_wrong');
        alerts.raise({ name: 'clock_right', severity: 'info', title: "this machine's clock agrees with the exchange's again" });
      }
    }
    this.#nextMs = this.#isOff ? 0 : timer.elapsedMs() + COMPARE_EVERY_MS;
  }

  get #isOff(): boolean {
    return this.#offMs !== 0;
  }
}

const inWords = (offMs: number): string => `${Math.abs(offMs / 1000).toFixed(1)} s ${offMs > 0 ? 'ahead of' : 'behind'}`;

/** The watch of a daemon that goes by this machine's clock; none where its time is a sandbox's or no exchange is asked. */
export async function openClockWatch(
  { clock, timer, urls, budgets, config, onProgress }: AppParts,
  alerts: Pick<DaemonAlerts, 'raise' | 'over'>,
): Promise<ClockWatch | undefined> {
  const { binance } = urls;
  if (clock instanceof SandboxClock || binance === undefined) return undefined;
  const { fetchServerTime, HttpClient } = await import('../../extraction/index.ts');
  const http = new HttpClient({
    fetch,
    timer,
    budgets,
    rng: createRng(config.model.seed),
    requestTimeoutMs: TIMEOUT_MS,
    maxAttempts: 1,
  });
  const askTime = async () => {
    try {
      return await fetchServerTime(http, binance, AbortSignal.timeout(TIMEOUT_MS));
    } catch (error) {
      if (!(error instanceof SourceError) && !(error instanceof Error && error.name === 'TimeoutError')) throw error;
      onProgress(`the clock cannot be compared with the exchange's: ${error.message}`);
      return undefined;
    }
  };
  return new ClockWatch({ clock, timer, alerts, askTime });
}

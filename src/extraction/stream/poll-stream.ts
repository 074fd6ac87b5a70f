import { AppError, type Clock, DAY_MS, startOfDayMs, type TimeMs, type Timer } from '../../domain/index.ts';
import type { SourceExtractor } from '../source-extractor.ts';
import type { StreamStore } from './micro-batch.ts';
import type { StreamStatus } from './stream-status.ts';

export interface PollDeps {
  readonly extractor: SourceExtractor;
  readonly store: StreamStore;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly status: StreamStatus;
  /** World time between two questions. */
  readonly everyMs: number;
}

/** Process time between two looks at the world's clock. */
const LOOK_EVERY_MS = 1_000;
const TIMEOUT_MS = 60_000;
const RETRY_MS = 30_000;
/** Days asked for again each time; a longer silence is asked for from its beginning. */
const DAYS_BACK = 2;

/** A source without a stream, asked again and again: rows that are stored already change nothing. Runs until the signal. */
export async function pollStream(
  { extractor, store, clock, timer, status, everyMs }: PollDeps,
  signal: AbortSignal,
): Promise<void> {
  let doneMs: TimeMs | undefined;
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    if (doneMs !== undefined && nowMs - doneMs < everyMs) {
      await timer.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      continue;
    }
    try {
      const startMs = startOfDayMs(Math.min(nowMs, doneMs ?? nowMs)) - DAYS_BACK * DAY_MS;
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const context = { nowMs, signal: deadline, remainingMs: () => TIMEOUT_MS, pricesSettled: Promise.resolve() };
      const { batches } = await extractor.extract({ startMs, endMs: nowMs }, context);
      await store.append(batches);
      doneMs = nowMs;
      status.state = 'up';
      status.messages += 1;
      status.lastEventMs = nowMs;
      status.problem = null;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof AppError) && !(error instanceof DOMException)) throw error;
      status.state = 'down';
      status.problem = error.message;
      await timer.sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }
}

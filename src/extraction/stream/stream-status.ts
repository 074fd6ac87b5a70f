import type { TimeMs } from '../../domain/index.ts';

/** How one stream is, and what it has met since it began. */
export interface StreamStatus {
  readonly name: string;
  state: 'connecting' | 'up' | 'down';
  /** Time of the newest event, null before the first. */
  lastEventMs: TimeMs | null;
  /** Up to here nothing is missing, stored or about to be; null where that is not known. */
  completeUntilMs: TimeMs | null;
  messages: number;
  /** Messages that wait to be read now. */
  queued: number;
  /** Messages that could not be read; they are left out. */
  invalid: number;
  /** Messages that a slow consumer did not get to. */
  dropped: number;
  /** Messages that a newer one replaced before they were read. */
  conflated: number;
  /** What came a second time. */
  duplicates: number;
  connections: number;
  /** Stretches that were missing and fetched over REST. */
  repairs: number;
  failedRepairs: number;
  stored: number;
  /** Why it is not up, or what the last trouble was. */
  problem: string | null;
}

export const newStatus = (name: string): StreamStatus => ({
  name,
  state: 'connecting',
  lastEventMs: null,
  completeUntilMs: null,
  messages: 0,
  queued: 0,
  invalid: 0,
  dropped: 0,
  conflated: 0,
  duplicates: 0,
  connections: 0,
  repairs: 0,
  failedRepairs: 0,
  stored: 0,
  problem: null,
});

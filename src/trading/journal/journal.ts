import type { JournalRecord } from './journal-record.ts';

/** A record with its place in the journal; numbers begin at 1 and have no gaps. */
export interface JournalEntry {
  readonly seq: number;
  readonly record: JournalRecord;
}

/**
 * The append-only source of truth of the order path. When `append` resolves, the records are durable, all of them, in
 * order; whatever they announce may then be done.
 */
export interface Journal {
  /** @returns sequence number of the last of `records` @throws InvariantError when they could not be made durable */
  append(records: readonly JournalRecord[]): Promise<number>;
  /** Everything that counts, from the newest checkpoint on. */
  entries(): AsyncIterable<JournalEntry>;
  /** Sequence number of the last record; 0 when empty. */
  readonly lastSeq: number;
  close(): Promise<void>;
}

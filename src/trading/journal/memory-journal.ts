import type { Journal, JournalEntry } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';

/** A journal for simulations that nobody resumes. It survives as long as the object does. */
export class MemoryJournal implements Journal {
  readonly #records: JournalRecord[] = [];

  get lastSeq(): number {
    return this.#records.length;
  }

  async append(records: readonly JournalRecord[]): Promise<number> {
    for (const record of records) this.#records.push(record);
    return this.#records.length;
  }

  async *entries(): AsyncGenerator<JournalEntry> {
    for (let i = 0; i < this.#records.length; i++) yield { seq: i + 1, record: this.#records[i]! };
  }

  async close(): Promise<void> {}
}

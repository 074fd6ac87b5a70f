import { expect, it } from 'vitest';
import type { Journal, JournalEntry } from './journal.ts';
import type { JournalRecord } from './journal-record.ts';

/** A record that is easy to tell from others. */
export const transferRecord = (n: number): JournalRecord => ({
  type: 'transfer',
  atMs: n,
  asset: 'USDT',
  amount: String(n),
  valueUsd: String(n),
  reason: `number ${n} "quoted" \n ünï`,
});

export async function readAll(journal: Journal): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const entry of journal.entries()) entries.push(entry);
  return entries;
}

/** What every journal has to do. */
export function describeJournal(open: () => Promise<Journal>): void {
  it('is empty at first', async () => {
    const journal = await open();
    expect(journal.lastSeq).toBe(0);
    expect(await readAll(journal)).toEqual([]);
    await journal.close();
  });

  it('gives back what was appended, in order, numbered without gaps', async () => {
    const journal = await open();
    expect(await journal.append([transferRecord(1)])).toBe(1);
    expect(await journal.append([transferRecord(2), transferRecord(3)])).toBe(3);
    expect(await readAll(journal)).toEqual([1, 2, 3].map((n) => ({ seq: n, record: transferRecord(n) })));
    expect(journal.lastSeq).toBe(3);
    await journal.close();
  });

  it('keeps appends that were not waited for in their order', async () => {
    const journal = await open();
    const seqs = await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append([transferRecord(i + 1)])));
    expect(seqs).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect((await readAll(journal)).map(({ record }) => record.atMs)).toEqual(seqs);
    await journal.close();
  });
}

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvariantError } from '../../domain/index.ts';
import type { JournalEntry } from './journal.ts';
import { FIRST_CHECKSUM, readLine } from './record-line.ts';

/** A segment's content: its whole lines, and where an interrupted write begins. */
export interface Segment {
  readonly entries: readonly JournalEntry[];
  /** Bytes up to the end of the last whole record. */
  readonly goodBytes: number;
  /** What an interrupted write left behind; empty as a rule. */
  readonly tornTail: Buffer;
  readonly checksum: number;
}

const NEWLINE = 0x0a;

/**
 * Reads one segment file. A tail without a newline is what a write that was cut short leaves: it was never announced as
 * durable and is reported apart. Anything else that does not fit is damage.
 * @throws InvariantError `journal.damaged` naming the record
 */
export async function readSegment(path: string, firstSeq: number): Promise<Segment> {
  const bytes = await readFile(path);
  const goodBytes = bytes.lastIndexOf(NEWLINE) + 1;
  const entries: JournalEntry[] = [];
  let checksum = FIRST_CHECKSUM;
  for (let from = 0; from < goodBytes; ) {
    const to = bytes.indexOf(NEWLINE, from);
    const seq = firstSeq + entries.length;
    const read = readLine(bytes.toString('utf8', from, to), seq, checksum);
    if ('problem' in read) throw damaged(path, seq, from, read.problem);
    entries.push({ seq, record: read.record });
    checksum = read.checksum;
    from = to + 1;
  }
  return { entries, goodBytes, tornTail: bytes.subarray(goodBytes), checksum };
}

const damaged = (path: string, seq: number, byte: number, problem: string): InvariantError =>
  new InvariantError('journal.damaged', `record ${seq} of the order journal cannot be believed: ${problem}`, {
    details: { file: path, seq, byte },
    hint: `Trading stays halted. Keep ${basename(path)}, restore the journal from the last verified backup (\`ets backup restore\`), then start again: trading halts where the exchange knows of more, and \`ets transfer\` books it.`,
  });

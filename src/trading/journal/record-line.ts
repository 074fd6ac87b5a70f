import { crc32 } from 'node:zlib';
import { type JournalRecord, journalRecordSchema } from './journal-record.ts';

/**
 * A record as a line of NDJSON. The checksum runs over the sequence number and the record and goes on from the line
 * before, so that a changed, missing or moved line does not fit.
 */
export function writeLine(
  seq: number,
  record: JournalRecord,
  previousChecksum: number,
): { readonly line: string; readonly checksum: number } {
  const text = JSON.stringify(record);
  const checksum = checksumOf(seq, text, previousChecksum);
  return { line: `{"seq":${seq},"crc":"${hex(checksum)}","record":${text}}\n`, checksum };
}

const LINE = /^\{"seq":(\d+),"crc":"([0-9a-f]{8})","record":(\{.*\})\}$/s;

/** What a line says, or why it cannot be believed. */
export type ReadLine =
  | { readonly seq: number; readonly record: JournalRecord; readonly checksum: number }
  | { readonly problem: string };

/** Reads a line that has to be number `seq` and to follow `previousChecksum`. */
export function readLine(line: string, seq: number, previousChecksum: number): ReadLine {
  const part = LINE.exec(line);
  if (part === null) return { problem: 'it is not a journal line' };
  const [, number, stated, text] = part as unknown as [string, string, string, string];
  if (Number(number) !== seq) return { problem: `it has number ${number} where ${seq} should stand` };
  const checksum = checksumOf(seq, text, previousChecksum);
  if (hex(checksum) !== stated) return { problem: `its checksum is ${stated}, its content gives ${hex(checksum)}` };
  const parsed = journalRecordSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return { problem: `its record is not understood: ${parsed.error.issues[0]?.message ?? ''}` };
  return { seq, record: parsed.data, checksum };
}

/** The checksum that begins every segment's chain. */
export const FIRST_CHECKSUM = 0;

const checksumOf = (seq: number, text: string, previous: number): number => crc32(`${seq}:${text}`, previous);
const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');

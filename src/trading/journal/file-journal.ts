import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvariantError } from '../../domain/index.ts';
import { AppendFile } from '../append-file.ts';
import { type CrashHook, type CrashPoint, noCrash } from '../crash-point.ts';
import { isCode, syncFolder } from '../durable-file.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { JournalRecord, LedgerSnapshot } from './journal-record.ts';
import { readSegment, type Segment } from './read-segment.ts';
import { FIRST_CHECKSUM, writeLine } from './record-line.ts';

export interface FileJournalOptions {
  /** A new segment begins once one is this large. */
  readonly segmentBytes?: number;
  readonly crash?: CrashHook;
}

const DEFAULT_SEGMENT_BYTES = 16 * 2 ** 20;
const SEGMENT = /^(\d{12})\.ndjson$/;
const ARCHIVE = 'archive';

/**
 * The order journal in a folder: segments of NDJSON named after their first record. Appending waits for the disk.
 * Records are numbered without gaps over all segments; a checkpoint begins a segment and stands for all before it.
 */
export class FileJournal implements Journal {
  readonly folder: string;
  /** Bytes of an interrupted write that were set aside when the journal was opened. */
  readonly repairedBytes: number;
  readonly #options: FileJournalOptions;
  #file: AppendFile;
  #entries: JournalEntry[] | undefined;
  #firstSeq: number;
  #lastSeq: number;
  #checksum: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, options: FileJournalOptions, state: OpenState) {
    this.folder = folder;
    this.#options = options;
    this.repairedBytes = state.tornTail.length;
    this.#file = state.file;
    this.#entries = state.entries;
    this.#firstSeq = state.entries[0]?.seq ?? 1;
    this.#lastSeq = state.lastSeq;
    this.#checksum = state.checksum;
  }

  /** Reads and verifies the journal, sets aside what an interrupted write left. @throws InvariantError `journal.damaged` */
  static async open(folder: string, options: FileJournalOptions = {}): Promise<FileJournal> {
    await mkdir(folder, { recursive: true });
    const read = await readJournal(folder);
    if (read.tornTail.length > 0) {
      await writeFile(join(folder, `${segmentName(read.lastSeq + 1)}.torn`), read.tornTail, { flush: true });
    }
    const file = await AppendFile.open(read.lastPath, read.lastGoodBytes, options.crash ?? noCrash);
    return new FileJournal(folder, options, { ...read, file });
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Records that count, from the newest checkpoint on. */
  get length(): number {
    return this.#lastSeq - this.#firstSeq + 1;
  }

  append(records: readonly JournalRecord[]): Promise<number> {
    return this.#inTurn(() => this.#append(records));
  }

  /** The first call hands over what opening read; later ones read the disk again. */
  async *entries(): AsyncGenerator<JournalEntry> {
    await this.#turn;
    const kept = this.#entries;
    this.#entries = undefined;
    yield* kept ?? (await readJournal(this.folder)).entries;
  }

  /**
   * Begins a new segment with the whole state and moves the older ones to `archive/`. Safe to interrupt at any moment:
   * the checkpoint counts once it is durable, and moving what it stands for is done again by the next call.
   * @param snapshot must be the state after the last record
   */
  compact(snapshot: LedgerSnapshot, atMs: number): Promise<void> {
    return this.#inTurn(async () => {
      const crash = this.#options.crash ?? noCrash;
      await this.#beginSegment();
      await crash('compact.before_checkpoint');
      await this.#append([{ type: 'checkpoint', atMs, ledger: snapshot }]);
      await crash('compact.after_checkpoint');
      const checkpoint = this.#file.path;
      const read = await readSegment(checkpoint, this.#lastSeq);
      if (read.entries[0]?.record.type !== 'checkpoint') {
        throw new InvariantError(
          'journal.checkpoint_not_written',
          `${checkpoint} does not begin with the checkpoint just written`,
        );
      }
      this.#firstSeq = this.#lastSeq;
      await this.#reached('journal.before_archive');
      await this.#archiveBefore(this.#lastSeq);
      await crash('compact.after_moves');
    });
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }

  async #append(records: readonly JournalRecord[]): Promise<number> {
    if (this.#file.size >= (this.#options.segmentBytes ?? DEFAULT_SEGMENT_BYTES)) await this.#beginSegment();
    let text = '';
    let checksum = this.#checksum;
    records.forEach((record, i) => {
      const written = writeLine(this.#lastSeq + 1 + i, record, checksum);
      text += written.line;
      checksum = written.checksum;
    });
    await this.#file.append(text);
    this.#entries = undefined;
    this.#checksum = checksum;
    this.#lastSeq += records.length;
    return this.#lastSeq;
  }

  /** The file before goes on being written to where the new one cannot be made. */
  async #beginSegment(): Promise<void> {
    if (this.#file.size === 0) return;
    const before = this.#file;
    this.#file = await AppendFile.open(segmentPath(this.folder, this.#lastSeq + 1), 0, this.#options.crash ?? noCrash);
    this.#checksum = FIRST_CHECKSUM;
    await before.close();
    await this.#reached('journal.segment_start');
  }

  async #reached(point: CrashPoint): Promise<void> {
    await this.#options.crash?.(point);
  }

  async #archiveBefore(firstSeq: number): Promise<void> {
    const old = (await listSegments(this.folder)).filter((seq) => seq < firstSeq);
    if (old.length === 0) return;
    const archive = join(this.folder, ARCHIVE);
    await mkdir(archive, { recursive: true });
    for (const seq of old) {
      await rename(segmentPath(this.folder, seq), segmentPath(archive, seq));
      await this.#options.crash?.('compact.between_moves');
      await this.#reached('journal.after_move');
    }
    await syncFolder(archive);
    await syncFolder(this.folder);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }
}

/** A journal folder as it stands on disk, verified. */
export interface JournalContent {
  /** From the newest checkpoint on. */
  readonly entries: JournalEntry[];
  readonly lastSeq: number;
  readonly tornTail: Buffer;
}

interface JournalOnDisk extends JournalContent {
  readonly lastPath: string;
  readonly lastGoodBytes: number;
  readonly checksum: number;
}

interface OpenState extends JournalContent {
  readonly file: AppendFile;
  readonly checksum: number;
}

/**
 * Reads a journal without changing it; a daemon may be writing to it, or compacting it, meanwhile.
 * @throws InvariantError `journal.damaged`, `journal.records_missing`
 */
export async function readJournal(folder: string): Promise<JournalOnDisk> {
  try {
    return await readSegments(folder);
  } catch (error) {
    // A compaction moved a segment away between listing and reading: what it wrote instead is there by now.
    if (!isCode(error, 'ENOENT')) throw error;
    return readSegments(folder);
  }
}

/**
 * Every record that was ever written and is still there, in order: those that a compaction archived, then those that
 * count. A checkpoint is left out where the records that it stands for are there.
 * @throws InvariantError `journal.damaged`
 */
export async function readWholeJournal(folder: string): Promise<JournalEntry[]> {
  try {
    return await readAllSegments(folder);
  } catch (error) {
    // As in `readJournal`.
    if (!isCode(error, 'ENOENT')) throw error;
    return readAllSegments(folder);
  }
}

async function readAllSegments(folder: string): Promise<JournalEntry[]> {
  const archive = join(folder, ARCHIVE);
  const paths = new Map<number, string>();
  for (const place of [folder, archive]) for (const seq of await listSegments(place)) paths.set(seq, segmentPath(place, seq));
  let entries: JournalEntry[] = [];
  let lastSeq = 0;
  for (const [firstSeq, path] of [...paths].sort(([a], [b]) => a - b)) {
    const segment = await readSegment(path, firstSeq);
    const isCheckpoint = segment.entries[0]?.record.type === 'checkpoint';
    if (firstSeq !== lastSeq + 1) entries = [];
    // What begins in the middle, since what was before is gone, means nothing.
    if (segment.entries.length === 0 || (entries.length === 0 && firstSeq !== 1 && !isCheckpoint)) continue;
    for (const entry of isCheckpoint && entries.length > 0 ? segment.entries.slice(1) : segment.entries) entries.push(entry);
    lastSeq = firstSeq + segment.entries.length - 1;
  }
  return entries;
}

async function readSegments(folder: string): Promise<JournalOnDisk> {
  const firstSeqs = await listSegments(folder);
  const segments: (Segment & { readonly firstSeq: number })[] = [];
  // From the newest back to the checkpoint that stands for all before it.
  for (const firstSeq of firstSeqs.toReversed()) {
    const segment = await readSegment(segmentPath(folder, firstSeq), firstSeq);
    segments.unshift({ ...segment, firstSeq });
    if (segment.entries[0]?.record.type === 'checkpoint') break;
  }
  const entries: JournalEntry[] = [];
  let last: Segment = { entries: [], goodBytes: 0, tornTail: Buffer.alloc(0), checksum: FIRST_CHECKSUM };
  let lastFirstSeq = 1;
  let nextSeq = segments[0]?.firstSeq ?? 1;
  for (const segment of segments) {
    // What was made for a segment that was never begun.
    if (segment.firstSeq < nextSeq && segment.entries.length === 0 && segment.tornTail.length === 0) continue;
    if (segment.firstSeq !== nextSeq || last.tornTail.length > 0) throw missing(folder, nextSeq, segment.firstSeq);
    for (const entry of segment.entries) entries.push(entry);
    last = segment;
    lastFirstSeq = segment.firstSeq;
    nextSeq = segment.firstSeq + segment.entries.length;
  }
  if (entries.length > 0 && entries[0]!.seq !== 1 && entries[0]!.record.type !== 'checkpoint') {
    throw missing(folder, 1, entries[0]!.seq);
  }
  return {
    entries,
    lastSeq: nextSeq - 1,
    tornTail: last.tornTail,
    lastPath: segmentPath(folder, lastFirstSeq),
    lastGoodBytes: last.goodBytes,
    checksum: last.checksum,
  };
}

const missing = (folder: string, expected: number, found: number): InvariantError =>
  new InvariantError('journal.records_missing', `records ${expected} to ${found - 1} of the order journal are missing`, {
    details: { folder, expected, found },
    hint: 'Trading stays halted. Restore the journal from the last verified backup (`ets backup restore`), then start again.',
  });

async function listSegments(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names
      .flatMap((name) => SEGMENT.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

const segmentName = (firstSeq: number): string => String(firstSeq).padStart(12, '0');
const segmentPath = (folder: string, firstSeq: number): string => join(folder, `${segmentName(firstSeq)}.ndjson`);

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
  #lastSeq: number;
  #checksum: number;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, options: FileJournalOptions, state: OpenState) {
    this.folder = folder;
    this.#options = options;
    this.repairedBytes = state.tornTail.length;
    this.#file = state.file;
    this.#entries = state.entries;
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
      await this.#beginSegment();
      await this.#append([{ type: 'checkpoint', atMs, ledger: snapshot }]);
      const checkpoint = this.#file.path;
      const read = await readSegment(checkpoint, this.#lastSeq);
      if (read.entries[0]?.record.type !== 'checkpoint') {
        throw new InvariantError(
          'journal.checkpoint_not_written',
          `${checkpoint} does not begin with the checkpoint just written`,
        );
      }
      await this.#reached('journal.before_archive');
      await this.#archiveBefore(this.#lastSeq);
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

  async #beginSegment(): Promise<void> {
    if (this.#file.size === 0) return;
    await this.#file.close();
    this.#file = await AppendFile.open(segmentPath(this.folder, this.#lastSeq + 1), 0, this.#options.crash ?? noCrash);
    this.#checksum = FIRST_CHECKSUM;
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
      await rename(segmentPath(this.folder, seq), join(archive, `${segmentName(seq)}.ndjson`));
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

async function readSegments(folder: string): Promise<JournalOnDisk> {
  const firstSeqs = await listSegments(folder);
  let entries: JournalEntry[] = [];
  let segment: Segment = { entries: [], goodBytes: 0, tornTail: Buffer.alloc(0), checksum: FIRST_CHECKSUM };
  let nextSeq = firstSeqs[0] ?? 1;
  for (const firstSeq of firstSeqs) {
    if (firstSeq !== nextSeq || segment.tornTail.length > 0) throw missing(folder, nextSeq, firstSeq);
    segment = await readSegment(segmentPath(folder, firstSeq), firstSeq);
    if (segment.entries[0]?.record.type === 'checkpoint') entries = [];
    for (const entry of segment.entries) entries.push(entry);
    nextSeq = firstSeq + segment.entries.length;
  }
  if (nextSeq > 1 && entries.length > 0 && entries[0]!.seq !== 1 && entries[0]!.record.type !== 'checkpoint') {
    throw missing(folder, 1, entries[0]!.seq);
  }
  const lastPath = segmentPath(folder, firstSeqs.at(-1) ?? 1);
  return {
    entries,
    lastSeq: nextSeq - 1,
    tornTail: segment.tornTail,
    lastPath,
    lastGoodBytes: segment.goodBytes,
    checksum: segment.checksum,
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

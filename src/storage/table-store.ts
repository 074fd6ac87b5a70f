import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type RowBatch, type SeriesInfo, type TimeMs } from '../domain/index.ts';
import { replaceAtomically } from './atomic-file.ts';
import { damagedPart } from './damaged-part.ts';
import type { Duck } from './duck.ts';
import {
  type DroppedMark,
  emptyManifest,
  MANIFEST_FILE,
  type Manifest,
  type Part,
  parseManifest,
  readManifestText,
  type SeriesEntry,
  sha256,
  writeManifest,
} from './manifest.ts';
import { mergeRevisions } from './merge-revisions.ts';
import { extendEntry } from './series-entry.ts';
import { checkBatch, readSeriesFiles, writeSeriesFile } from './series-file.ts';
import { isSameTable, joinTables, pickTableRows, type SeriesTable } from './series-table.ts';

/** What an append did. `stored` counts new rows and revisions, `revised` the latter alone. */
export interface AppendResult {
  readonly dataset: string;
  readonly series: string;
  readonly rows: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly revised: number;
}

interface Loaded {
  readonly files: readonly string[];
  readonly table: SeriesTable;
}

/** What a commit is about to switch to. */
interface Draft {
  readonly series: Map<string, { entry: SeriesEntry; table: SeriesTable }>;
  readonly written: string[];
}

const READ_ATTEMPTS = 20;

/**
 * One table: a directory with a manifest and Parquet files below it. Reading takes no lock: files never change, and when
 * a compaction took one away meanwhile the manifest has a new version and the read begins again. All that writes is to
 * be called under the commit lock.
 */
export class TableStore {
  readonly name: string;
  readonly directory: string;
  readonly #duck: Duck;
  readonly #loaded = new Map<string, Loaded>();
  readonly #checked = new Set<string>();
  #manifest: { readonly text: string | undefined; readonly manifest: Manifest };
  #isSwept = false;

  constructor(name: string, directory: string, duck: Duck) {
    this.name = name;
    this.directory = directory;
    this.#duck = duck;
    this.#manifest = { text: undefined, manifest: emptyManifest(name) };
  }

  /** The manifest as it stands now. */
  async manifest(): Promise<Manifest> {
    const text = await readManifestText(this.directory);
    if (text !== this.#manifest.text) {
      const manifest = text === undefined ? emptyManifest(this.name) : parseManifest(text, this.directory);
      this.#manifest = { text, manifest };
      for (const series of this.#loaded.keys()) if (!manifest.series[series]) this.#loaded.delete(series);
    }
    return this.#manifest.manifest;
  }

  /** Runs `read` on a manifest whose files are all there. */
  async read<T>(read: (manifest: Manifest) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const manifest = await this.manifest();
      try {
        return await read(manifest);
      } catch (error) {
        if (attempt >= READ_ATTEMPTS || (await this.manifest()) === manifest) throw error;
      }
    }
  }

  /** All revisions of a series of `manifest`. @throws DataError `storage.partition_damaged`, `storage.partition_missing` */
  async load(manifest: Manifest, series: string): Promise<SeriesTable | undefined> {
    const entry = manifest.series[series];
    if (!entry) return undefined;
    const files = entry.parts.map((part) => part.file);
    const known = this.#loaded.get(series);
    const isPrefix =
      known !== undefined && known.files.length <= files.length && known.files.every((file, i) => file === files[i]);
    const missing = isPrefix ? entry.parts.slice(known.files.length) : entry.parts;
    if (isPrefix && missing.length === 0) return known.table;
    const fresh = await this.#readParts(missing, entry);
    const table = isPrefix ? joinTables(known.table, fresh) : fresh;
    this.#loaded.set(series, { files, table });
    return table;
  }

  async #readParts(parts: readonly Part[], entry: SeriesEntry): Promise<SeriesTable> {
    for (const part of parts) await this.checkPart(part);
    const paths = parts.map((part) => join(this.directory, part.file));
    try {
      return await readSeriesFiles(this.#duck, paths, entry);
    } catch (error) {
      throw damagedPart(paths.join(', '), error);
    }
  }

  /** Compares a file with its checksum, once. @throws DataError `storage.partition_damaged`, `storage.partition_missing` */
  async checkPart(part: Part, isRepeated = false): Promise<void> {
    if (this.#checked.has(part.file) && !isRepeated) return;
    const path = join(this.directory, part.file);
    const content = await readFile(path).catch((cause: unknown) => {
      throw new DataError('storage.partition_missing', `${path} is missing or cannot be read`, {
        hint: "Restore it from a backup. Without one, move the table's directory away and import its data again.",
        details: { path },
        cause,
      });
    });
    if (sha256(content) !== part.sha256) throw damagedPart(path);
    this.#checked.add(part.file);
  }

  /** Changes when a file of the table is another one, or was changed: names, sizes and times, not contents. */
  async stamp(): Promise<string> {
    const names = await readdir(this.directory, { recursive: true }).catch(() => [] as string[]);
    const files = names.filter((name) => name === MANIFEST_FILE || name.endsWith('.parquet')).sort();
    const stats = await Promise.all(files.map((name) => stat(join(this.directory, name)).catch(() => undefined)));
    return files
      .map((name, i) => `${name} ${stats[i]?.size} ${stats[i]?.mtimeMs} ${stats[i]?.ctimeMs} ${stats[i]?.ino}`)
      .join('\n');
  }

  /** Merges batches into the table: all of them, or none. */
  async append(batches: readonly RowBatch[], recordedMs: TimeMs, restate: boolean): Promise<AppendResult[]> {
    for (const batch of batches) checkBatch(batch);
    const manifest = await this.manifest();
    await this.#sweep(manifest);
    const draft: Draft = { series: new Map(), written: [] };
    const results: AppendResult[] = [];
    try {
      for (const batch of batches) results.push(await this.#appendOne(draft, manifest, batch, recordedMs, restate));
    } catch (error) {
      for (const file of draft.written) await rm(join(this.directory, file), { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#commit(manifest, draft);
    return results;
  }

  async #appendOne(
    draft: Draft,
    manifest: Manifest,
    batch: RowBatch,
    recordedMs: TimeMs,
    restate: boolean,
  ): Promise<AppendResult> {
    const { dataset, series } = batch;
    const pending = draft.series.get(series);
    const stored = pending?.table ?? (await this.load(manifest, series));
    const others = [...Object.entries(manifest.series), ...[...draft.series].map(([name, one]) => [name, one.entry] as const)];
    const entry = extendEntry(pending?.entry ?? manifest.series[series], batch, others, restate);
    const { added, table, duplicates, revised } = mergeRevisions(stored, batch, { recordedMs, restate });
    const result = { dataset, series, rows: batch.timeMs.length, stored: added.rows, duplicates, revised };
    if (added.rows === 0) return result;
    const part = await this.#writePart(entry.directory, batch, batch.source, added);
    draft.written.push(part.file);
    draft.series.set(series, { entry: { ...entry, parts: [...entry.parts, part] }, table });
    return result;
  }

  async #commit(manifest: Manifest, draft: Draft): Promise<void> {
    if (draft.series.size === 0) return;
    const changed = Object.fromEntries([...draft.series].map(([name, { entry }]) => [name, entry]));
    await this.#switchTo({ ...manifest, version: manifest.version + 1, series: { ...manifest.series, ...changed } });
    for (const [series, { entry, table }] of draft.series) {
      this.#loaded.set(series, { files: entry.parts.map((part) => part.file), table });
    }
  }

  /** A switch that fails may have happened all the same: what it would have owned is left to the next sweep. */
  async #switchTo(manifest: Manifest): Promise<void> {
    this.#isSwept = false;
    const text = await writeManifest(this.directory, manifest);
    this.#isSwept = true;
    this.#manifest = { text, manifest };
  }

  async #writePart(directory: string, info: SeriesInfo, source: string, table: SeriesTable): Promise<Part> {
    let content: Buffer | undefined;
    const write = async (temporary: string) => {
      await writeSeriesFile(this.#duck, temporary, info, source, table);
      content = await readFile(temporary);
    };
    return this.#putPart(directory, write, () => content, table.rows);
  }

  async #putPart(
    directory: string,
    write: (path: string) => Promise<void>,
    content: () => Buffer | undefined,
    rows: number,
  ): Promise<Part> {
    const staged = join(this.directory, directory, `part-${randomUUID()}.parquet`);
    await replaceAtomically(staged, write);
    const bytes = content() ?? (await readFile(staged));
    const file = staged.slice(this.directory.length + 1);
    this.#checked.add(file);
    return { file, sha256: sha256(bytes), rows, bytes: bytes.length };
  }

  /** Replaces the whole table by one series in one file. */
  async replace(entry: SeriesEntry, series: string, rows: number, write: (path: string) => Promise<void>): Promise<void> {
    const manifest = await this.manifest();
    await this.#sweep(manifest);
    const part = await this.#putPart(entry.directory, write, () => undefined, rows);
    await this.#switchTo({ ...manifest, version: manifest.version + 1, series: { [series]: { ...entry, parts: [part] } } });
    this.#loaded.clear();
    await this.sweepAgain();
  }

  /**
   * Makes one file of a series that has more than `maxParts`: written, read back and compared, manifest switched, and
   * only then the old files deleted. Every revision stays. @returns the names of the series that were compacted
   */
  async compact(maxParts: number, source: (paths: readonly string[], target: string) => Promise<void>): Promise<string[]> {
    const before = await this.manifest();
    await this.#sweep(before);
    const crowded = Object.entries(before.series).filter(([, entry]) => entry.parts.length > maxParts);
    for (const [series] of crowded) {
      const manifest = await this.manifest();
      await this.#rewrite(manifest, series, source, (await this.load(manifest, series))!);
    }
    if (crowded.length > 0) await this.sweepAgain();
    return crowded.map(([series]) => series);
  }

  /**
   * Takes the rows of one series away that are not `isKept`, all their revisions: what stays is written, read back and
   * compared, the manifest switched, and only then the old files deleted. @returns how many rows went
   */
  async drop(
    series: string,
    isKept: (table: SeriesTable, row: number) => boolean,
    source: (paths: readonly string[], target: string) => Promise<void>,
    mark: DroppedMark,
  ): Promise<number> {
    const manifest = await this.manifest();
    await this.#sweep(manifest);
    const table = await this.load(manifest, series);
    if (!table) return 0;
    const rows = Array.from({ length: table.rows }, (_, row) => row).filter((row) => isKept(table, row));
    if (rows.length === table.rows) return 0;
    const marked = { ...manifest, dropped: { ...manifest.dropped, [series]: mark } };
    if (rows.length > 0) await this.#rewrite(marked, series, source, pickTableRows(table, rows));
    else {
      const { [series]: _, ...others } = manifest.series;
      await this.#switchTo({ ...marked, version: manifest.version + 1, series: others });
      this.#loaded.delete(series);
    }
    await this.sweepAgain();
    return table.rows - rows.length;
  }

  /** Puts one file, made of all files of a series, in their place once it holds what is `expected`. */
  async #rewrite(
    manifest: Manifest,
    series: string,
    source: (paths: readonly string[], target: string) => Promise<void>,
    expected: SeriesTable,
  ): Promise<void> {
    const entry = manifest.series[series]!;
    const paths = entry.parts.map((part) => join(this.directory, part.file));
    const write = (target: string) => source(paths, target);
    const part = await this.#putPart(entry.directory, write, () => undefined, expected.rows);
    const merged = { ...entry, parts: [part] };
    const written = await readSeriesFiles(this.#duck, [join(this.directory, part.file)], merged);
    if (!isSameTable(written, expected)) throw damagedPart(join(this.directory, part.file));
    await this.#switchTo({ ...manifest, version: manifest.version + 1, series: { ...manifest.series, [series]: merged } });
    this.#loaded.set(series, { files: [part.file], table: expected });
  }

  /** Removes what a crash left: files below the table that its manifest does not own. Once per process. */
  async #sweep(manifest: Manifest): Promise<void> {
    if (this.#isSwept) return;
    const owned = new Set(Object.values(manifest.series).flatMap((entry) => entry.parts.map((part) => part.file)));
    const names = await readdir(this.directory, { recursive: true }).catch(() => [] as string[]);
    for (const name of names) {
      if (owned.has(name) || name === MANIFEST_FILE || !/\.(parquet|tmp)$/.test(name)) continue;
      const path = join(this.directory, name);
      if ((await stat(path).catch(() => undefined))?.isFile()) await rm(path, { force: true });
    }
    this.#isSwept = true;
  }

  /** Sweeps now and, where that fails, at the next commit. */
  async sweepAgain(): Promise<void> {
    this.#isSwept = false;
    await this.#sweep(await this.manifest());
  }
}

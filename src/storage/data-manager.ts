import { join } from 'node:path';
import {
  type Clock,
  type DatasetName,
  type Frame,
  type KnownSeries,
  type RowBatch,
  systemTimer,
  type TimeMs,
  type Timer,
} from '../domain/index.ts';
import { acquireCommitLock } from './commit-lock.ts';
import { latestVerdicts, type StoredVerdict, verdictBatches } from './day-verdicts.ts';
import { Duck } from './duck.ts';
import { exportTable, mergeSeriesFiles } from './export-table.ts';
import { readFeatureTable, type StoredFeatures, writeFeatureTable } from './feature-table.ts';
import { type DroppedMark, sha256 } from './manifest.ts';
import { type QuarantinedRow, quarantineBatch, quarantinedRows, type RefusedRow } from './quarantine-rows.ts';
import { type ReadOptions, SeriesReader } from './series-reader.ts';
import type { SeriesSummary } from './summarize-series.ts';
import type { AppendResult, TableStore } from './table-store.ts';
import { TableVerifier } from './table-verifier.ts';
import { checkDatasetName, FEATURES, INTERNAL, QUARANTINE, Tables, VERDICTS } from './tables.ts';
import type { Problem } from './verify-tables.ts';
import { checkDataDirectory, checkWorld, prepareDataDirectory, type World } from './world.ts';

export interface DataManagerDeps {
  readonly clock: Clock;
  /** The real timer unless told. */
  readonly timer?: Timer;
  /** Whose data this process writes: the real world's unless told. */
  readonly world?: World;
}

/** Exactly which files a table consisted of: what a decision record names as its input. */
export interface TableManifest {
  readonly partitions: readonly { readonly file: string; readonly sha256: string; readonly rows: number }[];
  readonly hash: string;
}

/** Which rows are to go: those of the dataset that ended before a time; refused rows, that were recorded before it. */
export interface DropRequest {
  readonly dataset: DatasetName;
  /** Every series unless told. */
  readonly isSeries?: (series: string) => boolean;
  readonly beforeMs: TimeMs;
}

/** Rows that a series lost, revisions counted. */
export interface DroppedRows {
  readonly dataset: string;
  readonly series: string;
  readonly rows: number;
}

/** A series with so many files is compacted by the next commit. */
const MAX_PARTS = 64;

/**
 * All that is stored in one data directory. Rows are never overwritten: a correction is a revision, so what was known at
 * any time can be read again. Writing takes a lock between processes for one commit; reading takes none.
 */
export class DataManager {
  readonly dataDir: string;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #world: World;
  readonly #duck = new Duck();
  readonly #tables: Tables;
  readonly #reader: SeriesReader;
  readonly #verifier: TableVerifier;
  #lastCommit: Promise<unknown> = Promise.resolve();

  private constructor(dataDir: string, deps: DataManagerDeps) {
    this.dataDir = dataDir;
    this.#clock = deps.clock;
    this.#timer = deps.timer ?? systemTimer;
    this.#world = deps.world ?? { kind: 'real' };
    this.#tables = new Tables(dataDir, this.#duck);
    this.#reader = new SeriesReader(this.#tables);
    this.#verifier = new TableVerifier(this.#timer);
  }

  /**
   * Opens a data directory; nothing is written before the first append.
   * @throws ConfigError `storage.not_a_directory`, or `storage.other_world` where `deps.world` is given and another one is stored
   */
  static async open(dataDir: string, deps: DataManagerDeps): Promise<DataManager> {
    await checkDataDirectory(dataDir);
    if (deps.world) await checkWorld(dataDir, deps.world);
    return new DataManager(dataDir, deps);
  }

  /**
   * Stores rows: one commit per dataset, all of its batches or none. A commit that was cut short is made good by the same
   * append again: rows that are there already are duplicates.
   * @throws DataError `storage.batch_invalid`, `storage.series_changed`, `storage.column_type_changed`,
   * `storage.disk_full`, `storage.write_failed`, `storage.busy`; ConfigError `storage.other_world`, `storage.not_writable`
   */
  async append(batches: readonly RowBatch[], options: { readonly restate?: boolean } = {}): Promise<AppendResult[]> {
    for (const { dataset } of batches) checkDatasetName(dataset);
    return this.#append(batches, options.restate ?? false);
  }

  async #append(batches: readonly RowBatch[], restate: boolean): Promise<AppendResult[]> {
    if (batches.length === 0) return [];
    return this.#commit(async () => {
      const results: AppendResult[] = new Array(batches.length);
      for (const dataset of new Set(batches.map((one) => one.dataset))) {
        const places = [...batches.keys()].filter((place) => batches[place]!.dataset === dataset);
        const table = this.#tables.of(dataset);
        const done = await table.append(
          places.map((place) => batches[place]!),
          this.#clock.nowMs(),
          restate,
        );
        for (const [index, place] of places.entries()) results[place] = done[index]!;
        await this.#compactTable(table, MAX_PARTS);
      }
      return results;
    });
  }

  /** A series as one cut sees it; `undefined` where nothing of it is stored. */
  readSeries(dataset: DatasetName, series: string, options: ReadOptions = {}): Promise<KnownSeries | undefined> {
    return this.#reader.series(dataset, series, options);
  }

  /** Every series of a dataset, by name. */
  readDataset(dataset: DatasetName, options: ReadOptions = {}): Promise<KnownSeries[]> {
    return this.#reader.dataset(dataset, options);
  }

  /** Datasets that have a table, the user's own included. */
  listDatasets(): Promise<DatasetName[]> {
    return this.#tables.datasets();
  }

  /** What is stored of every series: rows, revisions, first, last, gaps. */
  listSeries(): Promise<SeriesSummary[]> {
    return this.#reader.summaries();
  }

  /** Keeps rows that were refused, with the reason; the same row of the same source once. */
  async quarantine(rows: readonly RefusedRow[]): Promise<void> {
    if (rows.length > 0) await this.#append([quarantineBatch(rows)], false);
  }

  /** How many rows are kept that were refused; reads the manifest alone. */
  async quarantinedCount(): Promise<number> {
    const { series } = await this.#tables.of(QUARANTINE).manifest();
    return Object.values(series)
      .flatMap(({ parts }) => parts)
      .reduce((sum, { rows }) => sum + rows, 0);
  }

  async readQuarantine(dataset?: DatasetName): Promise<QuarantinedRow[]> {
    const table = this.#tables.of(QUARANTINE);
    return table.read(async (manifest) => {
      const stored = await table.load(manifest, QUARANTINE);
      return stored ? quarantinedRows(stored, dataset) : [];
    });
  }

  /** Keeps what validation says about days; a new verdict is a revision of the former. */
  async writeVerdicts(verdicts: readonly StoredVerdict[]): Promise<void> {
    await this.#append(verdictBatches(verdicts), false);
  }

  /** The latest verdict of each day, of one dataset or of all. */
  async readVerdicts(dataset?: DatasetName): Promise<StoredVerdict[]> {
    const table = this.#tables.of(VERDICTS);
    return table.read(async (manifest) => {
      const wanted = dataset === undefined ? Object.keys(manifest.series).sort() : [dataset];
      const verdicts: StoredVerdict[] = [];
      for (const name of wanted) {
        const stored = await table.load(manifest, name);
        if (stored) verdicts.push(...latestVerdicts(name, stored));
      }
      return verdicts;
    });
  }

  /** Replaces the stored table of features. They can be made again from the raw tables, so there are no revisions. */
  async writeFeatures(frame: Frame, codeHash: string): Promise<void> {
    await this.#commit(() => writeFeatureTable(this.#tables.of(FEATURES), this.#duck, { frame, codeHash }));
  }

  async readFeatures(options: { readonly fromMs?: TimeMs; readonly toMs?: TimeMs } = {}): Promise<StoredFeatures | undefined> {
    return readFeatureTable(this.#tables.of(FEATURES), this.#duck, options.fromMs, options.toMs);
  }

  /**
   * Writes a dataset, or `featured_data`, as one plain file at `path` (.parquet or .csv), the latest revision of each row.
   * @throws ConfigError `storage.export_format`; DataError `storage.nothing_stored`
   */
  async export(what: DatasetName, path: string): Promise<{ readonly path: string; readonly rows: number }> {
    const { rows } = await exportTable(this.#tables.of(what), this.#duck, path, what === FEATURES);
    return { path, rows };
  }

  /** Which files each dataset consists of now. */
  async manifest(): Promise<Readonly<Record<string, TableManifest>>> {
    const tables: Record<string, TableManifest> = {};
    for (const dataset of await this.#tables.datasets()) {
      const { series } = await this.#tables.of(dataset).manifest();
      const partitions = Object.keys(series)
        .sort()
        .flatMap((name) => series[name]!.parts.map(({ file, sha256: sum, rows }) => ({ file, sha256: sum, rows })));
      tables[dataset] = { partitions, hash: sha256(partitions.map((one) => one.sha256).join('\n')) };
    }
    return tables;
  }

  /** Checks everything that is stored: checksums, order, keys, manifests against files. */
  async verify(): Promise<{ readonly ok: boolean; readonly problems: readonly Problem[] }> {
    this.#verifier.forget();
    return this.verifyChanged();
  }

  /** As `verify`, of the tables that changed since they were found intact: cheap enough to be asked every few minutes. */
  async verifyChanged(): Promise<{ readonly ok: boolean; readonly problems: readonly Problem[] }> {
    const problems: Problem[] = [];
    for (const name of [...(await this.#tables.datasets()), ...INTERNAL]) {
      problems.push(...(await this.#verifier.problemsOf(this.#tables.of(name), name === FEATURES)));
    }
    return { ok: problems.length === 0, problems };
  }

  /** Makes one file of each series. Idempotent; every revision stays. @returns the series that had more than one file */
  async compact(dataset?: DatasetName): Promise<{ readonly dataset: string; readonly series: string }[]> {
    const names = dataset === undefined ? [...(await this.#tables.datasets()), QUARANTINE, VERDICTS] : [dataset];
    return this.#commit(async () => {
      const compacted: { dataset: string; series: string }[] = [];
      for (const name of names) {
        for (const series of await this.#compactTable(this.#tables.of(name), 1)) compacted.push({ dataset: name, series });
      }
      return compacted;
    });
  }

  /**
   * Takes old rows away for good, each with all of its revisions. What was dropped, and when, stays in the manifest.
   * @returns the series that lost rows, and how many
   */
  async drop({ dataset, isSeries = () => true, beforeMs }: DropRequest): Promise<DroppedRows[]> {
    // Refused rows have no time of their own.
    const column = dataset === QUARANTINE ? ('recordedMs' as const) : ('endMs' as const);
    const table = this.#tables.of(dataset);
    const kept = { column, fromMs: beforeMs };
    return this.#commit(async () => {
      const dropped: DroppedRows[] = [];
      for (const series of Object.keys((await table.manifest()).series).filter(isSeries)) {
        const rows = await table.drop(
          series,
          (stored, row) => stored[column][row]! >= beforeMs,
          (paths, target) => mergeSeriesFiles(this.#duck, paths, target, kept),
          { beforeMs, atMs: this.#clock.nowMs() },
        );
        if (rows > 0) dropped.push({ dataset, series, rows });
      }
      return dropped;
    });
  }

  /** What was ever taken away by `drop`, by dataset and series. */
  async readDropped(): Promise<(DroppedMark & { readonly dataset: string; readonly series: string })[]> {
    const all: (DroppedMark & { readonly dataset: string; readonly series: string })[] = [];
    for (const dataset of await this.#tables.datasets()) {
      const { dropped = {} } = await this.#tables.of(dataset).manifest();
      for (const [series, mark] of Object.entries(dropped)) all.push({ dataset, series, ...mark });
    }
    return all;
  }

  /** Waits for a commit that is under way and lets go of DuckDB. */
  async close(): Promise<void> {
    await this.#lastCommit.catch(() => undefined);
    await this.#duck.close();
  }

  #compactTable(table: TableStore, maxParts: number): Promise<string[]> {
    return table.compact(maxParts, (paths, target) => mergeSeriesFiles(this.#duck, paths, target));
  }

  async #commit<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastCommit
      .catch(() => undefined)
      .then(async () => {
        await checkDataDirectory(this.dataDir);
        await checkWorld(this.dataDir, this.#world);
        const release = await acquireCommitLock(join(this.dataDir, '.lock'), { timer: this.#timer });
        try {
          await prepareDataDirectory(this.dataDir, this.#world);
          return await work();
        } finally {
          await release();
        }
      });
    this.#lastCommit = turn;
    return turn;
  }
}

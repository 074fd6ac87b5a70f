import type { Clock, DatasetName, RowBatch, TimeMs, VolumeUnit } from '../../domain/index.ts';
import type { QuarantinedRow } from '../validation/index.ts';
import type { TimeUnit } from './parse-time.ts';

/** What an append did to one series. `stored` counts new rows and revisions, `duplicates` rows that were there already. */
interface StoredCounts {
  readonly dataset: string;
  readonly series: string;
  readonly rows: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly revised: number;
}

/** All that ingest needs of the storage. */
interface IngestStore {
  append(batches: readonly RowBatch[]): Promise<readonly StoredCounts[]>;
  quarantine(rows: readonly QuarantinedRow[]): Promise<unknown>;
}

export interface IngestDeps {
  readonly store: IngestStore;
  readonly clock: Clock;
}

/** What a person may say about a file; each settles something that the file may leave open. */
export interface IngestOptions {
  /** Dataset to fill; a name of one's own makes a dataset of all numeric columns. */
  readonly dataset?: string;
  /** Who quoted the prices: `binance`, `yahoo`, `kraken`, ... */
  readonly venue?: string;
  /** What `volume` counts. */
  readonly volumeUnit?: VolumeUnit;
  /** Unit of a numeric time column, or the order of day and month. */
  readonly timeUnit?: TimeUnit;
  /** Full name of the series, `source:subject:interval`. */
  readonly series?: string;
  /** Pair of a price file, `ETHUSDT`. */
  readonly symbol?: string;
  /** One character, or `\t`. */
  readonly delimiter?: string;
  /** Spacing of the rows, `5m`, `1h`, `1d`. */
  readonly interval?: string;
  /** Name of the time column. */
  readonly timeColumn?: string;
  /** Column of the dataset that a lone `Value` column holds. */
  readonly column?: string;
  /** Names for the columns of a file without a header line. */
  readonly columns?: readonly string[];
  /** Which table of a database or dump. */
  readonly table?: string;
  /** Columns to store of a dataset of one's own: its name for each, and the name in the file. All numeric ones unless told. */
  readonly rename?: Readonly<Record<string, string>>;
  /** How long after its interval's end a row of a dataset of one's own is known, in milliseconds. */
  readonly knownAfterMs?: number;
  /** Values outside are an error in their row; for datasets of one's own. */
  readonly limits?: { readonly min?: number; readonly max?: number };
}

/**
 * What became of the rows of one series of a file; `rows = stored + duplicates + quarantined + skipped`. `skipped` are
 * rows that are well but are not about what the series holds (other currencies), always said in `warnings`.
 */
export interface FileReport {
  readonly file: string;
  readonly dataset: DatasetName;
  readonly series: string;
  readonly profile: string;
  readonly rows: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly skipped: number;
  /** Time of the first and last accepted row, null where there is none. */
  readonly firstMs: TimeMs | null;
  readonly lastMs: TimeMs | null;
  readonly warnings: readonly string[];
}

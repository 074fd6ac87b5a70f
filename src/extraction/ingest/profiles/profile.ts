import type { DatasetName, PublicationKind, SeriesInfo } from '../../../domain/index.ts';
import type { IngestOptions } from '../ingest-types.ts';
import type { RawTable } from '../raw-table.ts';

/** One column of a file that fills one column of a dataset. */
export interface ColumnMap {
  /** Name in the file, as `normalizeName` writes it. */
  readonly from: string;
  readonly to: string;
  /** Places by which the decimal point moves: -18 wei to ETH, -9 wei to gwei, -2 percent to fraction. */
  readonly shift?: number;
  readonly negate?: boolean;
  /** The source writes 0 where it has no value. */
  readonly zeroIsUnknown?: boolean;
}

/** One series that a file fills. */
export interface SeriesTarget extends Pick<SeriesInfo, 'volumeUnit' | 'quote'> {
  readonly dataset: DatasetName;
  readonly source: string;
  readonly subject: string;
  readonly publication: PublicationKind;
  readonly columns: readonly ColumnMap[];
  /** Columns a row must have, where they are not those of the dataset's definition. */
  readonly required?: readonly string[];
  /** The value stands at one moment, the one from which it is known, instead of covering the interval after `timeMs`. */
  readonly snapshot?: boolean;
  /** Names an event whose time is not unique. */
  readonly id?: string;
  /** Text columns of a row. */
  readonly texts?: { readonly names: readonly string[]; of(cell: (from: string) => string): readonly (string | null)[] };
}

/** How one kind of file is read. */
export interface Profile {
  readonly name: string;
  /** Time columns, the first one present counts. */
  readonly time: readonly string[];
  /** Spacing of the rows in milliseconds, 0 for events; where the file has to tell it, `inferred`. */
  readonly interval: number | 'inferred';
  /** Times a little off the grid are the grid's: the source samples when it gets round to it. */
  readonly snapToGrid?: boolean;
  readonly targets: readonly SeriesTarget[];
  /** Columns that are known and not stored, and why. */
  readonly ignored?: Readonly<Record<string, string>>;
  /** Rows that are about what the series holds; the others are skipped, `skipReason` says why. */
  readonly keep?: (cell: (from: string) => string) => boolean;
  readonly skipReason?: string;
  readonly warnings?: readonly string[];
}

/** What can be seen of a file before its rows are read. */
export interface FileShape {
  readonly path: string;
  /** Name without folder and extensions, lower case. */
  readonly stem: string;
  readonly table: RawTable;
  /** `normalizeName` of the table's column names. */
  readonly names: readonly string[];
  /** Text before the header. */
  readonly preamble: string;
  readonly options: IngestOptions;
}

/** A profile of files with fixed columns: it fits where all of `needs` are there. */
export interface KnownProfile extends Profile {
  readonly needs: readonly string[];
}

/** `Date(UTC)` to `date_utc`, `Adj Close` to `adj_close`: how column names are compared. */
export const normalizeName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

/** Names that time columns have, most telling first. */
export const TIME_COLUMNS = [
  'open_time',
  'opentime',
  'unix',
  'unixtimestamp',
  'unix_timestamp',
  'timestamp',
  'timestamp_ms',
  'time_ms',
  'time',
  'datetime',
  'date_time',
  'date',
  'date_utc',
  'snapped_at',
  'hour',
  'day',
  'ts',
  't',
] as const;

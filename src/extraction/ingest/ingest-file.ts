import { ConfigError, DataError, intervalName, type TimeMs } from '../../domain/index.ts';
import { type BatchVerdict, DataValidator, type RejectedRow, type RowError } from '../validation/index.ts';
import { findOffGrid, inferInterval, parseInterval, snapToGrid } from './infer-interval.ts';
import type { FileReport, IngestDeps, IngestOptions } from './ingest-types.ts';
import { mapRows, type TimedRows } from './map-rows.ts';
import { findProfile } from './profiles/find-profile.ts';
import { type FileShape, normalizeName, type Profile, type SeriesTarget } from './profiles/profile.ts';
import { readTable } from './read-table.ts';
import { readTimes } from './read-times.ts';

/** Rows of one series of a file, judged, before anything is stored. */
export interface PreparedSeries extends BatchVerdict {
  readonly profile: string;
  readonly rows: number;
  readonly skipped: number;
  readonly notes: readonly string[];
}

const validator = new DataValidator();

/**
 * Reads a file, recognises what it is, stores its good rows and puts the bad ones into quarantine. One report for each
 * series that it holds; most files hold one. The quarantine comes first: after a crash between the two, ingesting the file
 * again completes it, and no row was ever out of both.
 * @throws ConfigError (no such file, a wrong option) or DataError (refused whole, nothing stored)
 */
export async function ingestFile(path: string, deps: IngestDeps, options: IngestOptions = {}): Promise<FileReport[]> {
  return storePrepared(path, await prepareFile(path, deps.clock.nowMs(), options), deps);
}

/** As `ingestFile`, of a table that is there already. */
export async function ingestShape(shape: FileShape, deps: IngestDeps): Promise<FileReport[]> {
  return storePrepared(shape.path, prepareShape(shape, deps.clock.nowMs()), deps);
}

async function storePrepared(path: string, prepared: readonly PreparedSeries[], { store }: IngestDeps): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  const rejected = prepared.flatMap((one) => one.rejected.map(asQuarantined));
  if (rejected.length > 0) await store.quarantine(rejected);
  const batches = prepared.map((one) => one.accepted).filter((batch) => batch.timeMs.length > 0);
  const counts = batches.length > 0 ? await store.append(batches) : [];
  for (const one of prepared) {
    const { dataset, series } = one.accepted;
    const count = counts.find((found) => found.dataset === dataset && found.series === series);
    reports.push(reportOf(path, one, count ?? { stored: 0, duplicates: 0, revised: 0 }));
  }
  return reports;
}

const asQuarantined = ({ index: _index, rule: _rule, ...row }: RejectedRow) => row;

function reportOf(path: string, one: PreparedSeries, count: { stored: number; duplicates: number; revised: number }): FileReport {
  const [firstMs, lastMs] = spanOf(one.accepted.timeMs);
  const revised = count.revised > 0 ? [`${count.revised} rows differ from what was stored; each is kept as a new revision`] : [];
  return {
    file: path,
    dataset: one.accepted.dataset,
    series: one.accepted.series,
    profile: one.profile,
    rows: one.rows,
    stored: count.stored,
    duplicates: count.duplicates + one.duplicates,
    quarantined: one.rejected.length,
    skipped: one.skipped,
    firstMs,
    lastMs,
    warnings: [...one.notes, ...one.warnings.map((finding) => finding.message), ...revised],
  };
}

function spanOf(timeMs: Float64Array): [TimeMs | null, TimeMs | null] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of timeMs) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return timeMs.length === 0 ? [null, null] : [first, last];
}

/** All of an ingest but the storing: a file's series, their good rows in units of the datasets, and the rejected ones. */
export async function prepareFile(path: string, nowMs: TimeMs, options: IngestOptions = {}): Promise<PreparedSeries[]> {
  return prepareShape(await readTable(path, checkOptions(options)), nowMs);
}

/** As `prepareFile`, of a table that is there already. */
export function prepareShape(shape: FileShape, nowMs: TimeMs): PreparedSeries[] {
  const profile = findProfile(shape);
  const wanted = selectRows(shape, profile);
  const times = timeRows(wanted.shape, profile);
  const unknown = unknownColumns(shape, profile);
  return profile.targets.map((target) => {
    const mapped = mapRows(wanted.shape, target, times);
    const { table } = wanted.shape;
    const verdict = validator.validateBatch(mapped.batch, {
      nowMs,
      readErrors: mapped.errors,
      describeRow: (row) => ({ line: table.line(row), row: table.raw(row) }),
      ...(target.required && { required: target.required }),
    });
    const notes = [
      ...(profile.warnings ?? []),
      ...times.warnings,
      ...wanted.notes,
      ...mapped.warnings,
      ...missing(shape, target),
      ...unknown,
    ];
    return { ...verdict, notes, profile: profile.name, rows: shape.table.rows, skipped: wanted.skipped };
  });
}

const SERIES_NAME = /^[^\s:]+:[^\s:]+:[^\s:]+$/;

function checkOptions(options: IngestOptions): IngestOptions {
  if (options.interval !== undefined && parseInterval(options.interval) === undefined) {
    throw new ConfigError('ingest.interval_unreadable', `"${options.interval}" is not an interval`, {
      hint: 'Write 5m, 1h or 1d.',
    });
  }
  if (options.series !== undefined && !SERIES_NAME.test(options.series)) {
    throw new ConfigError('ingest.series_name', `"${options.series}" cannot be the name of a series`, {
      hint: 'Write source:subject:interval, such as binance:ETHUSDT:1h.',
    });
  }
  if (options.delimiter !== undefined && options.delimiter !== '\\t' && !/^[\x20-\x7e\t]$/.test(options.delimiter)) {
    throw new ConfigError('ingest.delimiter_unreadable', `"${options.delimiter}" is not one character`, {
      hint: 'Write one character, or \\t.',
    });
  }
  return options;
}

/** Leaves the rows out that are about something else. */
function selectRows(shape: FileShape, { keep, skipReason }: Profile): { shape: FileShape; skipped: number; notes: string[] } {
  if (keep === undefined) return { shape, skipped: 0, notes: [] };
  const { table, names } = shape;
  const rows = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => table.misshapen.has(row) || keep((from) => (names.includes(from) ? table.text(names.indexOf(from), row) : '')),
  );
  const skipped = table.rows - rows.length;
  const notes = skipped === 0 ? [] : [`${skipped} rows are skipped: they ${skipReason ?? 'are not wanted'}`];
  return { shape: { ...shape, table: pickTableRows(table, rows) }, skipped, notes };
}

function pickTableRows(table: FileShape['table'], rows: readonly number[]): FileShape['table'] {
  if (rows.length === table.rows) return table;
  const place = new Map(rows.map((row, index) => [row, index]));
  return {
    names: table.names,
    rows: rows.length,
    misshapen: new Map([...table.misshapen].map(([row, reason]) => [place.get(row)!, reason])),
    numbers(column, shift) {
      const { values, unreadable } = table.numbers(column, shift);
      const kept = unreadable.flatMap((row) => place.get(row) ?? []);
      return { values: Float64Array.from(rows, (row) => values[row]!), unreadable: kept };
    },
    text: (column, row) => table.text(column, rows[row]!),
    isoTimes(column) {
      const values = table.isoTimes(column);
      return Float64Array.from(rows, (row) => values[row]!);
    },
    line: (row) => table.line(rows[row]!),
    raw: (row) => table.raw(rows[row]!),
  };
}

function timeRows(shape: FileShape, profile: Profile): TimedRows & { readonly warnings: readonly string[] } {
  const { path, table, options } = shape;
  const column = timeColumn(shape, profile);
  const read = readTimes(path, table, column, options.timeUnit);
  const errors = new Map<number, RowError>();
  for (const [row, reason] of table.misshapen) errors.set(row, { rule: 'schema.row_width', reason });
  for (let row = 0; row < table.rows; row += 1) {
    if (!Number.isNaN(read.timeMs[row]!) || errors.has(row)) continue;
    const reason = `${table.names[column]}: "${table.text(column, row).slice(0, 60)}" is not a time`;
    errors.set(row, { rule: 'time.unreadable', reason });
  }
  const said = options.interval === undefined ? undefined : parseInterval(options.interval);
  const declared = profile.interval === 'inferred' ? undefined : profile.interval;
  const periodMs = said ?? declared ?? inferInterval(path, read.timeMs);
  const timeMs = profile.snapToGrid ? snapToGrid(read.timeMs, periodMs) : read.timeMs;
  for (const row of findOffGrid(timeMs, periodMs)) {
    if (!errors.has(row))
      errors.set(row, {
        rule: 'time.off_grid',
        reason: `its time is not one of a series with a row each ${intervalName(periodMs)}`,
      });
  }
  return { timeMs, periodMs, errors, warnings: [...read.warnings, ...checkInterval(timeMs, periodMs, profile)] };
}

function timeColumn({ path, names, table, options }: FileShape, { time }: Profile): number {
  const wanted = options.timeColumn === undefined ? time : [normalizeName(options.timeColumn)];
  const found = wanted.map((name) => names.indexOf(name)).find((column) => column >= 0);
  if (found !== undefined) return found;
  throw new DataError('ingest.time_column_unknown', `no column of ${path} is known to hold the time: ${table.names.join(', ')}`, {
    hint: 'Name it: --time-column NAME',
    details: { columns: table.names },
  });
}

/** The spacing that a source promises against the one that the rows have. */
function checkInterval(timeMs: Float64Array, periodMs: number, { interval }: Profile): string[] {
  if (interval === 'inferred' || periodMs === 0) return [];
  const times = timeMs.filter(Number.isFinite).sort();
  let other = 0;
  for (let row = 1; row < times.length; row += 1) {
    const step = times[row]! - times[row - 1]!;
    if (step > 0 && step < periodMs) other += 1;
  }
  return other === 0 ? [] : [`${other} rows are nearer to each other than the ${intervalName(periodMs)} that this source has`];
}

/** Columns that a series could fill and the file has not. */
function missing({ names }: FileShape, { columns }: SeriesTarget): string[] {
  const absent = columns.filter((column) => !names.includes(column.from));
  return absent.length === 0
    ? []
    : [`columns that this source usually has are not there: ${absent.map((column) => column.from).join(', ')}`];
}

/** Columns nobody asked for; those that a profile leaves out on purpose are not worth a word. */
function unknownColumns({ names, table }: FileShape, profile: Profile): string[] {
  const used = new Set([
    ...profile.time,
    ...Object.keys(profile.ignored ?? {}),
    ...profile.targets.flatMap((target) => [...target.columns.map((column) => column.from), target.id ?? '']),
    ...(profile.keep ? ['currency', 'raw_text'] : []),
  ]);
  const unknown = table.names.filter((_name, column) => !used.has(names[column]!));
  return unknown.length === 0 ? [] : [`columns not stored: ${unknown.join(', ')}`];
}

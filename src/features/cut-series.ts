import { type KnownSeries, type TimeMs, upperBound } from '../domain/index.ts';

type Columns<T> = Readonly<Record<string, T>>;
const mapColumns = <T, U>(columns: Columns<T>, take: (column: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, take(column)]));

/** Rows [first, end) of a series, without copying its numbers. */
function sliceRows(series: KnownSeries, first: number, end: number): KnownSeries {
  const take = (column: Float64Array) => column.subarray(first, end);
  return {
    ...series,
    rows: end - first,
    timeMs: take(series.timeMs),
    endMs: take(series.endMs),
    knownFromMs: take(series.knownFromMs),
    revision: series.revision.subarray(first, end),
    numbers: mapColumns(series.numbers, take),
    ...(series.ids ? { ids: series.ids.slice(first, end) } : {}),
    ...(series.texts ? { texts: mapColumns(series.texts, (column) => column.slice(first, end)) } : {}),
  };
}

function pickRows(series: KnownSeries, rows: readonly number[]): KnownSeries {
  const take = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
  const { ids, texts } = series;
  return {
    ...series,
    rows: rows.length,
    timeMs: take(series.timeMs),
    endMs: take(series.endMs),
    knownFromMs: take(series.knownFromMs),
    revision: Int32Array.from(rows, (row) => series.revision[row]!),
    numbers: mapColumns(series.numbers, take),
    ...(ids ? { ids: rows.map((row) => ids[row]!) } : {}),
    ...(texts ? { texts: mapColumns(texts, (column) => rows.map((row) => column[row]!)) } : {}),
  };
}

/** The series as someone at `atMs` would have it: without what became known later. */
export function cutFuture(series: KnownSeries, atMs: TimeMs): KnownSeries {
  const { knownFromMs } = series;
  const rows: number[] = [];
  for (let row = 0; row < series.rows; row++) if (knownFromMs[row]! <= atMs) rows.push(row);
  return rows.at(-1) === rows.length - 1 || rows.length === 0 ? sliceRows(series, 0, rows.length) : pickRows(series, rows);
}

/** The series without rows before `fromMs`. */
export const cutHistory = (series: KnownSeries, fromMs: TimeMs): KnownSeries =>
  sliceRows(series, upperBound(series.timeMs, fromMs - 1), series.rows);

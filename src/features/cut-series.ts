import type { KnownSeries, TimeMs } from '../domain/index.ts';

/** The rows of a series for which `keeps` holds. */
function keepRows(series: KnownSeries, keeps: (row: number) => boolean): KnownSeries {
  const rows: number[] = [];
  for (let row = 0; row < series.rows; row++) if (keeps(row)) rows.push(row);
  const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
  const each = <T, U>(columns: Readonly<Record<string, T>>, take: (column: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, take(column)]));
  return {
    ...series,
    rows: rows.length,
    timeMs: pick(series.timeMs),
    endMs: pick(series.endMs),
    knownFromMs: pick(series.knownFromMs),
    revision: Int32Array.from(rows, (row) => series.revision[row]!),
    numbers: each(series.numbers, pick),
    ...(series.ids ? { ids: rows.map((row) => series.ids![row]!) } : {}),
    ...(series.texts ? { texts: each(series.texts, (column) => rows.map((row) => column[row]!)) } : {}),
  };
}

/** The series as someone at `atMs` would have it: without what became known later. */
export const cutFuture = (series: KnownSeries, atMs: TimeMs): KnownSeries =>
  keepRows(series, (row) => series.knownFromMs[row]! <= atMs);

/** The series without rows before `fromMs`. */
export const cutHistory = (series: KnownSeries, fromMs: TimeMs): KnownSeries =>
  keepRows(series, (row) => series.timeMs[row]! >= fromMs);

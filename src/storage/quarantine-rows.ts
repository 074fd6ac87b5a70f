import type { RowBatch, TimeMs } from '../domain/index.ts';
import { sha256 } from './manifest.ts';
import type { SeriesTable } from './series-table.ts';

/** A row that was refused, and why. `row` is its text as it came, or its values as JSON. */
export interface RefusedRow {
  readonly dataset: string;
  readonly series: string;
  readonly source: string;
  readonly line?: number;
  readonly reason: string;
  readonly row: string;
}

/** A refused row as it is kept. */
export interface QuarantinedRow extends RefusedRow {
  readonly recordedMs: TimeMs;
}

const TEXTS = ['of_dataset', 'of_series', 'of_source', 'reason', 'row'] as const;

/** Refused rows as a batch of the quarantine's table; the same row of the same source is kept once. */
export function quarantineBatch(rows: readonly RefusedRow[]): RowBatch {
  const none = new Float64Array(rows.length);
  const key = (row: RefusedRow) => JSON.stringify([row.dataset, row.series, row.source, row.line ?? null, row.reason, row.row]);
  return {
    dataset: 'quarantine',
    series: 'quarantine',
    periodMs: 0,
    source: 'validation',
    timeMs: none,
    endMs: none,
    availableTimeMs: none,
    ids: rows.map((row) => sha256(key(row)).slice(0, 32)),
    numbers: { line: Float64Array.from(rows, (row) => row.line ?? Number.NaN) },
    texts: {
      of_dataset: rows.map((row) => row.dataset),
      of_series: rows.map((row) => row.series),
      of_source: rows.map((row) => row.source),
      reason: rows.map((row) => row.reason),
      row: rows.map((row) => row.row),
    },
  };
}

/** Kept rows in the order they were recorded, those of one commit by source and line. */
export function quarantinedRows(table: SeriesTable, dataset?: string): QuarantinedRow[] {
  const [datasets, series, sources, reasons, rows] = TEXTS.map((name) => table.texts[name] ?? []) as [
    SeriesTable['texts'][string],
    SeriesTable['texts'][string],
    SeriesTable['texts'][string],
    SeriesTable['texts'][string],
    SeriesTable['texts'][string],
  ];
  const kept: QuarantinedRow[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (dataset !== undefined && datasets[row] !== dataset) continue;
    const line = table.numbers.line?.[row] ?? Number.NaN;
    kept.push({
      dataset: datasets[row] ?? '',
      series: series[row] ?? '',
      source: sources[row] ?? '',
      ...(Number.isNaN(line) ? {} : { line }),
      reason: reasons[row] ?? '',
      row: rows[row] ?? '',
      recordedMs: table.recordedMs[row]!,
    });
  }
  return kept.sort(
    (a, b) =>
      a.recordedMs - b.recordedMs || (a.source < b.source ? -1 : a.source > b.source ? 1 : 0) || (a.line ?? 0) - (b.line ?? 0),
  );
}

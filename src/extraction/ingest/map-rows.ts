import { basename } from 'node:path';
import { intervalName, PUBLICATION, type RowBatch } from '../../domain/index.ts';
import type { RowError } from '../validation/index.ts';
import type { IngestOptions } from './ingest-types.ts';
import type { FileShape, SeriesTarget } from './profiles/profile.ts';

/** Times of a file's rows, and what is known of them already. */
export interface TimedRows {
  readonly timeMs: Float64Array;
  readonly periodMs: number;
  readonly errors: ReadonlyMap<number, RowError>;
}

/** All rows of a file as one series, good and bad ones: row `i` is row `i` of the table. */
export interface MappedRows {
  readonly batch: RowBatch;
  readonly errors: ReadonlyMap<number, RowError>;
  readonly warnings: readonly string[];
}

/** Fills the columns of one series from a table, in the dataset's units. */
export function mapRows(shape: FileShape, target: SeriesTarget, { timeMs, periodMs, errors }: TimedRows): MappedRows {
  const { table, names, options } = shape;
  const failed = new Map(errors);
  const warnings: string[] = [];
  const numbers: Record<string, Float64Array> = {};
  for (const { from, to, shift = 0, negate = false, zeroIsUnknown = false } of target.columns) {
    const column = names.indexOf(from);
    if (column < 0) continue;
    const { values, unreadable } = table.numbers(column, shift);
    for (const row of unreadable) {
      if (failed.has(row)) continue;
      failed.set(row, {
        rule: 'schema.unreadable',
        reason: `${table.names[column]}: "${table.text(column, row).slice(0, 60)}" is not a number`,
      });
    }
    if (negate) negateValues(values);
    if (zeroIsUnknown) warnings.push(...forgetZeros(to, values));
    numbers[to] = values;
  }
  if (options.limits) checkLimits(options.limits, numbers, failed);
  const { endMs, availableTimeMs } = coverage(target, timeMs, periodMs, options.knownAfterMs);
  return {
    batch: {
      dataset: target.dataset,
      series: options.series ?? `${target.source}:${target.subject}:${intervalName(periodMs)}`,
      periodMs,
      ...(target.volumeUnit && { volumeUnit: target.volumeUnit }),
      ...(target.quote && { quote: target.quote }),
      source: basename(shape.path),
      timeMs,
      endMs,
      availableTimeMs,
      numbers,
      ...labels(shape, target),
    },
    errors: failed,
    warnings,
  };
}

function coverage(target: SeriesTarget, timeMs: Float64Array, periodMs: number, knownAfterMs = 0) {
  const rule = PUBLICATION[target.publication];
  const intervalEnd = timeMs.map((time) => time + periodMs);
  const availableTimeMs = timeMs.map((time, row) => rule.availableMs(time, intervalEnd[row]!) + knownAfterMs);
  return { endMs: target.snapshot ? availableTimeMs : intervalEnd, availableTimeMs };
}

function checkLimits(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: NonNullable<IngestOptions['limits']>,
  numbers: Readonly<Record<string, Float64Array>>,
  failed: Map<number, RowError>,
): void {
  for (const [name, values] of Object.entries(numbers)) {
    for (const [row, value] of values.entries()) {
      if (failed.has(row) || !(value < min || value > max)) continue;
      failed.set(row, { rule: 'range', reason: `${name} is ${value}, allowed is ${min} to ${max}` });
    }
  }
}

/** Ids and texts of a series of events. */
function labels({ table, names }: FileShape, target: SeriesTarget): Pick<RowBatch, 'ids' | 'texts'> {
  const { id, texts } = target;
  if (id === undefined && texts === undefined) return {};
  const columns = new Map(names.map((name, column) => [name, column]));
  const cell = (row: number) => (from: string) => {
    const column = columns.get(from);
    return column === undefined ? '' : table.text(column, row);
  };
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const values = texts && rows.map((row) => texts.of(cell(row)));
  return {
    ...(id !== undefined && { ids: rows.map((row) => cell(row)(id)) }),
    ...(texts && {
      texts: Object.fromEntries(texts.names.map((name, at) => [name, rows.map((row) => values?.[row]?.[at] ?? null)])),
    }),
  };
}

function negateValues(values: Float64Array): void {
  for (let row = 0; row < values.length; row += 1) if (values[row] !== 0) values[row] = -values[row]!;
}

function forgetZeros(column: string, values: Float64Array): string[] {
  let zeros = 0;
  for (let row = 0; row < values.length; row += 1) {
    if (values[row] !== 0) continue;
    values[row] = Number.NaN;
    zeros += 1;
  }
  return zeros === 0
    ? []
    : [`${column}: ${zeros} zeros are stored as not known, because the source writes 0 where it has no value`];
}

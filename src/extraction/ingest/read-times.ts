import { DataError } from '../../domain/index.ts';
import { epochToMs, parseTimeText, slashedParts, type TimeKind, type TimeUnit, unitOfEpoch } from './parse-time.ts';
import type { RawTable } from './raw-table.ts';

/** Times of all rows in milliseconds, NaN where one cannot be read. */
interface Times {
  readonly timeMs: Float64Array;
  readonly warnings: readonly string[];
}

const YYYYMMDD = { from: 19_000_101, to: 21_001_231 };

/**
 * The time column. Numbers are seconds, milliseconds, microseconds or nanoseconds by their size, each on its own.
 * @param unit what the user said @throws DataError where a column's unit, or the order of day and month, stays open
 */
export function readTimes(path: string, table: RawTable, column: number, unit?: TimeUnit): Times {
  const timeMs = table.isoTimes(column);
  const kinds = new Map<TimeKind, number>();
  const slashed: number[] = [];
  if (unit !== undefined && unit !== 'iso' && unit !== 'dmy' && unit !== 'mdy') timeMs.fill(Number.NaN);
  if (!timeMs.some(Number.isFinite)) readEpochs(table, column, timeMs, kinds, unit);
  for (let row = 0; row < table.rows; row += 1) {
    if (!Number.isNaN(timeMs[row]!)) continue;
    const cell = parseTimeText(table.text(column, row), unit);
    if (cell.kind === 'slashed' && Number.isNaN(cell.ms)) slashed.push(row);
    if (cell.kind !== undefined) kinds.set(cell.kind, (kinds.get(cell.kind) ?? 0) + 1);
    timeMs[row] = cell.ms;
  }
  if (slashed.length > 0 && unit !== 'dmy' && unit !== 'mdy') readSlashed(path, table, column, slashed, timeMs);
  if (table.rows > 0 && !timeMs.some(Number.isFinite)) throw unreadableColumn(path, table, column);
  return { timeMs, warnings: mixedUnits(kinds) };
}

/** A column of plain numbers, without making text of them. Years written as 20240615 are left to the text parser. */
function readEpochs(
  table: RawTable,
  column: number,
  timeMs: Float64Array,
  kinds: Map<TimeKind, number>,
  unit: TimeUnit | undefined,
): void {
  const { values } = table.numbers(column);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value) || (value >= YYYYMMDD.from && value <= YYYYMMDD.to)) continue;
    const found = unit ?? unitOfEpoch(value);
    if (found !== 's' && found !== 'ms' && found !== 'us' && found !== 'ns') continue;
    if (unit !== undefined && unitOfEpoch(value) === undefined) continue;
    timeMs[row] = epochToMs(value, found);
    kinds.set(found, (kinds.get(found) ?? 0) + 1);
  }
}

function mixedUnits(kinds: ReadonlyMap<TimeKind, number>): string[] {
  const units = [...kinds].filter(([kind]) => kind === 's' || kind === 'ms' || kind === 'us' || kind === 'ns');
  if (units.length < 2) return [];
  return [
    `the time column mixes units (${units.map(([kind, rows]) => `${rows} rows in ${kind}`).join(', ')}); each row was read in its own`,
  ];
}

/** 03/04/2024: a number above 12 anywhere tells which one is the day. */
function readSlashed(path: string, table: RawTable, column: number, rows: readonly number[], timeMs: Float64Array): void {
  const parts = rows.map((row) => slashedParts(table.text(column, row)) ?? [0, 0]);
  const dayFirst = parts.some(([first]) => first > 12);
  const dayLast = parts.some(([, second]) => second > 12);
  if (dayFirst === dayLast) {
    const why = dayFirst ? 'some are day first, some month first' : 'no row tells whether the day or the month is first';
    throw new DataError(
      'ingest.date_order_ambiguous',
      `the dates of ${path} (${table.text(column, rows[0]!)}) can be read in two ways: ${why}`,
      {
        hint: 'Say which: --time-unit dmy or --time-unit mdy',
      },
    );
  }
  for (const row of rows) timeMs[row] = parseTimeText(table.text(column, row), dayFirst ? 'dmy' : 'mdy').ms;
}

function unreadableColumn(path: string, table: RawTable, column: number): DataError {
  const sample = table.text(column, 0);
  const name = table.names[column];
  if (/^\d+(\.\d+)?$/.test(sample)) {
    return new DataError(
      'ingest.time_unit_ambiguous',
      `the column ${name} of ${path} holds numbers such as ${sample}, which fit no unit of time`,
      {
        hint: 'Say the unit: --time-unit s, ms, us or ns; or name another column: --time-column NAME',
      },
    );
  }
  return new DataError(
    'ingest.time_unreadable',
    `no time in the column ${name} of ${path} can be read, such as "${sample.slice(0, 60)}"`,
    {
      hint: 'Write ISO times (2024-06-15T23:00:00Z), or name another column: --time-column NAME',
    },
  );
}

import type { TimeMs } from '../../domain/index.ts';
import { type Cell, isoOfText, numbersOfCells, type RawTable, shorten } from './raw-table.ts';

/** A column whose file says what it holds: numbers and times (NaN: not known) as they are, all else cell by cell. */
export type TypedColumn =
  | { readonly kind: 'number'; readonly values: Float64Array }
  | { readonly kind: 'time'; readonly ms: Float64Array }
  | { readonly kind: 'cells'; readonly cells: readonly Cell[] };

const LATEST_MS = 8.64e15;

/** A table of typed columns: of Parquet, DuckDB and Arrow. A typed time needs no guessing of units. */
export function columnTable(names: readonly string[], columns: readonly TypedColumn[], rows: number): RawTable {
  const cell = (column: number, row: number): Cell => {
    const found = columns[column]!;
    if (found.kind === 'cells') return found.cells[row] ?? null;
    const value = found.kind === 'time' ? found.ms[row]! : found.values[row]!;
    if (Number.isNaN(value)) return null;
    return found.kind === 'time' ? isoOf(value) : value;
  };
  const text = (column: number, row: number) => String(cell(column, row) ?? '');
  return {
    names,
    rows,
    misshapen: new Map(),
    text,
    numbers(column, shift = 0) {
      const found = columns[column]!;
      if (found.kind === 'number' && shift === 0 && found.values.every((value) => Math.abs(value) !== Number.POSITIVE_INFINITY)) {
        return { values: found.values.slice(), unreadable: [] };
      }
      return numbersOfCells(rows, (row) => cell(column, row), shift);
    },
    isoTimes(column) {
      const found = columns[column]!;
      if (found.kind === 'time') return found.ms.map((ms) => (Math.abs(ms) <= LATEST_MS ? ms : Number.NaN));
      if (found.kind === 'number') return new Float64Array(rows).fill(Number.NaN);
      return Float64Array.from({ length: rows }, (_, row) => isoOfText(text(column, row)));
    },
    line: (row) => row + 1,
    raw: (row) => shorten(JSON.stringify(Object.fromEntries(names.map((name, column) => [name, cell(column, row)])))),
  };
}

const isoOf = (ms: TimeMs): Cell => (Math.abs(ms) <= LATEST_MS ? new Date(ms).toISOString() : null);

import type { TimeMs } from '../../domain/index.ts';
import { parseNumberText } from './parse-number.ts';
import { parseIsoBytes } from './parse-time.ts';

/** A column read as numbers: NaN where the cell says that the value is not known, and the rows whose cell is no number. */
interface NumberColumn {
  readonly values: Float64Array;
  readonly unreadable: readonly number[];
}

/** Rows and named columns of a file, before anybody knows what they mean. */
export interface RawTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** Rows with too few or too many cells: nobody can tell which cell is which. */
  readonly misshapen: ReadonlyMap<number, string>;
  /** @param shift places by which the decimal point moves */
  numbers(column: number, shift?: number): NumberColumn;
  /** The cell as text, '' where there is none. */
  text(column: number, row: number): string;
  /** ISO times in milliseconds; NaN where the cell has another form, which says nothing yet. */
  isoTimes(column: number): Float64Array;
  /** Line (or item) of the file, from 1. */
  line(row: number): number;
  /** The row as it stands in the file. */
  raw(row: number): string;
}

/** What a cell of JSON or a database holds. */
export type Cell = string | number | boolean | null;

interface CellTableInput {
  readonly names: readonly string[];
  readonly cells: readonly (readonly Cell[])[];
  readonly lines?: ArrayLike<number>;
  readonly misshapen?: ReadonlyMap<number, string>;
  readonly raw?: (row: number) => string;
}

const MAX_RAW_CHARACTERS = 2_000;

/** A table of cells in memory: of JSON, of databases and dumps, and of CSV that needs a full parser. */
export function cellTable({ names, cells, lines, misshapen = new Map(), raw }: CellTableInput): RawTable {
  const text = (column: number, row: number) => {
    const cell = cells[row]![column];
    return cell === null || cell === undefined ? '' : String(cell);
  };
  const asJson = (row: number) =>
    JSON.stringify(Object.fromEntries(names.map((name, column) => [name, cells[row]![column] ?? null])));
  return {
    names,
    rows: cells.length,
    misshapen,
    text,
    numbers: (column, shift = 0) => numbersOfCells(cells.length, (row) => cells[row]![column] ?? null, shift),
    isoTimes: (column) => Float64Array.from(cells, (_row, index) => isoOfText(text(column, index))),
    line: (row) => lines?.[row] ?? row + 1,
    raw: (row) => (raw ?? asJson)(row).slice(0, MAX_RAW_CHARACTERS),
  };
}

/** Cells read as numbers; NaN where there is none. @param shift places by which the decimal point moves */
export function numbersOfCells(rows: number, cellOf: (row: number) => Cell, shift: number): NumberColumn {
  const unreadable: number[] = [];
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const cell = cellOf(row);
    const isReady = typeof cell === 'number' && shift === 0 && Number.isFinite(cell);
    const value = isReady ? cell : parseNumberText(cell === null ? '' : String(cell), shift);
    if (value === Number.POSITIVE_INFINITY) unreadable.push(row);
    values[row] = value === Number.POSITIVE_INFINITY ? Number.NaN : value;
  }
  return { values, unreadable };
}

/** An ISO time in milliseconds; NaN for any other text. */
export const isoOfText = (text: string): TimeMs => {
  const bytes = Buffer.from(text, 'latin1');
  return parseIsoBytes(bytes, 0, bytes.length);
};

/** Cuts a long row short for the quarantine. */
export const shorten = (raw: string): string => raw.slice(0, MAX_RAW_CHARACTERS);

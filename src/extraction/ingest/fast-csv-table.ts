import { parseNumberBytes } from './parse-number.ts';
import { parseIsoBytes } from './parse-time.ts';
import { type RawTable, shorten } from './raw-table.ts';

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const TAB = 9;

interface FastCsvInput {
  readonly bytes: Buffer;
  /** First byte of the first data line. */
  readonly start: number;
  /** Line number of the first data line. */
  readonly firstLine: number;
  readonly delimiter: number;
  readonly names: readonly string[];
}

/**
 * Delimited text without quotes, left where it is: one pass notes where each cell begins, and a column is read from the
 * bytes when somebody asks for it.
 */
export function fastCsvTable({ bytes, start, firstLine, delimiter, names }: FastCsvInput): RawTable {
  const width = names.length;
  const { offsets, lines, misshapen, rows } = findCells(bytes, start, firstLine, delimiter, width);
  const stride = width + 1;
  const text = (column: number, row: number) => {
    const at = row * stride + column;
    return bytes.toString('utf8', offsets[at]!, Math.max(offsets[at]!, offsets[at + 1]! - 1)).trim();
  };
  return {
    names,
    rows,
    misshapen,
    text,
    numbers(column, shift = 0) {
      const values = new Float64Array(rows);
      const unreadable: number[] = [];
      for (let row = 0, at = column; row < rows; row += 1, at += stride) {
        const value = parseNumberBytes(bytes, offsets[at]!, offsets[at + 1]! - 1, shift);
        if (value === Number.POSITIVE_INFINITY) {
          unreadable.push(row);
          values[row] = Number.NaN;
        } else values[row] = value;
      }
      return { values, unreadable };
    },
    isoTimes(column) {
      const values = new Float64Array(rows);
      for (let row = 0, at = column; row < rows; row += 1, at += stride) {
        values[row] = parseIsoBytes(bytes, offsets[at]!, offsets[at + 1]! - 1);
      }
      return values;
    },
    line: (row) => lines[row]!,
    raw: (row) => {
      const from = offsets[row * stride]!;
      const newline = bytes.indexOf(NEWLINE, from);
      return shorten(bytes.toString('utf8', from, newline < 0 ? bytes.length : newline).replace(/\r$/, ''));
    },
  };
}

function findCells(bytes: Buffer, start: number, firstLine: number, delimiter: number, width: number) {
  const stride = width + 1;
  const most = countLines(bytes, start);
  const offsets = new Uint32Array(most * stride);
  const lines = new Uint32Array(most);
  const misshapen = new Map<number, string>();
  let rows = 0;
  for (let from = start, line = firstLine; from < bytes.length; line += 1) {
    let newline = bytes.indexOf(NEWLINE, from);
    if (newline < 0) newline = bytes.length;
    const end = newline > from && bytes[newline - 1] === RETURN ? newline - 1 : newline;
    if (!isBlank(bytes, from, end)) {
      const cells = markCells(bytes, from, end, delimiter, offsets, rows * stride, width);
      if (cells !== width) misshapen.set(rows, `the row has ${cells} cells, the header ${width}`);
      lines[rows] = line;
      rows += 1;
    }
    from = newline + 1;
  }
  return { offsets, lines, misshapen, rows };
}

/** Notes the beginning of each cell, and the end of the last one; empty cells at the end beyond `width` do not count. */
function markCells(
  bytes: Buffer,
  from: number,
  end: number,
  delimiter: number,
  offsets: Uint32Array,
  at: number,
  width: number,
): number {
  let cells = 1;
  let lastFilled = 1;
  offsets[at] = from;
  for (let position = from; position < end; position += 1) {
    const byte = bytes[position]!;
    if (byte === delimiter) {
      if (cells <= width) offsets[at + cells] = position + 1;
      cells += 1;
    } else if (byte !== SPACE && byte !== TAB) lastFilled = cells;
  }
  if (cells <= width) for (let cell = cells; cell <= width; cell += 1) offsets[at + cell] = end + 1;
  return cells > width ? Math.max(width, lastFilled) : cells;
}

function isBlank(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (bytes[at] !== SPACE && bytes[at] !== TAB && bytes[at] !== RETURN) return false;
  return true;
}

function countLines(bytes: Buffer, start: number): number {
  let lines = 1;
  for (let at = bytes.indexOf(NEWLINE, start); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

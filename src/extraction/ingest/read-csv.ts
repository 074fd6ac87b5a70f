import { parse } from 'csv-parse/sync';
import { DataError } from '../../domain/index.ts';
import { type CsvLayout, findLayout, refuseHugeLines } from './csv-layout.ts';
import { fastCsvTable } from './fast-csv-table.ts';
import { cellTable, type RawTable } from './raw-table.ts';

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
/** A quoted cell may hold line ends; one that holds more is a stray quote that would swallow rows. */
const MAX_LINES_OF_ROW = 50;

interface CsvOptions {
  readonly delimiter?: string;
  readonly columns?: readonly string[];
}

/** A delimited text. Without quotes it is read in place; with them by a full parser, to the same result. */
export function readCsv(
  path: string,
  input: Buffer,
  options: CsvOptions = {},
): { readonly table: RawTable; readonly preamble: string } {
  const bytes = withNewlines(input);
  refuseHugeLines(path, bytes);
  const layout = findLayout(path, bytes, options);
  const table = bytes.includes(QUOTE, layout.start) ? readQuotedCsv(path, bytes, layout) : readPlainCsv(bytes, layout);
  return { table, preamble: layout.preamble };
}

/** Old Mac line ends become newlines, where a file has no others. */
function withNewlines(bytes: Buffer): Buffer {
  if (bytes.includes(NEWLINE) || !bytes.includes(RETURN)) return bytes;
  return Buffer.from(bytes.map((byte) => (byte === RETURN ? NEWLINE : byte)));
}

/** @param layout of a text without quotes */
export const readPlainCsv = (bytes: Buffer, layout: CsvLayout): RawTable =>
  fastCsvTable({
    bytes,
    start: layout.start,
    firstLine: layout.firstLine,
    delimiter: layout.delimiter.charCodeAt(0),
    names: layout.names,
  });

/** @throws DataError `ingest.csv_malformed` for a quote that never closes */
export function readQuotedCsv(path: string, bytes: Buffer, layout: CsvLayout): RawTable {
  const width = layout.names.length;
  const cells: string[][] = [];
  const lines: number[] = [];
  const misshapen = new Map<number, string>();
  let endLine = layout.firstLine - 1;
  const blankable = layout.delimiter === '\t';
  const keep = (record: string[], line: number) => {
    if (record.every((cell) => cell === '') && (record.length === 1 || blankable)) return;
    let count = record.length;
    while (count > width && record[count - 1] === '') count -= 1;
    if (count !== width) misshapen.set(cells.length, `the row has ${count} cells, the header ${width}`);
    cells.push(record);
    lines.push(line);
  };
  try {
    parse(bytes.subarray(layout.start), {
      delimiter: layout.delimiter,
      relax_column_count: true,
      relax_quotes: true,
      record_delimiter: ['\r\n', '\n'],
      on_record: (record: string[], { lines: seen }) => {
        const line = endLine + 1;
        endLine = layout.firstLine - 1 + seen;
        if (endLine - line > MAX_LINES_OF_ROW)
          throw malformed(path, `the row at line ${line} goes on for ${endLine - line + 1} lines`);
        keep(
          record.map((cell) => cell.trim()),
          line,
        );
        return null;
      },
    });
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw malformed(path, cause instanceof Error ? cause.message : 'unknown', cause);
  }
  const raw = (row: number) => cells[row]!.map((cell) => quoteIfNeeded(cell, layout.delimiter)).join(layout.delimiter);
  return cellTable({ names: layout.names, cells, lines, misshapen, raw });
}

const malformed = (path: string, why: string, cause?: unknown) =>
  new DataError('ingest.csv_malformed', `${path} cannot be divided into rows: ${why}`, {
    hint: 'A quote is probably opened and never closed.',
    cause,
  });

const quoteIfNeeded = (cell: string, delimiter: string) =>
  cell.includes(delimiter) || cell.includes('"') || cell.includes('\n') ? `"${cell.replaceAll('"', '""')}"` : cell;

import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from '../../domain/index.ts';
import { type CsvLayout, findLayout, refuseHugeLines } from './csv-layout.ts';
import { fastCsvTable } from './fast-csv-table.ts';
import { cellTable, type RawTable } from './raw-table.ts';

const QUOTE = 34;
const LONE_RETURN = /\r(?!\n)/g;

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

/** Old Mac line ends become newlines; a file without any is left alone. */
const withNewlines = (bytes: Buffer) =>
  bytes.includes(10) || !bytes.includes(13) ? bytes : Buffer.from(bytes.toString('utf8').replace(LONE_RETURN, '\n'));

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
        keep(
          record.map((cell) => cell.trim()),
          line,
        );
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DataError('ingest.csv_malformed', `${path} cannot be divided into rows: ${cause.message}`, {
      hint: 'A quote is probably opened and never closed.',
      cause,
    });
  }
  const raw = (row: number) => cells[row]!.map((cell) => quoteIfNeeded(cell, layout.delimiter)).join(layout.delimiter);
  return cellTable({ names: layout.names, cells, lines, misshapen, raw });
}

const quoteIfNeeded = (cell: string, delimiter: string) =>
  cell.includes(delimiter) || cell.includes('"') || cell.includes('\n') ? `"${cell.replaceAll('"', '""')}"` : cell;

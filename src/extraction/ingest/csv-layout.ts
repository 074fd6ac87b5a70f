import { DataError } from '../../domain/index.ts';
import { isMissingText, parseNumberText } from './parse-number.ts';
import { parseTimeText } from './parse-time.ts';
import { KLINE_COLUMNS } from './profiles/kline-columns.ts';

/** Where the table stands in a text, and how it is divided. */
export interface CsvLayout {
  readonly delimiter: string;
  readonly names: readonly string[];
  /** Byte where the first data line begins, and its number. */
  readonly start: number;
  readonly firstLine: number;
  /** Lines before the header that were passed over (CryptoDataDownload puts an address there). */
  readonly preamble: string;
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const MAX_LINE_BYTES = 1_000_000;
const MAX_PREAMBLE_LINES = 20;
const NEWLINE = 10;

interface Line {
  readonly text: string;
  readonly next: number;
}

/** @throws DataError where no table begins within the first lines */
export function findLayout(
  path: string,
  bytes: Buffer,
  options: { readonly delimiter?: string; readonly columns?: readonly string[] },
): CsvLayout {
  const preamble: string[] = [];
  for (let at = 0, number = 1; at < bytes.length && number <= MAX_PREAMBLE_LINES; number += 1) {
    const { text, next } = lineAt(path, bytes, at);
    if (text.trim() === '' || isPreamble(text)) {
      preamble.push(text);
      at = next;
      continue;
    }
    const delimiter = options.delimiter === '\\t' ? '\t' : (options.delimiter ?? guessDelimiter(text));
    if (delimiter === undefined) break;
    const cells = splitLine(text, delimiter);
    const found = { delimiter, preamble: preamble.join('\n').trim() };
    if (options.columns) {
      if (options.columns.length !== cells.length) {
        throw new DataError(
          'ingest.columns_mismatch',
          `${path} has ${cells.length} columns, ${options.columns.length} were named`,
          {
            hint: 'Name every column with --columns, in order.',
          },
        );
      }
      return { ...found, names: options.columns, start: at, firstLine: number };
    }
    if (!looksLikeData(cells)) return { ...found, names: checkNames(path, cells), start: next, firstLine: number + 1 };
    if (looksLikeKline(cells)) return { ...found, names: KLINE_COLUMNS, start: at, firstLine: number };
    throw new DataError(
      'ingest.header_missing',
      `${path} has no line with column names, and its columns are not those of Binance klines`,
      {
        hint: 'Name them: --columns time,open,high,low,close,volume',
      },
    );
  }
  throw new DataError('ingest.not_a_table', `no table with columns was found in ${path}`, {
    hint: 'Ingest reads CSV divided by comma, semicolon, tab or |; name another with --delimiter.',
  });
}

function lineAt(path: string, bytes: Buffer, at: number): Line {
  const newline = bytes.indexOf(NEWLINE, at);
  const end = newline < 0 ? bytes.length : newline;
  if (end - at > MAX_LINE_BYTES) throw lineTooLong(path);
  return { text: bytes.toString('utf8', at, end).replace(/\r$/, ''), next: end + 1 };
}

const lineTooLong = (path: string) =>
  new DataError('ingest.line_too_long', `${path} has a line of more than ${MAX_LINE_BYTES / 1e6} MB`, {
    hint: 'It is not a table with one row a line; check the file and its line ends.',
  });

/** @throws DataError `ingest.line_too_long` */
export function refuseHugeLines(path: string, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    if (end - at > MAX_LINE_BYTES) throw lineTooLong(path);
    at = end + 1;
  }
}

const isPreamble = (line: string) => /^\s*"?(https?:\/\/|#)/i.test(line);

function guessDelimiter(header: string): string | undefined {
  const outside = header.replace(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: outside.split(delimiter).length - 1 }));
  const best = counts.reduce((most, one) => (one.count > most.count ? one : most));
  return best.count === 0 ? undefined : best.delimiter;
}

/** The cells of a single line; quotes may enclose a delimiter. */
function splitLine(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) {
      cells.push(cell.trim());
      cell = '';
    } else cell += character;
  }
  cells.push(cell.trim());
  while (cells.length > 1 && cells.at(-1) === '') cells.pop();
  return cells;
}

const looksLikeData = (cells: readonly string[]) =>
  cells.some(
    (cell) => !isMissingText(cell) && (Number.isFinite(parseNumberText(cell)) || parseTimeText(cell).kind !== undefined),
  );

/** Binance klines: twelve numbers, the seventh of which is the close time, just before the next open time. */
export function looksLikeKline(cells: readonly string[]): boolean {
  if (cells.length !== KLINE_COLUMNS.length) return false;
  const numbers = cells.map((cell) => parseNumberText(cell));
  const [open, close] = [parseTimeText(cells[0]!).ms, parseTimeText(cells[6]!).ms];
  return numbers.every(Number.isFinite) && close > open && close - open < 32 * 86_400_000;
}

function checkNames(path: string, cells: readonly string[]): readonly string[] {
  const names = cells.map((cell, column) => (cell === '' ? `column_${column + 1}` : cell));
  const twice = names.find((name, column) => names.indexOf(name) !== column);
  if (twice !== undefined) {
    throw new DataError('ingest.columns_repeated', `${path} has two columns named "${twice}"`, { hint: 'Rename one of them.' });
  }
  return names;
}

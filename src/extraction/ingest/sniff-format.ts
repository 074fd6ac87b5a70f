import { DataError } from '../../domain/index.ts';

/** How a file is written, by its content. */
export type FileFormat = 'csv' | 'json' | 'ndjson';

/** Whether these are the first bytes of a gzip file. */
export const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

export type BinaryFormat = 'parquet' | 'arrow' | 'sqlite' | 'duckdb';

/** A format that is told by its first bytes; nothing for text. */
export function binaryFormat(bytes: Buffer): BinaryFormat | undefined {
  const at = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (bytes.length >= 12 && at(0, 4) === 'PAR1' && at(bytes.length - 4, bytes.length) === 'PAR1') return 'parquet';
  if (at(0, 6) === 'ARROW1' || (at(0, 4) === '\u00ff\u00ff\u00ff\u00ff' && bytes.length > 16)) return 'arrow';
  if (at(0, 16) === 'SQLite format 3\u0000') return 'sqlite';
  return at(8, 12) === 'DUCK' ? 'duckdb' : undefined;
}

const SIGNATURES: readonly (readonly [string, string])[] = [
  ['PK\u0003\u0004', 'a zip archive'],
  ['BZh', 'a bzip2 archive'],
  ['\u00fd7zXZ', 'an xz archive'],
  ['\u0028\u00b5\u002f\u00fd', 'a zstd archive'],
  ['7z\u00bc\u00af', 'a 7z archive'],
];

/** @throws DataError `ingest.compression_unsupported` for archives that have to be unpacked first, `ingest.parquet_damaged` */
export function refuseArchives(path: string, bytes: Buffer): void {
  const head = bytes.toString('latin1', 0, 8);
  const found = SIGNATURES.find(([signature]) => head.startsWith(signature));
  if (found) {
    throw new DataError('ingest.compression_unsupported', `${path} is ${found[1]}`, {
      hint: 'Unpack it, or pack it with gzip, and ingest the result.',
    });
  }
  if (head.startsWith('PAR1')) {
    throw new DataError('ingest.parquet_damaged', `${path} begins as Parquet but does not end as one`, {
      hint: 'Download or write it again.',
    });
  }
}

/**
 * The format of UTF-8 text: by its first character, and for what begins with `{` by whether its first line is a whole
 * object and more lines follow. @throws DataError for HTML and for text of blanks alone
 */
export function sniffFormat(path: string, bytes: Buffer): FileFormat {
  let at = 0;
  while (at < bytes.length && bytes[at]! <= 32) at += 1;
  const first = String.fromCharCode(bytes[at] ?? 0);
  if (at === bytes.length)
    throw new DataError('ingest.empty', `${path} holds nothing but blanks`, { hint: 'Download or export it again.' });
  if (first === '<') {
    throw new DataError('ingest.html', `${path} is a web page (or XML), not a table`, {
      hint: 'The download probably ended on an error or login page; open the file to see.',
    });
  }
  if (first !== '[' && first !== '{') return 'csv';
  const lineEnd = bytes.indexOf(10, at);
  const more = lineEnd >= 0 && bytes.subarray(lineEnd).some((byte) => byte > 32);
  return more && isWholeJson(bytes.toString('utf8', at, lineEnd)) ? 'ndjson' : 'json';
}

function isWholeJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

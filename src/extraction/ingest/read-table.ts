import { basename } from 'node:path';
import { DataError } from '../../domain/index.ts';
import type { IngestOptions } from './ingest-types.ts';
import { type FileShape, normalizeName } from './profiles/profile.ts';
import type { RawTable } from './raw-table.ts';
import { gunzipBytes, readBytes, toUtf8 } from './read-bytes.ts';
import { readCsv } from './read-csv.ts';
import { isDump, readDump } from './read-dump.ts';
import { readJson, readNdjson } from './read-json.ts';
import { binaryFormat, isGzip, refuseArchives, sniffFormat } from './sniff-format.ts';

/**
 * The table of a file, whatever its format: by content, never by extension alone.
 * @throws ConfigError where there is no such file, DataError where it holds no table or one without rows
 */
export async function readTable(path: string, options: IngestOptions): Promise<FileShape> {
  return readContent(path, await readBytes(path), options);
}

/** As `readTable`, of bytes that are there already. @param path where they come from; a binary database is read from it */
export async function readContent(path: string, packed: Buffer, options: IngestOptions): Promise<FileShape> {
  const { table, preamble = '' } = await tableOf(path, packed, options);
  if (table.rows === 0) {
    throw new DataError('ingest.no_rows', `${path} has column names but no rows`, { hint: 'Ask its source for a longer range.' });
  }
  return {
    path,
    stem: basename(path)
      .toLowerCase()
      .replace(/(\.(csv|tsv|txt|json|ndjson|jsonl|parquet|arrow|feather|sqlite|db|duckdb|sql|gz))+$/, ''),
    table,
    names: table.names.map(normalizeName),
    preamble,
    options,
  };
}

interface ReadTable {
  readonly table: RawTable;
  /** Text before the header. */
  readonly preamble?: string;
}

async function tableOf(path: string, packed: Buffer, options: IngestOptions): Promise<ReadTable> {
  switch (binaryFormat(packed)) {
    case 'parquet':
      return { table: await (await import('./read-duck.ts')).readParquet(path) };
    case 'duckdb':
      return { table: await (await import('./read-duck.ts')).readDuckFile(path, options.table) };
    case 'sqlite':
      return { table: await (await import('./read-sqlite.ts')).readSqlite(path, packed, options.table) };
    case 'arrow':
      return { table: await (await import('./read-arrow.ts')).readArrow(path, packed) };
    case undefined:
      return textTable(path, packed, options);
  }
}

async function textTable(path: string, packed: Buffer, options: IngestOptions): Promise<ReadTable> {
  const content = isGzip(packed) ? await gunzipBytes(path, packed) : packed;
  refuseArchives(path, content);
  const bytes = toUtf8(path, content);
  if (isDump(bytes)) return { table: readDump(path, bytes.toString('utf8'), options.table) };
  const format = sniffFormat(path, bytes);
  if (format === 'csv') return readCsv(path, bytes, options);
  return { table: format === 'json' ? readJson(path, bytes, options.columns) : readNdjson(path, bytes, options.columns) };
}

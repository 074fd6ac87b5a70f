import { basename } from 'node:path';
import { DataError } from '../../domain/index.ts';
import type { IngestOptions } from './ingest-types.ts';
import { type FileShape, normalizeName } from './profiles/profile.ts';
import type { RawTable } from './raw-table.ts';
import { gunzipBytes, readBytes, toUtf8 } from './read-bytes.ts';
import { readCsv } from './read-csv.ts';
import { readJson, readNdjson } from './read-json.ts';
import { isGzip, isParquet, refuseArchives, sniffFormat } from './sniff-format.ts';

/**
 * The table of a file, whatever its format: by content, never by extension alone.
 * @throws ConfigError where there is no such file, DataError where it holds no table or one without rows
 */
export async function readTable(path: string, options: IngestOptions): Promise<FileShape> {
  const packed = await readBytes(path);
  const { table, preamble } = isParquet(packed)
    ? { table: await parquetTable(path), preamble: '' }
    : await textTable(path, packed, options);
  if (table.rows === 0) {
    throw new DataError('ingest.no_rows', `${path} has column names but no rows`, { hint: 'Ask its source for a longer range.' });
  }
  return {
    path,
    stem: basename(path)
      .toLowerCase()
      .replace(/(\.(csv|tsv|txt|json|ndjson|jsonl|parquet|gz))+$/, ''),
    table,
    names: table.names.map(normalizeName),
    preamble,
    options,
  };
}

async function parquetTable(path: string): Promise<RawTable> {
  const { readParquet } = await import('./read-parquet.ts');
  return readParquet(path);
}

async function textTable(path: string, packed: Buffer, options: IngestOptions): Promise<{ table: RawTable; preamble: string }> {
  const content = isGzip(packed) ? await gunzipBytes(path, packed) : packed;
  refuseArchives(path, content);
  const bytes = toUtf8(path, content);
  const format = sniffFormat(path, bytes);
  if (format === 'csv') return readCsv(path, bytes, options);
  const table = format === 'json' ? readJson(path, bytes, options.columns) : readNdjson(path, bytes, options.columns);
  return { table, preamble: '' };
}

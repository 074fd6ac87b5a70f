import { extname, join } from 'node:path';
import { ConfigError, DataError, type TimeMs } from '../domain/index.ts';
import { replaceAtomically } from './atomic-file.ts';
import { type Duck, fileList, quoteName, quoteText } from './duck.ts';
import { writeFailure } from './storage-failure.ts';
import type { TableStore } from './table-store.ts';

const FORMATS: Readonly<Record<string, string>> = { '.parquet': 'FORMAT parquet', '.csv': 'FORMAT csv, HEADER true' };

/**
 * Writes a table as one plain file, Parquet or CSV by its extension; of each key the latest revision.
 * @throws ConfigError `storage.export_format`; DataError `storage.nothing_stored`
 */
export async function exportTable(store: TableStore, duck: Duck, path: string, isPlain: boolean): Promise<{ rows: number }> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (!format) {
    throw new ConfigError('storage.export_format', `${path}: tables are exported as .parquet or .csv`, {
      hint: 'Name a file that ends so.',
    });
  }
  return store.read(async (manifest) => {
    const parts = Object.values(manifest.series).flatMap((entry) => entry.parts);
    if (parts.length === 0) {
      throw new DataError('storage.nothing_stored', `nothing is stored in ${store.name}`, { hint: 'See `ets data list`.' });
    }
    for (const part of parts) await store.checkPart(part);
    const from = `read_parquet(${fileList(parts.map((part) => join(store.directory, part.file)))}, union_by_name = true)`;
    const query = isPlain
      ? `SELECT * FROM ${from} ORDER BY "decisionTimeMs"`
      : `SELECT * FROM ${from} QUALIFY row_number() OVER (PARTITION BY series, "timeMs", id ORDER BY revision DESC) = 1 ORDER BY series, "timeMs", id`;
    let rows = 0;
    await replaceAtomically(path, (temporary) =>
      duck.use(async (connection) => {
        rows = (await connection.run(`COPY (${query}) TO ${quoteText(temporary)} (${format})`)).rowsChanged;
      }),
    ).catch((error: unknown) => {
      throw writeFailure(error, path);
    });
    return { rows };
  });
}

/** Which rows stay: those whose time in `column` is not before `fromMs`. */
export interface KeptRows {
  readonly column: 'endMs' | 'recordedMs';
  readonly fromMs: TimeMs;
}

/** The files of one series as one, in order, every row kept unless told which. */
export async function mergeSeriesFiles(duck: Duck, paths: readonly string[], target: string, kept?: KeptRows): Promise<void> {
  const where = kept === undefined ? '' : ` WHERE ${quoteName(kept.column)} >= ${Math.ceil(kept.fromMs)}`;
  await duck.use(async (connection) => {
    const query = `SELECT * FROM read_parquet(${fileList(paths)}, union_by_name = true)${where} ORDER BY "timeMs", id, revision`;
    await connection.run(`COPY (${query}) TO ${quoteText(target)} (FORMAT parquet)`);
  });
}

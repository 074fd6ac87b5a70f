import { DataError } from '../../domain/index.ts';
import { chooseTable } from './choose-table.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * A table of an SQLite file. It is read in memory by SQLite itself compiled to WebAssembly, which needs no native module.
 * @throws ConfigError `ingest.table_unknown`, DataError `ingest.database_damaged`
 */
export async function readSqlite(path: string, bytes: Buffer, table: string | undefined): Promise<RawTable> {
  const { default: initSqlJs } = await import('sql.js');
  const { Database } = await initSqlJs();
  const database = new Database(bytes);
  const select = (query: string) => {
    try {
      return database.exec(query)[0];
    } catch (cause) {
      throw new DataError('ingest.database_damaged', `${path} cannot be read as SQLite: ${String(cause)}`, {
        hint: 'Copy or export it again while nobody writes to it.',
        cause,
      });
    }
  };
  try {
    const listed = select(
      "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    const chosen = chooseTable(path, listed?.values.map(([name]) => String(name)) ?? [], table);
    const found = select(`SELECT * FROM ${quoteName(chosen)}`);
    const cells = (found?.values ?? []).map((row) => row.map(asCell));
    return cellTable({ names: found?.columns ?? [], cells });
  } finally {
    database.close();
  }
}

const asCell = (value: unknown): Cell =>
  value === null || typeof value === 'number' || typeof value === 'string' ? value : String(value);

import type { DuckDBConnection } from '@duckdb/node-api';
import { AppError, DataError } from '../../domain/index.ts';
import { chooseTable } from './choose-table.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';

const WHOLE = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT|UINTEGER|FLOAT|DOUBLE)$/;
const TIME = /^(DATE|TIMESTAMP.*)$/;

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A Parquet file. @throws DataError `ingest.parquet_damaged` */
export function readParquet(path: string): Promise<RawTable> {
  return withDuck(async (connection) => selectAll(connection, `read_parquet(${quoteText(path)})`)).catch((cause: unknown) => {
    throw new DataError('ingest.parquet_damaged', `${path} cannot be read as Parquet: ${reason(cause)}`, {
      hint: 'Write or download it again.',
      cause,
    });
  });
}

/** A table of a DuckDB file. @throws ConfigError `ingest.table_unknown`, DataError `ingest.database_damaged` */
export function readDuckFile(path: string, table: string | undefined): Promise<RawTable> {
  return withDuck(async (connection) => {
    await connection.run(`ATTACH ${quoteText(path)} AS source (READ_ONLY)`);
    const listed = await connection.runAndReadAll(
      "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'source' ORDER BY table_name",
    );
    const chosen = chooseTable(
      path,
      listed.getRows().map(([name]) => String(name)),
      table,
    );
    return selectAll(connection, `source.${quoteName(chosen)}`);
  }).catch((cause: unknown) => {
    if (cause instanceof AppError) throw cause;
    throw new DataError('ingest.database_damaged', `${path} cannot be read as DuckDB: ${reason(cause)}`, {
      hint: 'Copy or export it again while nobody writes to it; a newer DuckDB may have written it.',
      cause,
    });
  });
}

const reason = (cause: unknown) => (cause instanceof Error ? cause.message.split('\n')[0] : 'unknown');

/** DuckDB in memory, forbidden to fetch anything. */
async function withDuck<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function selectAll(connection: DuckDBConnection, source: string): Promise<RawTable> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  const selected = columns.map(({ name, type }) => {
    const column = quoteName(name);
    if (TIME.test(type)) return `CAST(epoch_us(CAST(${column} AS TIMESTAMP)) AS VARCHAR) AS ${column}`;
    return WHOLE.test(type) ? column : `CAST(${column} AS VARCHAR) AS ${column}`;
  });
  const reader = await connection.runAndReadAll(`SELECT ${selected.join(', ')} FROM ${source}`);
  const times = columns.map(({ type }) => TIME.test(type));
  const cells = reader
    .getRows()
    .map((row) => row.map((value, column): Cell => (times[column] ? microsecondsToIso(value) : asCell(value))));
  return cellTable({ names: columns.map(({ name }) => name), cells });
}

const asCell = (value: unknown): Cell => (value === null || typeof value === 'number' ? value : String(value));

/** A typed time needs no guessing of units: it becomes the text that says which one it is. */
function microsecondsToIso(value: unknown): Cell {
  const ms = Math.floor(Number(value) / 1_000);
  return value === null || !(Math.abs(ms) <= 8.64e15) ? null : new Date(ms).toISOString();
}

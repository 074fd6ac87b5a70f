import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { AppError, DataError } from '../../domain/index.ts';
import { chooseTable } from './choose-table.ts';
import { columnTable, type TypedColumn } from './column-table.ts';
import type { Cell, RawTable } from './raw-table.ts';

/** Types that a double holds exactly. */
const NUMBER = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT|UINTEGER|FLOAT|DOUBLE)$/;
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

type Kind = TypedColumn['kind'];

const kindOf = (type: string): Kind => (TIME.test(type) ? 'time' : NUMBER.test(type) ? 'number' : 'cells');

/** What a column is asked for as: numbers and times as doubles without nulls, all else as text, so that no digit is lost. */
const ASK: Readonly<Record<Kind, (column: string) => string>> = {
  number: (column) => `coalesce(CAST(${column} AS DOUBLE), 'nan'::DOUBLE)`,
  time: (column) => `coalesce(CAST(epoch_us(CAST(${column} AS TIMESTAMP)) // 1000 AS DOUBLE), 'nan'::DOUBLE)`,
  cells: (column) => `CAST(${column} AS VARCHAR)`,
};

async function selectAll(connection: DuckDBConnection, source: string): Promise<RawTable> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), kind: kindOf(String(type)) }));
  const selected = columns.map(({ name, kind }) => `${ASK[kind](quoteName(name))} AS ${quoteName(name)}`);
  const result = await connection.run(`SELECT ${selected.join(', ')} FROM ${source}`);
  const chunks = await result.fetchAllChunks();
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const typed = columns.map(({ kind }, column): TypedColumn => {
    if (kind === 'cells') return { kind, cells: chunks.flatMap((chunk) => chunk.getColumnValues(column) as Cell[]) };
    const values = doublesOf(chunks, column, rows);
    return kind === 'time' ? { kind, ms: values } : { kind, values };
  });
  return columnTable(
    columns.map(({ name }) => name),
    typed,
    rows,
  );
}

function doublesOf(chunks: readonly DuckDBDataChunk[], column: number, rows: number): Float64Array {
  const values = new Float64Array(rows);
  let at = 0;
  for (const chunk of chunks) {
    const vector = chunk.getColumnVector(column);
    for (let row = 0; row < chunk.rowCount; row += 1) values[at + row] = vector.getItem(row) as number;
    at += chunk.rowCount;
  }
  return values;
}

import { DataError } from '../../domain/index.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';

const WHOLE = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT|UINTEGER|FLOAT|DOUBLE)$/;
const TIME = /^(DATE|TIMESTAMP.*)$/;

const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A Parquet file. DuckDB reads it, forbidden to fetch anything. @throws DataError `ingest.parquet_damaged` */
export async function readParquet(path: string): Promise<RawTable> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  });
  const connection = await instance.connect();
  try {
    const source = `read_parquet(${quoteText(path)})`;
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
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : 'unknown';
    throw new DataError('ingest.parquet_damaged', `${path} cannot be read as Parquet: ${why}`, {
      hint: 'Write or download it again.',
      cause,
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const asCell = (value: unknown): Cell => (value === null || typeof value === 'number' ? value : String(value));

/** A typed time needs no guessing of units: it becomes the text that says which one it is. */
function microsecondsToIso(value: unknown): Cell {
  const ms = Math.floor(Number(value) / 1_000);
  return value === null || !(Math.abs(ms) <= 8.64e15) ? null : new Date(ms).toISOString();
}

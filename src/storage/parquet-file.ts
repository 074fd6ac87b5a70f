import type { DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import { type Duck, fileList, quoteName, quoteText } from './duck.ts';

/** Times are whole milliseconds, numbers doubles with NaN for "not known" (NULL in the file). */
export type ColumnKind = 'time' | 'integer' | 'number' | 'boolean' | 'text';

export type FileColumn =
  | { readonly name: string; readonly kind: 'time' | 'integer' | 'number' | 'boolean'; readonly values: ArrayLike<number> }
  | { readonly name: string; readonly kind: 'text'; readonly values: readonly (string | null)[] }
  | { readonly name: string; readonly kind: 'text'; readonly constant: string };

export interface ReadColumns {
  readonly rows: number;
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly texts: Readonly<Record<string, (string | null)[]>>;
}

const CHUNK_ROWS = 2048;

const TO_FILE: Record<ColumnKind, (column: string) => string> = {
  time: (column) => `CAST(${column} AS BIGINT)`,
  integer: (column) => `CAST(${column} AS INTEGER)`,
  boolean: (column) => `${column} <> 0`,
  number: (column) => `nullif(${column}, 'nan'::DOUBLE)`,
  text: (column) => column,
};

/** Writes one Parquet file of `rows` rows. Not atomic by itself: see `replaceAtomically`. */
export async function writeParquet(duck: Duck, path: string, rows: number, columns: readonly FileColumn[]): Promise<void> {
  await duck.use(async (connection) => {
    const stored = columns.filter((column) => 'values' in column);
    const definitions = stored.map(({ name, kind }) => `${quoteName(name)} ${kind === 'text' ? 'VARCHAR' : 'DOUBLE'}`);
    await connection.run(`CREATE TEMP TABLE rows_to_write (${definitions.join(', ')})`);
    await appendChunks(connection, rows, stored);
    const selected = columns.map((column) => {
      const name = quoteName(column.name);
      return `${'constant' in column ? quoteText(column.constant) : TO_FILE[column.kind](name)} AS ${name}`;
    });
    await connection.run(`COPY (SELECT ${selected.join(', ')} FROM rows_to_write) TO ${quoteText(path)} (FORMAT parquet)`);
    await connection.run('DROP TABLE rows_to_write');
  });
}

type StoredColumn = Extract<FileColumn, { readonly values: unknown }>;

async function appendChunks(connection: DuckDBConnection, rows: number, columns: readonly StoredColumn[]): Promise<void> {
  const { DOUBLE, DuckDBDataChunk, VARCHAR } = await import('@duckdb/node-api');
  const appender = await connection.createAppender('rows_to_write');
  const types = columns.map(({ kind }) => (kind === 'text' ? VARCHAR : DOUBLE));
  try {
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const size = Math.min(CHUNK_ROWS, rows - first);
      const chunk = DuckDBDataChunk.create(types, size);
      for (const [index, { values }] of columns.entries()) {
        const vector = chunk.getColumnVector(index) as DuckDBVector & {
          setItem(row: number, value: number | string | null): void;
        };
        for (let row = 0; row < size; row++) vector.setItem(row, values[first + row]!);
        vector.flush();
      }
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}

/** Reads columns of Parquet files with the same kinds of columns; one that a file does not have is not known in its rows. */
export async function readParquet(
  duck: Duck,
  paths: readonly string[],
  columns: readonly { readonly name: string; readonly kind: ColumnKind }[],
): Promise<ReadColumns> {
  return duck.use(async (connection) => {
    const selected = columns.map(({ name, kind }) => {
      const column = quoteName(name);
      return kind === 'text' ? column : `coalesce(CAST(${column} AS DOUBLE), 'nan'::DOUBLE) AS ${column}`;
    });
    const result = await connection.run(
      `SELECT ${selected.join(', ')} FROM read_parquet(${fileList(paths)}, union_by_name = true)`,
    );
    const chunks = await result.fetchAllChunks();
    const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
    const numbers: Record<string, Float64Array> = {};
    const texts: Record<string, (string | null)[]> = {};
    for (const [index, { name, kind }] of columns.entries()) {
      const values = kind === 'text' ? new Array<string | null>(rows) : new Float64Array(rows);
      let at = 0;
      for (const chunk of chunks) {
        const vector = chunk.getColumnVector(index);
        const size = chunk.rowCount;
        for (let row = 0; row < size; row++) values[at + row] = vector.getItem(row) as never;
        at += size;
      }
      if (values instanceof Float64Array) numbers[name] = values;
      else texts[name] = values;
    }
    return { rows, numbers, texts };
  });
}

import { runInNewContext } from 'node:vm';
import { DataError } from '../../domain/index.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';

/** A row takes a bit at least. */
const BITS = 8;
/** Damaged lengths can send the reader round in circles: it is ended after this, and a second more for each 10 MB. */
const PATIENCE_MS = 500;
const BYTES_PER_MS = 10_000;

/** An Arrow file or stream (also Feather version 2). @throws DataError `ingest.arrow_damaged` */
export async function readArrow(path: string, bytes: Buffer): Promise<RawTable> {
  const arrow = await import('apache-arrow');
  try {
    const timeout = Math.ceil(PATIENCE_MS + bytes.length / BYTES_PER_MS);
    return runInNewContext('read()', { read: () => tableOf(arrow, bytes) }, { timeout }) as RawTable;
  } catch (cause) {
    throw new DataError('ingest.arrow_damaged', `${path} cannot be read as Arrow: ${reason(cause)}`, {
      hint: 'Write or download it again, without compression.',
      cause,
    });
  }
}

function tableOf({ tableFromIPC, DataType }: typeof import('apache-arrow'), bytes: Buffer): RawTable {
  const table = tableFromIPC(bytes);
  if (!(table.numRows <= bytes.length * BITS)) throw new RangeError(`it claims ${table.numRows} rows`);
  const isTime = table.schema.fields.map(({ type }) => DataType.isTimestamp(type) || DataType.isDate(type));
  const columns = table.schema.fields.map((_, i) => table.getChildAt(i));
  const cells = Array.from({ length: table.numRows }, (_, row) =>
    columns.map((column, i): Cell => (isTime[i] ? toIso(column?.get(row)) : asCell(column?.get(row)))),
  );
  return cellTable({ names: table.schema.fields.map(({ name }) => name), cells });
}

const reason = (cause: unknown) => (cause instanceof Error ? cause.message.split('\n')[0] : String(cause));

/** Times come in milliseconds whatever their unit in the file. */
function toIso(value: unknown): Cell {
  const ms = value === null || value === undefined ? Number.NaN : Number(value);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}

const asCell = (value: unknown): Cell =>
  value === null || value === undefined ? null : typeof value === 'number' || typeof value === 'boolean' ? value : String(value);

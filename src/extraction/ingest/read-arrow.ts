import { runInNewContext } from 'node:vm';
import { DataError } from '../../domain/index.ts';
import { columnTable, type TypedColumn } from './column-table.ts';
import type { Cell, RawTable } from './raw-table.ts';

type Arrow = typeof import('apache-arrow');
type ArrowType = import('apache-arrow').DataType;

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

function tableOf({ tableFromIPC, DataType }: Arrow, bytes: Buffer): RawTable {
  const table = tableFromIPC(bytes);
  if (!(table.numRows <= bytes.length * BITS)) throw new RangeError(`it claims ${table.numRows} rows`);
  const names = table.schema.fields.map(({ name }) => name);
  const columns = table.schema.fields.map(({ type }, i): TypedColumn => {
    const column = table.getChildAt(i)!;
    if (DataType.isTimestamp(type) || DataType.isDate(type)) return { kind: 'time', ms: numbersOf(column) };
    if (isExact(type, DataType)) return { kind: 'number', values: numbersOf(column) };
    return { kind: 'cells', cells: Array.from(column, asCell) };
  });
  return columnTable(names, columns, table.numRows);
}

/** Whether a double holds every value: floats, and whole numbers of up to 32 bits. */
const isExact = (type: ArrowType, { isFloat, isInt }: Arrow['DataType']): boolean =>
  isFloat(type) || (isInt(type) && type.bitWidth <= 32);

/** Numbers, and times in whole milliseconds whatever their unit in the file; NaN where there is none. */
function numbersOf(column: Iterable<unknown> & { readonly length: number; readonly nullCount: number; toArray(): unknown }) {
  const plain = column.nullCount === 0 ? column.toArray() : undefined;
  if (plain instanceof Float64Array) return plain.slice();
  return Float64Array.from(column, (value) => (value === null || value === undefined ? Number.NaN : Number(value)));
}

const reason = (cause: unknown) => (cause instanceof Error ? cause.message.split('\n')[0] : String(cause));

const asCell = (value: unknown): Cell =>
  value === null || value === undefined ? null : typeof value === 'number' || typeof value === 'boolean' ? value : String(value);

import { BucketSort } from './bucket-sort.ts';
import { bucketValues, type ValueBuckets } from './value-buckets.ts';

/** Code of a value that is missing. */
const MISSING_RANK = 65_535;
const MOST_RANKS = 65_535;

/** Where each value of a window stands among the different ones of its column: comparisons of values, in two bytes. */
export interface ValueRanks {
  /** Column-major; 0 is the smallest value, `MISSING_RANK` no value. */
  readonly codes: Uint16Array;
  /** The different values of each column, ascending, column after column. */
  readonly distinct: Float64Array;
  /** Where those of each column begin, and where the last ones end. */
  readonly starts: Int32Array;
  /** Where to look for a number among them. */
  readonly buckets: ValueBuckets;
}

/** Ranks column-major values; `null` where there could be more than two bytes number. `allocate` says where bytes live. */
export function rankColumns(
  byColumn: Float64Array,
  rows: number,
  columns: number,
  allocate: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
): ValueRanks | null {
  if (rows > MOST_RANKS) return null;
  const codes = new Uint16Array(allocate(rows * columns * 2));
  const starts = new Int32Array(allocate((columns + 1) * 4));
  const found = new Float64Array(rows * columns);
  const sort = new BucketSort(rows);
  let end = 0;
  for (let column = 0; column < columns; column++) {
    starts[column] = end;
    const values = byColumn.subarray(column * rows, (column + 1) * rows);
    const ranks = codes.subarray(column * rows, (column + 1) * rows).fill(MISSING_RANK);
    const own = found.subarray(end);
    const order = sort.order(values);
    end += order === null ? rankByHalving(values, own, ranks) : rankInOrder(order, values, own, ranks);
  }
  starts[columns] = end;
  const distinct = new Float64Array(allocate(end * 8));
  distinct.set(found.subarray(0, end));
  return { codes, distinct, starts, buckets: bucketValues(distinct, starts) };
}

/** Ranks values that are sorted. @returns how many different ones are in `found` now */
function rankInOrder(order: Int32Array, values: Float64Array, found: Float64Array, ranks: Uint16Array): number {
  let end = 0;
  for (let at = 0; at < order.length; at++) {
    const position = order[at]!;
    // A negative zero is a zero.
    const value = values[position]! + 0;
    if (end === 0 || value !== found[end - 1]) found[end++] = value;
    ranks[position] = end - 1;
  }
  return end;
}

/** Sorts values, then looks each up. @returns how many different ones are in `found` now */
function rankByHalving(values: Float64Array, found: Float64Array, ranks: Uint16Array): number {
  const sorted = values.slice().sort();
  let end = 0;
  // Missing values are sorted to the end.
  for (let at = 0; at < sorted.length && !Number.isNaN(sorted[at]!); at++) {
    const value = sorted[at]! + 0;
    if (end === 0 || value !== found[end - 1]) found[end++] = value;
  }
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (Number.isNaN(value)) continue;
    let place = 0;
    for (let count = end; count > 1; ) {
      const half = count >> 1;
      place += half & -Number(found[place + half]! <= value);
      count -= half;
    }
    ranks[at] = place;
  }
  return end;
}

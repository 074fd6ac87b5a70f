import { bucketOf, bucketValues, type ValueBuckets } from './value-buckets.ts';

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
  const starts = new Int32Array(allocate((columns + 1) * 4));
  const found = new Float64Array(rows * columns);
  let end = 0;
  for (let column = 0; column < columns; column++) {
    const start = end;
    starts[column] = start;
    const sorted = byColumn.slice(column * rows, (column + 1) * rows).sort();
    // Missing values are sorted to the end; a negative zero is a zero.
    for (let at = 0; at < rows && !Number.isNaN(sorted[at]!); at++) {
      const value = sorted[at]! + 0;
      if (end === start || value !== found[end - 1]) found[end++] = value;
    }
  }
  starts[columns] = end;
  const distinct = new Float64Array(allocate(end * 8));
  distinct.set(found.subarray(0, end));
  const buckets = bucketValues(distinct, starts);
  const codes = new Uint16Array(allocate(rows * columns * 2));
  for (let column = 0, at = 0; column < columns; column++) {
    for (const last = at + rows; at < last; at++) {
      const value = byColumn[at]!;
      codes[at] = Number.isNaN(value) ? MISSING_RANK : placeOf(value, column, distinct, buckets) - starts[column]!;
    }
  }
  return { codes, distinct, starts, buckets };
}

/** Where a value stands that is there. */
function placeOf(value: number, column: number, distinct: Float64Array, buckets: ValueBuckets): number {
  const bucket = bucketOf(buckets, column, value);
  let place = buckets.firsts[bucket]!;
  let count = buckets.firsts[bucket + 1]! - place;
  while (count > 1) {
    const half = count >> 1;
    place += half & -Number(distinct[place + half]! <= value);
    count -= half;
  }
  return place;
}

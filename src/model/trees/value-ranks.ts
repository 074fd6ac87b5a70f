/** Code of a value that is missing. */
const MISSING_RANK = 65_535;
const MOST_RANKS = 65_535;

/** Where each value of a window stands among the different ones of its column: comparisons of values, in two bytes. */
export interface ValueRanks {
  /** Column-major; 0 is the smallest value, `MISSING_RANK` no value. */
  readonly codes: Uint16Array;
  /** The different values of each column, ascending, column after column. */
  readonly distinct: Float64Array;
  /** Where those of each column begin. */
  readonly starts: Int32Array;
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
  const starts = new Int32Array(allocate(columns * 4));
  const found = new Float64Array(rows * columns);
  let end = 0;
  for (let column = 0; column < columns; column++) {
    const from = column * rows;
    const start = end;
    starts[column] = start;
    // Missing values are sorted to the end.
    const sorted = byColumn.slice(from, from + rows).sort();
    for (const value of sorted) {
      if (Number.isNaN(value)) break;
      // A negative zero is a zero.
      if (end === start || value !== found[end - 1]) found[end++] = value + 0;
    }
    for (let row = 0; row < rows; row++) {
      const value = byColumn[from + row]!;
      let low = start;
      let high = end;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (found[middle]! < value) low = middle + 1;
        else high = middle;
      }
      codes[from + row] = Number.isNaN(value) ? MISSING_RANK : low - start;
    }
  }
  const distinct = new Float64Array(allocate(end * 8));
  distinct.set(found.subarray(0, end));
  return { codes, distinct, starts };
}

const STRIDE = 256;

/** Quantile bins of every column of one training window. Built from features alone, so that folds may share it. */
export interface Binning {
  readonly rows: number;
  readonly columns: number;
  /** Column-major; 0 is missing, 1..binCounts[column] are ascending value ranges. */
  readonly bins: Uint8Array;
  /** Number of value bins per column; 0 where every value is missing. */
  readonly binCounts: Int32Array;
  /** `edges[column * 256 + bin]`: a value is in `bin` or below where it is at or below this. The last one is Infinity. */
  readonly edges: Float64Array;
}

/** Largest value of a column that belongs to `bin` or below: the threshold a split at this bin uses. */
export const edgeOf = (binning: Binning, column: number, bin: number): number => binning.edges[column * STRIDE + bin]!;

/**
 * Cuts sorted values into at most `maxBins` bins of about equal size, none smaller than `minRows` rows except where
 * fewer exist. Equal values stay together, and a value that fills a bin by itself gets one. Writes the upper edges,
 * midway between neighbours, at `edges[offset + 1...]`.
 * @returns the number of bins
 */
function cutSorted(sorted: Float64Array, maxBins: number, minRows: number, edges: Float64Array, offset: number): number {
  const count = sorted.length;
  if (count === 0) return 0;
  let bins = 1;
  let inBin = 0;
  let remaining = count;
  let target = Math.max(minRows, count / maxBins);
  let at = 0;
  const close = (next: number) => {
    const below = sorted[next - 1]!;
    const above = sorted[next]!;
    const middle = below + (above - below) / 2;
    edges[offset + bins] = middle < above && middle >= below ? middle : below;
    bins++;
    remaining -= inBin;
    inBin = 0;
    target = Math.max(minRows, remaining / (maxBins - bins + 1));
  };
  while (at < count) {
    let end = at + 1;
    while (end < count && sorted[end] === sorted[at]) end++;
    const run = end - at;
    const room = bins < maxBins;
    if (room && inBin >= minRows && run >= target) close(at);
    inBin += run;
    at = end;
    if (bins < maxBins && at < count && inBin >= target && count - at >= minRows) close(at);
  }
  edges[offset + bins] = Number.POSITIVE_INFINITY;
  return bins;
}

/** How finely columns are cut. */
export interface BinCut {
  /** At most 255. */
  readonly maxBins: number;
  /** Keeps single rows from being a bin of their own. */
  readonly minRows: number;
}

/** Where the bytes of bins live, so that worker threads can share them. */
export type Allocate = (bytes: number) => ArrayBufferLike;

/** Bins column-major values, once for each cut. */
export function cutColumns(
  byColumn: Float64Array,
  rows: number,
  columns: number,
  cuts: readonly BinCut[],
  allocate: Allocate = (bytes) => new ArrayBuffer(bytes),
): Binning[] {
  const binnings = cuts.map(() => ({
    rows,
    columns,
    bins: new Uint8Array(allocate(rows * columns)),
    binCounts: new Int32Array(allocate(columns * 4)),
    edges: new Float64Array(allocate(columns * STRIDE * 8)),
  }));
  const known = new Float64Array(rows);
  for (let column = 0; column < columns; column++) {
    const values = byColumn.subarray(column * rows, (column + 1) * rows);
    let count = 0;
    for (let row = 0; row < rows; row++) if (!Number.isNaN(values[row]!)) known[count++] = values[row]!;
    const sorted = known.subarray(0, count).sort();
    for (const [i, { maxBins, minRows }] of cuts.entries()) {
      const { bins, binCounts, edges } = binnings[i]!;
      const offset = column * STRIDE;
      binCounts[column] = cutSorted(sorted, Math.min(255, maxBins), minRows, edges, offset);
      fillBins(values, edges, offset, binCounts[column]!, bins.subarray(column * rows, (column + 1) * rows));
    }
  }
  return binnings;
}

/** Bins column-major values. */
export const binColumns = (
  byColumn: Float64Array,
  rows: number,
  columns: number,
  maxBins = 255,
  minRows = 4,
  allocate?: Allocate,
): Binning => cutColumns(byColumn, rows, columns, [{ maxBins, minRows }], allocate)[0]!;

/** Finds the bin of each value, by halving. */
function fillBins(values: Float64Array, edges: Float64Array, offset: number, total: number, bins: Uint8Array): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    let low = 1;
    let high = total;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= edges[offset + middle]!) high = middle;
      else low = middle + 1;
    }
    bins[row] = low;
  }
}

import type { Binning } from './binning.ts';

/** Columns whose bins are read together, as one 32-bit number per row. */
export const QUAD = 4;

/**
 * Where the bins of each used column stand in one flat histogram, and the bins themselves, four columns to a number:
 * a row then costs one read for four columns. Places beyond the last column are added where nobody looks.
 */
export interface HistogramLayout {
  readonly rows: number;
  readonly columns: Int32Array;
  readonly binCounts: Int32Array;
  /** Start of each column's bins, for whole quads. */
  readonly offsets: Int32Array;
  /** Numbers in a histogram. */
  readonly size: number;
  readonly quads: Uint32Array;
}

export const quadsOf = (columns: number): number => Math.ceil(columns / QUAD);

/** Lays the bins of the given columns side by side; `null` means all columns. */
export function layOutHistogram(binning: Binning, used: Int32Array | null): HistogramLayout {
  const { bins, binCounts: all, rows, columns: width } = binning;
  const columns = used ?? Int32Array.from({ length: width }, (_, column) => column);
  const binCounts = Int32Array.from(columns, (column) => all[column]!);
  const groups = quadsOf(columns.length);
  const offsets = new Int32Array(groups * QUAD);
  const quads = new Uint32Array(groups * rows);
  let size = 0;
  for (let i = 0; i < columns.length; i++) {
    offsets[i] = size;
    size += binCounts[i]! + 1;
    const from = columns[i]! * rows;
    const to = (i >>> 2) * rows;
    const shift = (i & 3) * 8;
    if (shift === 0) for (let row = 0; row < rows; row++) quads[to + row] = bins[from + row]!;
    else for (let row = 0; row < rows; row++) quads[to + row]! |= bins[from + row]! << shift;
  }
  offsets.fill(size, columns.length);
  return { rows, columns, binCounts, offsets, size: size + 1, quads };
}

/** Adds the packed gradients of `order[begin..end)` to the bins of all columns. */
export function addRows(
  { quads, rows, offsets }: HistogramLayout,
  packed: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
  histogram: Float64Array,
): void {
  for (let first = 0; first < offsets.length; first += QUAD) {
    const from = (first >>> 2) * rows;
    const a = offsets[first]!;
    const b = offsets[first + 1]!;
    const c = offsets[first + 2]!;
    const d = offsets[first + 3]!;
    for (let i = begin; i < end; i++) {
      const row = order[i]!;
      const quad = quads[from + row]!;
      const value = packed[row]!;
      histogram[a + (quad & 255)]! += value;
      histogram[b + ((quad >>> 8) & 255)]! += value;
      histogram[c + ((quad >>> 16) & 255)]! += value;
      histogram[d + (quad >>> 24)]! += value;
    }
  }
}

/** What is left of the parent without one child: the other child, exactly, as sums are integers. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  for (let i = 0; i < parent.length; i++) parent[i]! -= child[i]!;
}

import type { Binning } from './binning.ts';

/** Columns whose bins are read together, as one 32-bit number per row. */
const QUAD = 4;

/**
 * Where the bins of each used column stand in one flat histogram, and the bins themselves, four columns to a number:
 * a row then costs one read for four columns. Places beyond the last column repeat it and are added nowhere that counts.
 */
export interface HistogramLayout {
  readonly rows: number;
  readonly columns: Int32Array;
  readonly binCounts: Int32Array;
  /** Start of each column's bins; padded to a multiple of four with a spare region at the end. */
  readonly offsets: Int32Array;
  readonly size: number;
  readonly quads: Uint32Array;
}

/** Lays the bins of the given columns side by side; `null` means all columns. */
export function layOutHistogram(
  { bins, binCounts: all, rows, columns: width }: Binning,
  used: Int32Array | null,
): HistogramLayout {
  const columns = used ?? Int32Array.from({ length: width }, (_, column) => column);
  const binCounts = Int32Array.from(columns, (column) => all[column]!);
  const groups = Math.ceil(columns.length / QUAD);
  const offsets = new Int32Array(groups * QUAD);
  const quads = new Uint32Array(groups * rows);
  let size = 0;
  for (let i = 0; i < columns.length; i++) {
    offsets[i] = size;
    size += binCounts[i]! + 1;
    const from = columns[i]! * rows;
    const to = (i >>> 2) * rows;
    const shift = (i & 3) * 8;
    for (let row = 0; row < rows; row++) quads[to + row]! |= bins[from + row]! << shift;
  }
  offsets.fill(size, columns.length);
  return { rows, columns, binCounts, offsets, size, quads };
}

/** Numbers of a histogram: its bins, and the one spare bin that padding is added to. */
export const sizeOf = (layout: HistogramLayout): number => layout.size + 1;

/** Copies the packed gradients of `order[begin..end)` to the front of `into`, so that every column reads them in a row. */
export function gather(packed: Float64Array, order: Int32Array, begin: number, end: number, into: Float64Array): void {
  for (let i = begin, at = 0; i < end; i++) into[at++] = packed[order[i]!]!;
}

/** Adds `order[begin..end)` with their gathered gradients to every column's bins. */
export function addRows(
  layout: HistogramLayout,
  gathered: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
  histogram: Float64Array,
): void {
  const { quads, rows, offsets } = layout;
  const count = end - begin;
  for (let group = 0; group * QUAD < offsets.length; group++) {
    const from = group * rows;
    const a = offsets[group * QUAD]!;
    const b = offsets[group * QUAD + 1]!;
    const c = offsets[group * QUAD + 2]!;
    const d = offsets[group * QUAD + 3]!;
    for (let i = 0; i < count; i++) {
      const quad = quads[from + order[begin + i]!]!;
      const value = gathered[i]!;
      histogram[a + (quad & 255)]! += value;
      histogram[b + ((quad >>> 8) & 255)]! += value;
      histogram[c + ((quad >>> 16) & 255)]! += value;
      histogram[d + (quad >>> 24)]! += value;
    }
  }
}

/** What is left of the parent's first `size` bins without one child: the other child, exactly, as sums are integers. */
export function subtractHistogram(parent: Float64Array, child: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) parent[i]! -= child[i]!;
}

import type { Binning } from './binning.ts';

/** Columns whose bins are read together, as one 32-bit number per row. */
const QUAD = 4;
/** Columns that are searched as one piece of work, from nothing: two quads, whose histograms stay in the nearest cache. */
export const BLOCK = 8;

/**
 * Where the bins of each used column stand in one flat histogram, and the bins themselves, four columns to a number:
 * a row then costs one read for four columns. Places beyond the last column are added where nobody looks.
 */
export interface HistogramLayout {
  readonly rows: number;
  readonly columns: Int32Array;
  readonly binCounts: Int32Array;
  /** Start of each column's bins, for whole quads; blocks begin at even places. */
  readonly offsets: Int32Array;
  /** Numbers in a histogram; even. */
  readonly size: number;
  readonly quads: Uint32Array;
}

/** Blocks of so many columns. */
export const blocksOf = (columns: number): number => Math.ceil(columns / BLOCK);

/** Most numbers that the bins of any of the columns need, spare places included. */
export const largestHistogram = ({ binCounts, columns }: Binning): number =>
  binCounts.reduce((sum, bins) => sum + bins + 1, 0) + 2 * blocksOf(columns);

/** Numbers that `quads` needs for all columns. */
export const quadsNeeded = ({ rows, columns }: Binning): number => Math.ceil(columns / QUAD) * rows;

/** Lays the bins of the given columns side by side; `null` means all columns. Writes to the front of `quads` where given. */
export function layOutHistogram(binning: Binning, used: Int32Array | null, quads?: Uint32Array): HistogramLayout {
  const { bins, binCounts: all, rows, columns: width } = binning;
  const columns = used ?? Int32Array.from({ length: width }, (_, column) => column);
  const binCounts = Int32Array.from(columns, (column) => all[column]!);
  const groups = Math.ceil(columns.length / QUAD);
  const offsets = new Int32Array(groups * QUAD);
  const laid = quads ?? new Uint32Array(groups * rows);
  let size = 0;
  for (let i = 0; i < columns.length; i++) {
    if (i % BLOCK === 0) size += size & 1;
    offsets[i] = size;
    size += binCounts[i]! + 1;
    const from = columns[i]! * rows;
    const to = (i >>> 2) * rows;
    const shift = (i & 3) * 8;
    if (shift === 0) for (let row = 0; row < rows; row++) laid[to + row] = bins[from + row]!;
    else for (let row = 0; row < rows; row++) laid[to + row]! |= bins[from + row]! << shift;
  }
  offsets.fill(size, columns.length);
  size += 1;
  return { rows, columns, binCounts, offsets, size: size + (size & 1), quads: laid };
}

/** Where the bins of a block stand in a histogram. */
export function blockRange({ offsets, size }: HistogramLayout, block: number): readonly [start: number, end: number] {
  return [offsets[block * BLOCK]!, offsets[(block + 1) * BLOCK] ?? size];
}

/** Copies the packed gradients of `order[begin..end)` to the same places of `into`, so that every column reads them in a row. */
export function gather(packed: Float64Array, order: Int32Array, begin: number, end: number, into: Float64Array): void {
  for (let i = begin; i < end; i++) into[i] = packed[order[i]!]!;
}

/** Adds `order[begin..end)` with their gathered gradients, times 1 or -1, to the bins of a block's columns. */
export function addRows(
  { quads, rows, offsets }: HistogramLayout,
  block: number,
  gathered: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
  sign: 1 | -1,
  histogram: Float64Array,
): void {
  const last = Math.min(offsets.length, (block + 1) * BLOCK);
  for (let first = block * BLOCK; first < last; first += QUAD) {
    const from = (first >>> 2) * rows;
    const a = offsets[first]!;
    const b = offsets[first + 1]!;
    const c = offsets[first + 2]!;
    const d = offsets[first + 3]!;
    for (let i = begin; i < end; i++) {
      const quad = quads[from + order[i]!]!;
      const value = sign * gathered[i]!;
      histogram[a + (quad & 255)]! += value;
      histogram[b + ((quad >>> 8) & 255)]! += value;
      histogram[c + ((quad >>> 16) & 255)]! += value;
      histogram[d + (quad >>> 24)]! += value;
    }
  }
}

/** What is left of the parent without one child, in a block: the other child, exactly, as sums are integers. */
export function subtractHistogram(parent: Float64Array, child: Float64Array, start: number, end: number): void {
  for (let i = start; i < end; i++) parent[i]! -= child[i]!;
}

import type { Binning } from './binning.ts';

/** Where the bins of each used column stand in one flat histogram. */
export interface HistogramLayout {
  readonly binning: Binning;
  readonly columns: Int32Array;
  readonly offsets: Int32Array;
  readonly binCounts: Int32Array;
  readonly size: number;
}

/** Lays the bins of the given columns side by side; `null` means all columns. */
export function layOutHistogram(binning: Binning, used: Int32Array | null): HistogramLayout {
  const columns = used ?? Int32Array.from({ length: binning.columns }, (_, column) => column);
  const offsets = new Int32Array(columns.length);
  const binCounts = Int32Array.from(columns, (column) => binning.binCounts[column]!);
  let size = 0;
  for (let i = 0; i < columns.length; i++) {
    offsets[i] = size;
    size += binCounts[i]! + 1;
  }
  return { binning, columns, offsets, binCounts, size };
}

/** Adds the packed gradients of `order[begin..end)` to every column's bins. `gathered` is scratch space. */
export function addRows(
  layout: HistogramLayout,
  packed: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
  gathered: Float64Array,
  histogram: Float64Array,
): void {
  const { binning, columns, offsets } = layout;
  const { bins, rows } = binning;
  for (let i = begin; i < end; i++) gathered[i] = packed[order[i]!]!;
  for (let c = 0; c < columns.length; c++) {
    const offset = offsets[c]!;
    const from = columns[c]! * rows;
    for (let i = begin; i < end; i++) histogram[offset + bins[from + order[i]!]!]! += gathered[i]!;
  }
}

/** What is left of the parent without one child: the other child, exactly, as sums are integers. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  for (let i = 0; i < child.length; i++) parent[i]! -= child[i]!;
}

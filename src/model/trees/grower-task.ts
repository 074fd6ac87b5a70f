import type { Binning } from './binning.ts';
import { QUAD, quadsOf } from './histogram.ts';
import type { TreeLimits } from './tree-grower.ts';

/** 32-bit fields at the front of the memory, in this order; `wasm/grow-boosted.ts` has the same. Addresses are in bytes. */
export interface GrowerTask {
  readonly rows: number;
  /** Quads of columns that are used, and their bins. */
  readonly groups: number;
  readonly quads: number;
  readonly order: number;
  /** Packed gradients by row, and as pairs of integers in the order of `order`. */
  readonly packed: number;
  readonly gathered: number;
  readonly spareOrder: number;
  /** Where each group stands in a histogram, in bytes, and how many bins its columns have at most. */
  readonly groupOffsets: number;
  readonly groupBins: number;
  readonly leaves: number;
  readonly histograms: number;
  readonly histogramBytes: number;
  /** Numbers of histograms that are not in use; `slots` of them, and one more that leaves of few rows share. */
  readonly freeSlots: number;
  readonly slots: number;
  readonly spareGathered: number;
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly minLeafSamples: number;
  /** Rows below which a leaf keeps no histogram. */
  readonly fewRows: number;
  readonly splits: number;
  /** Bins of all columns, each in `columnBytes`, and how many they have; behind the last a column without values. */
  readonly bins: number;
  readonly binCounts: number;
  readonly columnBytes: number;
  /** Which columns are used, in whole groups. */
  readonly chosen: number;
}

/** Where four 64-bit numbers stand: `l2`, `minGain`, `gainUnit` and `minHessian` of the packed limits. */
export const LIMITS_AT = 96;
/** Rows whose bins are laid out together. */
const ROW_BLOCK = 16;
/** Behind the task, its limits and what two leaves keep while they are scanned. */
const FREE_AT = 320;

export const LEAF_BYTES = 64;
export const SPLIT_BYTES = 24;
/** Bytes of one bin of four columns: a gradient and a hessian each. */
const BIN_BYTES = QUAD * 8;

/** Lays out the memory of a fit. @returns the task with all columns in use, and where the memory ends */
export function layOutTask(binning: Binning, limits: TreeLimits): { readonly task: GrowerTask; readonly end: number } {
  const { rows, columns, binCounts } = binning;
  const groups = quadsOf(columns);
  const columnBytes = Math.ceil(rows / ROW_BLOCK) * ROW_BLOCK;
  const fewRows = Math.max(1, Math.ceil(binCounts.reduce((sum, bins) => sum + bins + 1, 0) / columns));
  const maxLeaves = Math.min(limits.maxLeaves, rows);
  const slots = 2 + Math.min(maxLeaves, Math.ceil(rows / fewRows));
  const histogramBytes = groups * (Math.max(...binCounts) + 1) * BIN_BYTES;
  let end: number = FREE_AT;
  const take = (bytes: number) => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const task: GrowerTask = {
    rows,
    groups,
    quads: take((groups * rows + ROW_BLOCK) * 4),
    order: take(rows * 4),
    packed: take(rows * 8),
    gathered: take(rows * 8),
    spareOrder: take((rows + 1) * 4),
    groupOffsets: take(groups * 4),
    groupBins: take(groups * 4),
    leaves: take(maxLeaves * LEAF_BYTES),
    histograms: take(histogramBytes * (slots + 1)),
    histogramBytes,
    freeSlots: take(slots * 4),
    slots,
    spareGathered: take((rows + 1) * 8),
    maxLeaves,
    maxDepth: Math.min(limits.maxDepth, rows),
    minLeafSamples: Math.min(limits.minLeafSamples, rows + 1),
    fewRows,
    splits: take(maxLeaves * SPLIT_BYTES),
    bins: take((columns + 1) * columnBytes),
    binCounts: take((columns + 1) * 4),
    columnBytes,
    chosen: take(groups * QUAD * 4),
  };
  return { task, end };
}

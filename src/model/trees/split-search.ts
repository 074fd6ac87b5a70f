import type { HistogramLayout } from './histogram.ts';
import type { BoostingSplit, ScanLimits } from './split-scan.ts';

/** A leaf that is to be split: rows `order[begin..end)`. */
export interface SearchedLeaf {
  readonly begin: number;
  readonly end: number;
  /** Number of its histogram; -1 where it has none. */
  readonly slot: number;
  /** What a split has to keep; `null` where none is looked for. */
  readonly limits: ScanLimits | null;
  /** Where the best split is written. */
  readonly split: BoostingSplit;
}

/**
 * The hot loops of boosting: histograms of packed gradients, and the best split of a leaf. Columns are searched in
 * blocks, each from nothing, and the best of the blocks is taken in order: whoever searches which block, and in whatever
 * language, the split is the same.
 */
export interface SplitSearch {
  /** Rows of the tree that is growing; the grower keeps those of a leaf together. */
  readonly order: Int32Array;
  readonly layout: HistogramLayout;
  /** Restricts the next searches to some columns, `null` for all. */
  useColumns(columns: Int32Array | null): void;
  histogram(slot: number): Float64Array;
  /** Makes the histogram of `leaf` in its slot and searches it. */
  searchWhole(packed: Float64Array, leaf: SearchedLeaf): void;
  /**
   * Searches two siblings. The slot of `large` holds the histogram of the parent, and afterwards its own. Where `small`
   * has a slot its histogram is made there; where it has none it is taken from the parent row by row, and searched as
   * a leaf of few rows.
   */
  searchSiblings(packed: Float64Array, small: SearchedLeaf, large: SearchedLeaf): void;
  /** Searches leaves of few rows, next to each other in `order`, visiting only bins that hold some. */
  searchFew(packed: Float64Array, leaves: readonly SearchedLeaf[]): void;
  /** Gives its memory back; not to be used afterwards. */
  close(): void;
}

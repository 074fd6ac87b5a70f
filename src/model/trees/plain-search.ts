import type { Binning } from './binning.ts';
import {
  addRows,
  BLOCK,
  blockRange,
  blocksOf,
  gather,
  type HistogramLayout,
  layOutHistogram,
  subtractHistogram,
} from './histogram.ts';
import { type BoostingSplit, isBetter, noSplit, scanColumn } from './split-scan.ts';
import type { SearchedLeaf, SplitSearch } from './split-search.ts';

/** The search in plain TypeScript on this thread: what the compiled one is held to, and what runs without WebAssembly. */
export class PlainSearch implements SplitSearch {
  readonly order: Int32Array;
  readonly #binning: Binning;
  readonly #gathered: Float64Array;
  readonly #slots: Float64Array[] = [];
  readonly #few: Float64Array;
  #layout: HistogramLayout;

  constructor(binning: Binning) {
    this.#binning = binning;
    this.order = new Int32Array(binning.rows);
    this.#gathered = new Float64Array(binning.rows);
    this.#layout = layOutHistogram(binning, null);
    this.#few = new Float64Array(this.#layout.size);
  }

  get layout(): HistogramLayout {
    return this.#layout;
  }

  close(): void {
    this.#slots.length = 0;
  }

  useColumns(columns: Int32Array | null): void {
    this.#layout = layOutHistogram(this.#binning, columns);
  }

  histogram(slot: number): Float64Array {
    this.#slots[slot] ??= new Float64Array(this.#few.length);
    return this.#slots[slot];
  }

  searchWhole(packed: Float64Array, leaf: SearchedLeaf): void {
    const histogram = this.histogram(leaf.slot);
    this.#gather(packed, leaf);
    this.#eachBlock([leaf], (block) => {
      this.#make(block, leaf, histogram);
      return [this.#scan(block, leaf, histogram)];
    });
  }

  searchSiblings(packed: Float64Array, small: SearchedLeaf, large: SearchedLeaf): void {
    const inherited = this.histogram(large.slot);
    this.#gather(packed, small);
    this.#eachBlock([small, large], (block) => {
      const [start, end] = blockRange(this.#layout, block);
      const histogram = small.slot < 0 ? this.#few : this.histogram(small.slot);
      this.#make(block, small, histogram);
      subtractHistogram(inherited, histogram, start, end);
      return [this.#scan(block, small, histogram), this.#scan(block, large, inherited)];
    });
  }

  searchFew(packed: Float64Array, leaves: readonly SearchedLeaf[]): void {
    for (const leaf of leaves) {
      this.#gather(packed, leaf);
      this.#eachBlock([leaf], (block) => {
        this.#make(block, leaf, this.#few);
        return [this.#scan(block, leaf, this.#few)];
      });
    }
  }

  #gather(packed: Float64Array, { begin, end }: SearchedLeaf): void {
    gather(packed, this.order, begin, end, this.#gathered);
  }

  #make(block: number, { begin, end }: SearchedLeaf, histogram: Float64Array): void {
    histogram.fill(0, ...blockRange(this.#layout, block));
    addRows(this.#layout, block, this.#gathered, this.order, begin, end, 1, histogram);
  }

  /** The best split within a block, searched from nothing. */
  #scan(block: number, { limits }: SearchedLeaf, histogram: Float64Array): BoostingSplit | null {
    if (limits === null) return null;
    const { columns, binCounts, offsets } = this.#layout;
    const split = noSplit(limits.least);
    const last = Math.min(columns.length, (block + 1) * BLOCK);
    for (let i = block * BLOCK; i < last; i++) scanColumn(histogram, offsets[i]!, binCounts[i]!, columns[i]!, limits, split);
    return split;
  }

  #eachBlock(leaves: readonly SearchedLeaf[], search: (block: number) => readonly (BoostingSplit | null)[]): void {
    for (const { split, limits } of leaves) Object.assign(split, noSplit(limits?.least ?? 0));
    for (let block = 0; block < blocksOf(this.#layout.columns.length); block++) {
      search(block).forEach((found, i) => {
        const { split } = leaves[i]!;
        if (found !== null && isBetter(found, split)) Object.assign(split, found);
      });
    }
  }
}

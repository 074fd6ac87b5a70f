import type { Binning } from './binning.ts';
import { CompiledProgram, type Kernel } from './compiled-program.ts';
import { blocksOf, gather, type HistogramLayout, layOutHistogram } from './histogram.ts';
import { AT, addressesOf, MODE, RESULT, type SearchAddresses } from './search-task.ts';
import { type BoostingSplit, noSplit } from './split-scan.ts';
import type { SearchedLeaf, SplitSearch } from './split-search.ts';
import { SEARCH_BLOCK } from './wasm-search-block.ts';

interface SearchCalls {
  readonly searchBlock: (task: number, block: number, scratch: number) => void;
}

/** The search of one block. */
export const SEARCH = new CompiledProgram<SearchCalls>(SEARCH_BLOCK);

/** The search compiled to WebAssembly, in a memory of its own. */
export class CompiledSearch implements SplitSearch {
  readonly order: Int32Array;
  readonly #binning: Binning;
  readonly #kernel: Kernel<SearchCalls>;
  readonly #at: SearchAddresses;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #gathered: Float64Array;
  readonly #quads: Uint32Array;
  #layout: HistogramLayout;
  #blocks = 0;

  /** @param slots histograms that may be alive at once */
  constructor(binning: Binning, slots: number) {
    this.#binning = binning;
    this.#at = addressesOf(binning, slots);
    this.#kernel = SEARCH.take(this.#at.end);
    const { buffer } = this.#kernel.memory;
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.order = new Int32Array(buffer, this.#at.order, binning.rows);
    this.#gathered = new Float64Array(buffer, this.#at.gathered, binning.rows);
    this.#quads = new Uint32Array(buffer, this.#at.quads, (this.#at.scratch - this.#at.quads) >> 2);
    new Uint8Array(buffer, this.#at.scratch, this.#at.histograms - this.#at.scratch).fill(0);
    this.#layout = this.#layOut(null);
  }

  get layout(): HistogramLayout {
    return this.#layout;
  }

  /** Gives the memory back; the search must not be used afterwards. */
  close(): void {
    SEARCH.giveBack(this.#kernel);
  }

  useColumns(columns: Int32Array | null): void {
    this.#layout = this.#layOut(columns);
  }

  #layOut(columns: Int32Array | null): HistogramLayout {
    const layout = layOutHistogram(this.#binning, columns, this.#quads);
    this.#words.set(layout.columns, this.#at.columns >> 2);
    this.#words.set(layout.binCounts, this.#at.binCounts >> 2);
    this.#words.set(layout.offsets, this.#at.offsets >> 2);
    this.#blocks = blocksOf(layout.columns.length);
    const { quads, order, columns: at, binCounts, offsets, results, gathered } = this.#at;
    this.#words.set([quads, layout.rows, order, at, binCounts, offsets, layout.columns.length, results, gathered], AT.task >> 2);
    return layout;
  }

  histogram(slot: number): Float64Array {
    return this.#numbers.subarray(this.#slotAt(slot) >> 3, (this.#slotAt(slot) >> 3) + this.#layout.size);
  }

  #slotAt(slot: number): number {
    return this.#at.histograms + slot * this.#at.histogramNumbers * 8;
  }

  searchWhole(packed: Float64Array, leaf: SearchedLeaf): void {
    gather(packed, this.order, leaf.begin, leaf.end, this.#gathered);
    this.#run(MODE.whole, leaf, null);
  }

  searchSiblings(packed: Float64Array, small: SearchedLeaf, large: SearchedLeaf): void {
    gather(packed, this.order, small.begin, small.end, this.#gathered);
    this.#run(small.slot < 0 ? MODE.siblingsByRow : MODE.siblings, small, large);
  }

  searchFew(packed: Float64Array, leaves: readonly SearchedLeaf[]): void {
    for (const { begin, end } of leaves) gather(packed, this.order, begin, end, this.#gathered);
    this.#run(MODE.few, leaves[0]!, leaves[1] ?? null);
  }

  #run(mode: number, small: SearchedLeaf, large: SearchedLeaf | null): void {
    this.#words[(AT.task >> 2) + 9] = mode;
    this.#describe(small, AT.small, AT.smallLimits);
    this.#describe(large, AT.large, AT.largeLimits);
    for (let block = 0; block < this.#blocks; block++) this.#kernel.calls.searchBlock(AT.task, block, this.#at.scratch);
    if (small.limits !== null) this.#collect(small.split, small.limits.least, 0);
    if (large !== null && large.limits !== null) this.#collect(large.split, large.limits.least, RESULT);
  }

  #describe(leaf: SearchedLeaf | null, at: number, limitsAt: number): void {
    const words = this.#words;
    const limits = leaf?.limits ?? null;
    words[(at >> 2) + 3] = limits === null ? 0 : 1;
    if (leaf === null) return;
    words[at >> 2] = leaf.begin;
    words[(at >> 2) + 1] = leaf.end;
    words[(at >> 2) + 2] = leaf.slot < 0 ? 0 : this.#slotAt(leaf.slot);
    if (limits === null) return;
    const numbers = this.#numbers;
    numbers[limitsAt >> 3] = limits.total;
    numbers[(limitsAt >> 3) + 1] = limits.minHessian;
    numbers[(limitsAt >> 3) + 2] = limits.l2;
    numbers[(limitsAt >> 3) + 3] = limits.least;
  }

  /** The best of all blocks, the first of equal ones. */
  #collect(split: BoostingSplit, least: number, from: number): void {
    Object.assign(split, noSplit(least));
    const numbers = this.#numbers;
    for (let block = 0, at = (this.#at.results >> 3) + from; block < this.#blocks; block++, at += 2 * RESULT) {
      const numerator = numbers[at + 4]!;
      const denominator = numbers[at + 5]!;
      if (!(numerator * split.denominator > split.numerator * denominator)) continue;
      split.column = numbers[at]!;
      split.bin = numbers[at + 1]!;
      split.missingLeft = numbers[at + 2] === 1;
      split.left = numbers[at + 3]!;
      split.numerator = numerator;
      split.denominator = denominator;
    }
  }
}

import type { HistogramLayout } from './histogram.ts';
import { type BoostingSplit, type ScanLimits, scanBins, scanOccupied } from './split-scan.ts';

/** Scratch space for four columns: sums of 256 bins each, and a bit per bin that holds any row. */
export class SparseSearch {
  readonly #sums = new Float64Array(4 * 256);
  readonly #occupied = new Int32Array(4 * 8);

  /**
   * The best split of a leaf with fewer rows than bins: sums its rows four columns at a time and visits only bins
   * that hold some, without a histogram that would outlive the search.
   */
  search(
    layout: HistogramLayout,
    gathered: Float64Array,
    order: Int32Array,
    begin: number,
    end: number,
    limits: ScanLimits,
    split: BoostingSplit,
  ): void {
    const { quads, rows, columns } = layout;
    const count = end - begin;
    const sums = this.#sums;
    const occupied = this.#occupied;
    for (let first = 0; first < columns.length; first += 4) {
      const from = (first >>> 2) * rows;
      for (let i = 0; i < count; i++) {
        const quad = quads[from + order[begin + i]!]!;
        const value = gathered[i]!;
        const a = quad & 255;
        const b = ((quad >>> 8) & 255) + 256;
        const c = ((quad >>> 16) & 255) + 512;
        const d = (quad >>> 24) + 768;
        sums[a]! += value;
        sums[b]! += value;
        sums[c]! += value;
        sums[d]! += value;
        occupied[a >>> 5]! |= 1 << (a & 31);
        occupied[b >>> 5]! |= 1 << (b & 31);
        occupied[c >>> 5]! |= 1 << (c & 31);
        occupied[d >>> 5]! |= 1 << (d & 31);
      }
      for (let i = 0; i < 4 && first + i < columns.length; i++) {
        const missing = sums[i * 256]!;
        if (missing !== 0) scanBins(sums, i * 256, 255, columns[first + i]!, missing, limits, split);
        scanOccupied(sums, occupied, i, columns[first + i]!, limits, split);
      }
      if (first + 4 > columns.length) {
        sums.fill(0);
        occupied.fill(0);
      }
    }
  }
}

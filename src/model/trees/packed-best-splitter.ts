import type { Rng } from '../../domain/index.ts';
import type { Binning } from './binning.ts';
import { edgeOf } from './binning.ts';
import type { PackedCounts } from './class-counter.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { partitionByBin } from './partition.ts';

/** Tries every bin border of a column, with the counts of up to three classes in one number per bin. */
export class PackedBestSplitter implements NodeSplitter {
  readonly #binning: Binning;
  readonly #packed: Float64Array;
  readonly #radix: number;
  readonly #minLeaf: number;
  readonly #classes: number;
  readonly #histogram = new Float64Array(256);
  readonly #occupied = new Int32Array(8);
  #total = 0;
  /** Bins that the newest column's known values are in. */
  #seen = 0;

  constructor(binning: Binning, counts: PackedCounts, classes: number, minLeafSamples: number) {
    this.#binning = binning;
    this.#packed = counts.packed;
    this.#radix = counts.radix;
    this.#minLeaf = minLeafSamples;
    this.#classes = classes;
  }

  enter(order: Int32Array, begin: number, end: number): boolean {
    const packed = this.#packed;
    let total = 0;
    for (let i = begin; i < end; i++) total += packed[order[i]!]!;
    this.#total = total;
    const rows = end - begin;
    return total === rows || total === rows * this.#radix || total === rows * this.#radix * this.#radix;
  }

  tryColumn(column: number, order: Int32Array, begin: number, end: number, _rng: Rng, choice: SplitChoice): boolean {
    const { bins, rows } = this.#binning;
    const packed = this.#packed;
    const histogram = this.#histogram;
    const occupied = this.#occupied;
    const from = column * rows;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const bin = bins[from + position]!;
      histogram[bin]! += packed[position]!;
      occupied[bin >>> 5]! |= 1 << (bin & 31);
    }
    const missing = histogram[0]!;
    const least = choice.gain + this.#parent(end - begin);
    const best = this.#scan(column, end - begin, 0, least, choice);
    if (missing > 0) this.#scan(column, end - begin, missing, best, choice);
    const useful = this.#seen > 1 || (this.#seen === 1 && missing > 0);
    for (let word = 0; word < 8; word++) {
      let bits = occupied[word]!;
      while (bits !== 0) {
        const low = bits & -bits;
        histogram[(word << 5) + (31 - Math.clz32(low))] = 0;
        bits ^= low;
      }
      occupied[word] = 0;
    }
    return useful;
  }

  /** Score of the node as it is: what a split has to exceed. */
  #parent(rows: number): number {
    const radix = this.#radix;
    const t2 = Math.floor(this.#total / radix / radix);
    const t1 = Math.floor((this.#total - t2 * radix * radix) / radix);
    const t0 = this.#total - (t2 * radix + t1) * radix;
    return (t0 * t0 + t1 * t1 + t2 * t2) / rows;
  }

  /**
   * One pass over the occupied bins in ascending order; `start` is what the left side has already: the missing, or nothing.
   * @param best score that has to be exceeded @returns the best score now
   */
  #scan(column: number, rows: number, start: number, best: number, choice: SplitChoice): number {
    const histogram = this.#histogram;
    const occupied = this.#occupied;
    const radix = this.#radix;
    const inverse = 1 / radix;
    const minLeaf = this.#minLeaf;
    const total = this.#total;
    const t2 = Math.floor(total * inverse * inverse);
    const t1 = Math.floor((total - t2 * radix * radix) * inverse);
    const t0 = total - (t2 * radix + t1) * radix;
    let bestBin = -1;
    let bestScore = best;
    let left = start;
    let seen = 0;
    for (let word = 0; word < 8; word++) {
      let bits = occupied[word]!;
      if (word === 0) bits &= ~1;
      while (bits !== 0) {
        const low = bits & -bits;
        const bin = (word << 5) + (31 - Math.clz32(low));
        bits ^= low;
        left += histogram[bin]!;
        seen++;
        const higher = Math.floor(left * inverse);
        const l0 = left - higher * radix;
        const l2 = Math.floor(higher * inverse);
        const l1 = higher - l2 * radix;
        const nl = l0 + l1 + l2;
        const nr = rows - nl;
        if (nl < minLeaf || nr < minLeaf) continue;
        const r0 = t0 - l0;
        const r1 = t1 - l1;
        const r2 = t2 - l2;
        const score = ((l0 * l0 + l1 * l1 + l2 * l2) * nr + (r0 * r0 + r1 * r1 + r2 * r2) * nl) / (nl * nr);
        if (score > bestScore) {
          bestScore = score;
          bestBin = bin;
        }
      }
    }
    if (bestBin >= 0) {
      choice.column = column;
      choice.bin = bestBin;
      choice.missingLeft = start > 0;
      choice.threshold = edgeOf(this.#binning, column, bestBin);
      choice.gain = bestScore - this.#parent(rows);
    }
    this.#seen = seen;
    return bestScore;
  }

  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number {
    return partitionByBin(this.#binning, choice.column, choice.bin, choice.missingLeft, order, begin, end, spare);
  }

  shares(into: Float64Array): void {
    let rest = this.#total;
    let rows = 0;
    for (let label = 0; label < this.#classes; label++) {
      const higher = Math.floor(rest / this.#radix);
      into[label] = rest - higher * this.#radix;
      rows += into[label]!;
      rest = higher;
    }
    for (let label = 0; label < this.#classes; label++) into[label]! /= rows;
  }
}

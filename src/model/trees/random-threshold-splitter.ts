import type { Rng } from '../../domain/index.ts';
import type { PackedCounts } from './class-counter.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { partitionByValue } from './partition.ts';

/** Tries one threshold per column, uniform between the node's smallest and largest value (Geurts et al. 2006). */
export class RandomThresholdSplitter implements NodeSplitter {
  readonly #values: Float64Array;
  readonly #rows: number;
  readonly #packed: Float64Array;
  readonly #radix: number;
  readonly #classes: number;
  readonly #minLeaf: number;
  #total = 0;

  constructor(byColumn: Float64Array, rows: number, counts: PackedCounts, classes: number, minLeafSamples: number) {
    this.#values = byColumn;
    this.#rows = rows;
    this.#packed = counts.packed;
    this.#radix = counts.radix;
    this.#classes = classes;
    this.#minLeaf = minLeafSamples;
  }

  enter(order: Int32Array, begin: number, end: number): boolean {
    const packed = this.#packed;
    let total = 0;
    for (let i = begin; i < end; i++) total += packed[order[i]!]!;
    this.#total = total;
    const rows = end - begin;
    return total === rows || total === rows * this.#radix || total === rows * this.#radix * this.#radix;
  }

  tryColumn(column: number, order: Int32Array, begin: number, end: number, rng: Rng, choice: SplitChoice): boolean {
    const values = this.#values;
    const packed = this.#packed;
    const from = column * this.#rows;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let missing = 0;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const value = values[from + position]!;
      if (value < low) low = value;
      if (value > high) high = value;
      if (Number.isNaN(value)) missing += packed[position]!;
    }
    if (!(low < high) && (missing === 0 || missing === this.#total)) return false;
    let threshold = low + rng() * (high - low);
    if (!(threshold < high)) threshold = Math.min(low, high);
    let left = 0;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      left += values[from + position]! <= threshold ? packed[position]! : 0;
    }
    this.#offer(column, threshold, left, false, choice);
    if (missing > 0) this.#offer(column, threshold, left + missing, true, choice);
    return true;
  }

  #offer(column: number, threshold: number, left: number, missingLeft: boolean, choice: SplitChoice): void {
    const radix = this.#radix;
    const right = this.#total - left;
    const l12 = Math.floor(left / radix);
    const l0 = left - l12 * radix;
    const l2 = Math.floor(l12 / radix);
    const l1 = l12 - l2 * radix;
    const r12 = Math.floor(right / radix);
    const r0 = right - r12 * radix;
    const r2 = Math.floor(r12 / radix);
    const r1 = r12 - r2 * radix;
    const nl = l0 + l1 + l2;
    const nr = r0 + r1 + r2;
    if (nl < this.#minLeaf || nr < this.#minLeaf) return;
    const t0 = l0 + r0;
    const t1 = l1 + r1;
    const t2 = l2 + r2;
    const parent = (t0 * t0 + t1 * t1 + t2 * t2) / (nl + nr);
    const gain = (l0 * l0 + l1 * l1 + l2 * l2) / nl + (r0 * r0 + r1 * r1 + r2 * r2) / nr - parent;
    if (gain > choice.gain) {
      choice.column = column;
      choice.threshold = threshold;
      choice.missingLeft = missingLeft;
      choice.gain = gain;
    }
  }

  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number {
    return partitionByValue(
      this.#values,
      choice.column * this.#rows,
      choice.threshold,
      choice.missingLeft,
      order,
      begin,
      end,
      spare,
    );
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

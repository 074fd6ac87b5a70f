import type { Rng } from '../../domain/index.ts';
import { type Binning, edgeOf } from './binning.ts';
import { ClassWeights } from './class-weights.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { partitionByBin } from './partition.ts';
import type { TrainingWindow } from './training-window.ts';

/** Tries every bin border of a column where rows have weights, or there are more classes than one number can count. */
export class WeightedBestSplitter implements NodeSplitter {
  readonly #binning: Binning;
  readonly #node: ClassWeights;
  readonly #minLeaf: number;
  /** Per bin the weight of each class, then the number of rows. */
  readonly #histogram: Float64Array;
  readonly #occupied = new Int32Array(8);

  constructor(window: TrainingWindow, binning: Binning, minLeafSamples: number) {
    this.#binning = binning;
    this.#node = new ClassWeights(window);
    this.#minLeaf = minLeafSamples;
    this.#histogram = new Float64Array(256 * (window.classes + 1));
  }

  enter(order: Int32Array, begin: number, end: number): boolean {
    return this.#node.enter(order, begin, end);
  }

  tryColumn(column: number, order: Int32Array, begin: number, end: number, _rng: Rng, choice: SplitChoice): boolean {
    const { bins, rows } = this.#binning;
    const { labels, weights, classes } = this.#node;
    const histogram = this.#histogram;
    const occupied = this.#occupied;
    const stride = classes + 1;
    const from = column * rows;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const bin = bins[from + position]!;
      const at = bin * stride;
      histogram[at + labels[position]!]! += weights[position]!;
      histogram[at + classes]!++;
      occupied[bin >>> 5]! |= 1 << (bin & 31);
    }
    const missing = histogram[classes]!;
    const seen = this.#scan(column, end - begin, false, choice);
    if (missing > 0) this.#scan(column, end - begin, true, choice);
    this.#clear(stride);
    return seen > 1 || (seen === 1 && missing > 0);
  }

  /** One pass over the occupied bins in ascending order. @returns how many there are, the missing one aside */
  #scan(column: number, rows: number, missingLeft: boolean, choice: SplitChoice): number {
    const histogram = this.#histogram;
    const occupied = this.#occupied;
    const minLeaf = this.#minLeaf;
    const node = this.#node;
    const { left, classes } = node;
    const stride = classes + 1;
    let count = missingLeft ? histogram[classes]! : 0;
    for (let label = 0; label < classes; label++) left[label] = missingLeft ? histogram[label]! : 0;
    let seen = 0;
    for (let word = 0; word < 8; word++) {
      let bits = occupied[word]!;
      if (word === 0) bits &= ~1;
      while (bits !== 0) {
        const low = bits & -bits;
        const bin = (word << 5) + (31 - Math.clz32(low));
        const at = bin * stride;
        bits ^= low;
        for (let label = 0; label < classes; label++) left[label]! += histogram[at + label]!;
        count += histogram[at + classes]!;
        seen++;
        if (count < minLeaf || rows - count < minLeaf) continue;
        const gain = node.gain();
        if (!(gain > choice.gain)) continue;
        choice.column = column;
        choice.bin = bin;
        choice.missingLeft = missingLeft;
        choice.threshold = edgeOf(this.#binning, column, bin);
        choice.gain = gain;
      }
    }
    return seen;
  }

  #clear(stride: number): void {
    for (let word = 0; word < 8; word++) {
      let bits = this.#occupied[word]!;
      while (bits !== 0) {
        const low = bits & -bits;
        const at = ((word << 5) + (31 - Math.clz32(low))) * stride;
        for (let i = at; i < at + stride; i++) this.#histogram[i] = 0;
        bits ^= low;
      }
      this.#occupied[word] = 0;
    }
  }

  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number {
    return partitionByBin(this.#binning, choice.column, choice.bin, choice.missingLeft, order, begin, end, spare);
  }

  shares(into: Float64Array): void {
    this.#node.shares(into);
  }
}

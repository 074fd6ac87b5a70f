import type { Rng } from '../../domain/index.ts';
import { ClassWeights } from './class-weights.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { partitionByValue } from './partition.ts';
import type { TrainingWindow } from './training-window.ts';

/** One random threshold per column, as `RandomThresholdSplitter`, for any weights and any number of classes. */
export class WeightedThresholdSplitter implements NodeSplitter {
  readonly #values: Float64Array;
  readonly #rows: number;
  readonly #node: ClassWeights;
  readonly #minLeaf: number;
  readonly #missing: Float64Array;

  constructor(window: TrainingWindow, minLeafSamples: number) {
    this.#values = window.byColumn;
    this.#rows = window.rows;
    this.#node = new ClassWeights(window);
    this.#minLeaf = minLeafSamples;
    this.#missing = new Float64Array(window.classes);
  }

  enter(order: Int32Array, begin: number, end: number): boolean {
    return this.#node.enter(order, begin, end);
  }

  tryColumn(column: number, order: Int32Array, begin: number, end: number, rng: Rng, choice: SplitChoice): boolean {
    const values = this.#values;
    const { labels, weights, left } = this.#node;
    const missing = this.#missing.fill(0);
    const from = column * this.#rows;
    const rows = end - begin;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let absent = 0;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const value = values[from + position]!;
      if (value < low) low = value;
      if (value > high) high = value;
      if (!Number.isNaN(value)) continue;
      missing[labels[position]!]! += weights[position]!;
      absent++;
    }
    if (!(low < high) && (absent === 0 || absent === rows)) return false;
    let threshold = low + rng() * (high - low);
    if (!(threshold < high)) threshold = Math.min(low, high);
    left.fill(0);
    let count = 0;
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      if (!(values[from + position]! <= threshold)) continue;
      left[labels[position]!]! += weights[position]!;
      count++;
    }
    this.#offer(column, threshold, count, rows, false, choice);
    if (absent > 0) {
      for (let label = 0; label < left.length; label++) left[label]! += missing[label]!;
      this.#offer(column, threshold, count + absent, rows, true, choice);
    }
    return true;
  }

  #offer(column: number, threshold: number, count: number, rows: number, missingLeft: boolean, choice: SplitChoice): void {
    if (count < this.#minLeaf || rows - count < this.#minLeaf) return;
    const gain = this.#node.gain();
    if (!(gain > choice.gain)) return;
    choice.column = column;
    choice.threshold = threshold;
    choice.missingLeft = missingLeft;
    choice.gain = gain;
  }

  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number {
    const from = choice.column * this.#rows;
    return partitionByValue(this.#values, from, choice.threshold, choice.missingLeft, order, begin, end, spare);
  }

  shares(into: Float64Array): void {
    this.#node.shares(into);
  }
}

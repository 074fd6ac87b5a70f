import type { TrainingWindow } from './training-window.ts';

/** Summed weights per class of a node and of the left side of a split: any weights, any number of classes. */
export class ClassWeights {
  readonly classes: number;
  readonly labels: Uint8Array;
  /** Weight per row. */
  readonly weights: Float64Array;
  readonly total: Float64Array;
  readonly left: Float64Array;
  #sum = 0;
  #parent = 0;

  constructor({ classes, labels, weights, rows }: TrainingWindow) {
    this.classes = classes;
    this.labels = labels;
    this.weights = weights ?? new Float64Array(rows).fill(1);
    this.total = new Float64Array(classes);
    this.left = new Float64Array(classes);
  }

  /** Begins a node. @returns whether all its rows have the same class */
  enter(order: Int32Array, begin: number, end: number): boolean {
    const { labels, weights, total } = this;
    const first = labels[order[begin]!]!;
    let pure = true;
    total.fill(0);
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const label = labels[position]!;
      total[label]! += weights[position]!;
      if (label !== first) pure = false;
    }
    this.#sum = 0;
    let squares = 0;
    for (let label = 0; label < total.length; label++) {
      this.#sum += total[label]!;
      squares += total[label]! * total[label]!;
    }
    this.#parent = squares / this.#sum;
    return pure;
  }

  /** Decrease of the Gini impurity, times the weight of the node, where `left` goes left; -Infinity where a side weighs nothing. */
  gain(): number {
    const { left, total } = this;
    let leftSum = 0;
    let leftSquares = 0;
    let rightSquares = 0;
    for (let label = 0; label < total.length; label++) {
      const there = left[label]!;
      const other = total[label]! - there;
      leftSum += there;
      leftSquares += there * there;
      rightSquares += other * other;
    }
    const rightSum = this.#sum - leftSum;
    if (!(leftSum > 0 && rightSum > 0)) return Number.NEGATIVE_INFINITY;
    return leftSquares / leftSum + rightSquares / rightSum - this.#parent;
  }

  /** Class shares of the node; equal ones where it weighs nothing. */
  shares(into: Float64Array): void {
    for (let label = 0; label < into.length; label++)
      into[label] = this.#sum > 0 ? this.total[label]! / this.#sum : 1 / into.length;
  }
}

import type { Rng } from '../../domain/index.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { partitionByValue } from './partition.ts';
import type { TrainingWindow } from './training-window.ts';

/**
 * Splits where rows have weights or there are more than three classes: values are sorted in each node, sums are kept
 * per class. `random` tries one threshold per column, `best` every gap between two values.
 */
export class WeightedSplitter implements NodeSplitter {
  readonly #window: TrainingWindow;
  readonly #minLeaf: number;
  readonly #random: boolean;
  readonly #total: Float64Array;
  readonly #left: Float64Array;
  readonly #missing: Float64Array;

  constructor(window: TrainingWindow, minLeafSamples: number, random: boolean) {
    this.#window = window;
    this.#minLeaf = minLeafSamples;
    this.#random = random;
    this.#total = new Float64Array(window.classes);
    this.#left = new Float64Array(window.classes);
    this.#missing = new Float64Array(window.classes);
  }

  enter(order: Int32Array, begin: number, end: number): boolean {
    const { labels } = this.#window;
    this.#total.fill(0);
    let pure = true;
    for (let i = begin; i < end; i++) {
      this.#add(this.#total, order[i]!);
      if (labels[order[i]!] !== labels[order[begin]!]) pure = false;
    }
    return pure;
  }

  tryColumn(column: number, order: Int32Array, begin: number, end: number, rng: Rng, choice: SplitChoice): boolean {
    const { byColumn, rows } = this.#window;
    const from = column * rows;
    const known: number[] = [];
    const missing = this.#missing.fill(0);
    for (let i = begin; i < end; i++) {
      const position = order[i]!;
      const value = byColumn[from + position]!;
      if (!Number.isNaN(value)) known.push(position);
      else this.#add(missing, position);
    }
    known.sort((a, b) => byColumn[from + a]! - byColumn[from + b]! || a - b);
    const absent = end - begin - known.length;
    const valueAt = (i: number) => byColumn[from + known[i]!]!;
    const last = known.length - 1;
    if (last < 0 || (valueAt(0) === valueAt(last) && absent === 0)) return false;
    const drawn = valueAt(0) + rng() * (valueAt(last) - valueAt(0));
    for (const missingLeft of absent > 0 ? [false, true] : [false]) {
      const left = this.#left;
      if (missingLeft) left.set(missing);
      else left.fill(0);
      for (let i = 0; i <= last; i++) {
        this.#add(left, known[i]!);
        if (i === last ? absent === 0 || missingLeft : valueAt(i) === valueAt(i + 1)) continue;
        const next = i === last ? Number.POSITIVE_INFINITY : valueAt(i + 1);
        if (this.#random && valueAt(0) !== valueAt(last) && !(valueAt(i) <= drawn && drawn < next)) continue;
        const count = i + 1 + (missingLeft ? absent : 0);
        if (count < this.#minLeaf || end - begin - count < this.#minLeaf) continue;
        const middle = valueAt(i) + (next - valueAt(i)) / 2;
        const gain = this.#gain();
        if (gain > choice.gain) {
          choice.column = column;
          choice.threshold = this.#random ? Math.max(valueAt(i), Math.min(drawn, next)) : middle < next ? middle : valueAt(i);
          if (i === last) choice.threshold = Number.POSITIVE_INFINITY;
          choice.missingLeft = missingLeft;
          choice.gain = gain;
        }
      }
    }
    return true;
  }

  #add(sums: Float64Array, position: number): void {
    const { labels, weights } = this.#window;
    sums[labels[position]!]! += weights === null ? 1 : weights[position]!;
  }

  #gain(): number {
    let leftSquares = 0;
    let rightSquares = 0;
    let squares = 0;
    let leftSum = 0;
    let sum = 0;
    for (let label = 0; label < this.#total.length; label++) {
      const left = this.#left[label]!;
      const total = this.#total[label]!;
      leftSquares += left * left;
      rightSquares += (total - left) ** 2;
      squares += total * total;
      leftSum += left;
      sum += total;
    }
    if (!(leftSum > 0 && sum - leftSum > 0)) return Number.NEGATIVE_INFINITY;
    return leftSquares / leftSum + rightSquares / (sum - leftSum) - squares / sum;
  }

  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number {
    const { byColumn, rows } = this.#window;
    return partitionByValue(byColumn, choice.column * rows, choice.threshold, choice.missingLeft, order, begin, end, spare);
  }

  shares(into: Float64Array): void {
    const sum = this.#total.reduce((total, weight) => total + weight, 0);
    for (let label = 0; label < into.length; label++) into[label] = sum > 0 ? this.#total[label]! / sum : 1 / into.length;
  }
}

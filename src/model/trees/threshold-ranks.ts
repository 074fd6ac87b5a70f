import type { TreeSet } from './tree-set.ts';
import { bucketValues, type ValueBuckets } from './value-buckets.ts';

/**
 * The thresholds of each column in ascending order, each once. A value is at or below a threshold exactly where its rank
 * is at or below the threshold's, so that whole numbers can be compared instead of doubles.
 */
export class ThresholdRanks {
  /** Where the thresholds of each column begin, and where the last ones end. */
  readonly starts: Int32Array;
  /** The most thresholds of a column. */
  readonly most: number;
  readonly #thresholds: Float64Array;
  readonly #buckets: ValueBuckets;
  readonly #one = new Float64Array(1);
  readonly #rank = new Int32Array(1);

  /** Thresholds that are no number are left out: no value is at or below them. */
  constructor({ feature, threshold }: TreeSet, columns: number) {
    const { sorted, starts } = sortedByColumn(feature, threshold, columns);
    this.starts = starts;
    this.#thresholds = sorted;
    this.#buckets = bucketValues(sorted, starts);
    let most = 0;
    for (let column = 0; column < columns; column++) most = Math.max(most, starts[column + 1]! - starts[column]!);
    this.most = most;
  }

  /** How many thresholds of the column are below a value, which is a number. */
  rankOf(column: number, value: number): number {
    this.#one[0] = value;
    this.ranksOf(this.#one, 0, column, this.#rank);
    return this.#rank[0]!;
  }

  /**
   * Ranks of values of neighbouring columns, as many as there is room for in `into`, from `row` on in `data` and from
   * column `first` on. Where one is no number, the rank is -1. The search within a bucket has no branch.
   */
  ranksOf(data: Float64Array, row: number, first: number, into: Int32Array): void {
    const starts = this.starts;
    const thresholds = this.#thresholds;
    const { lowest, scales, starts: bucketStarts, firsts } = this.#buckets;
    for (let i = 0; i < into.length; i++) {
      const value = data[row + i]!;
      const column = first + i;
      const start = bucketStarts[column]!;
      const last = bucketStarts[column + 1]! - start - 2;
      // As `bucketOf`, which is not called here because a call costs more than the search.
      const place = (value - lowest[column]!) * scales[column]!;
      const bucket = start + (place > 0 ? (place < last ? place | 0 : last) : 0);
      let low = firsts[bucket]!;
      let count = firsts[bucket + 1]! - low;
      while (count > 0) {
        const half = (count + 1) >> 1;
        low += half & -Number(thresholds[low + half - 1]! < value);
        count -= half;
      }
      into[i] = Number.isNaN(value) ? -1 : low - starts[column]!;
    }
  }
}

function sortedByColumn(feature: Int32Array, threshold: Float64Array, columns: number) {
  const starts = new Int32Array(columns + 1);
  const used = (node: number) => feature[node]! >= 0 && !Number.isNaN(threshold[node]!);
  for (let node = 0; node < feature.length; node++) if (used(node)) starts[feature[node]! + 1]!++;
  for (let column = 0; column < columns; column++) starts[column + 1]! += starts[column]!;
  const all = new Float64Array(starts[columns]!);
  const free = starts.slice();
  for (let node = 0; node < feature.length; node++) if (used(node)) all[free[feature[node]!]!++] = threshold[node]!;
  let end = 0;
  for (let column = 0; column < columns; column++) {
    const own = all.subarray(starts[column]!, starts[column + 1]!).sort();
    const begin = end;
    for (const value of own) if (end === begin || value !== all[end - 1]!) all[end++] = value;
    starts[column] = begin;
  }
  starts[columns] = end;
  return { sorted: all.slice(0, end), starts };
}

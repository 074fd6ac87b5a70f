import type { TreeSet } from './tree-set.ts';

/** Thresholds that share a bucket, on average. */
const BUCKET_SIZE = 4;

/**
 * The thresholds of each column in ascending order, each once. A value is at or below a threshold exactly where its rank
 * is at or below the threshold's, so that whole numbers can be compared instead of doubles. The search for a rank begins
 * in a bucket of equal width: the bucket grows with the value, whatever is rounded on the way to it.
 */
export class ThresholdRanks {
  /** Where the thresholds of each column begin, and where the last ones end. */
  readonly starts: Int32Array;
  /** The most thresholds of a column. */
  readonly most: number;
  readonly #thresholds: Float64Array;
  readonly #lowest: Float64Array;
  /** Buckets per unit of a column. */
  readonly #scales: Float64Array;
  /** Where the buckets of each column begin; a column has one entry more than buckets. */
  readonly #bucketStarts: Int32Array;
  /** The first threshold of each bucket. */
  readonly #firsts: Int32Array;
  readonly #one = new Float64Array(1);
  readonly #rank = new Int32Array(1);

  /** Thresholds that are no number are left out: no value is at or below them. */
  constructor({ feature, threshold }: TreeSet, columns: number) {
    const { sorted, starts } = sortedByColumn(feature, threshold, columns);
    this.starts = starts;
    this.#thresholds = sorted;
    this.#lowest = new Float64Array(columns);
    this.#scales = new Float64Array(columns);
    this.#bucketStarts = new Int32Array(columns + 1);
    let most = 0;
    for (let column = 0; column < columns; column++) {
      const [from, to] = [starts[column]!, starts[column + 1]!];
      const range = sorted[to - 1]! - sorted[from]!;
      const buckets = Math.ceil((to - from) / BUCKET_SIZE);
      const scale = buckets / range;
      const spread = to > from && Number.isFinite(range) && Number.isFinite(scale);
      this.#lowest[column] = to > from ? sorted[from]! : 0;
      this.#scales[column] = spread ? scale : 0;
      this.#bucketStarts[column + 1] = this.#bucketStarts[column]! + (spread ? buckets : 1) + 1;
      most = Math.max(most, to - from);
    }
    this.most = most;
    this.#firsts = new Int32Array(this.#bucketStarts[columns]!);
    for (let column = 0; column < columns; column++) this.#fillBuckets(column);
  }

  #fillBuckets(column: number): void {
    const end = this.#bucketStarts[column + 1]!;
    let bucket = this.#bucketStarts[column]!;
    this.#firsts[bucket] = this.starts[column]!;
    for (let at = this.starts[column]!; at < this.starts[column + 1]!; at++) {
      const own = this.#bucketOf(column, this.#thresholds[at]!);
      while (bucket < own) this.#firsts[++bucket] = at;
    }
    while (++bucket < end) this.#firsts[bucket] = this.starts[column + 1]!;
  }

  #bucketOf(column: number, value: number): number {
    const start = this.#bucketStarts[column]!;
    const last = this.#bucketStarts[column + 1]! - start - 2;
    const place = (value - this.#lowest[column]!) * this.#scales[column]!;
    return start + (place > 0 ? (place < last ? place | 0 : last) : 0);
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
    const lowest = this.#lowest;
    const scales = this.#scales;
    const bucketStarts = this.#bucketStarts;
    const firsts = this.#firsts;
    for (let i = 0; i < into.length; i++) {
      const value = data[row + i]!;
      const column = first + i;
      const start = bucketStarts[column]!;
      const last = bucketStarts[column + 1]! - start - 2;
      // As `#bucketOf`, which is not called here because a call costs more than the search.
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

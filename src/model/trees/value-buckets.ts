/** Values that share a bucket, on average. */
const BUCKET_SIZE = 2;

/**
 * Where to look for a number among the sorted values of a column: in a bucket of equal width. The bucket grows with the
 * number, whatever is rounded on the way to it, so that no value of a later bucket is below one of an earlier.
 */
export interface ValueBuckets {
  /** The lowest value of each column. */
  readonly lowest: Float64Array;
  /** Buckets per unit of each column. */
  readonly scales: Float64Array;
  /** Where the buckets of each column begin, and where the last ones end; a column has one entry more than buckets. */
  readonly starts: Int32Array;
  /** The first value of each bucket. */
  readonly firsts: Int32Array;
}

/** @param sorted the values of each column in ascending order, column `c` from `starts[c]` to `starts[c + 1]` */
export function bucketValues(sorted: Float64Array, starts: Int32Array): ValueBuckets {
  const columns = starts.length - 1;
  const lowest = new Float64Array(columns);
  const scales = new Float64Array(columns);
  const bucketStarts = new Int32Array(columns + 1);
  for (let column = 0; column < columns; column++) {
    const [from, to] = [starts[column]!, starts[column + 1]!];
    const range = sorted[to - 1]! - sorted[from]!;
    const buckets = Math.ceil((to - from) / BUCKET_SIZE);
    const scale = buckets / range;
    const spread = to > from && Number.isFinite(range) && Number.isFinite(scale);
    lowest[column] = to > from ? sorted[from]! : 0;
    scales[column] = spread ? scale : 0;
    bucketStarts[column + 1] = bucketStarts[column]! + (spread ? buckets : 1) + 1;
  }
  const made = { lowest, scales, starts: bucketStarts, firsts: new Int32Array(bucketStarts[columns]!) };
  for (let column = 0; column < columns; column++) fillBuckets(made, column, sorted, starts[column]!, starts[column + 1]!);
  return made;
}

function fillBuckets(buckets: ValueBuckets, column: number, sorted: Float64Array, from: number, to: number): void {
  const { starts, firsts } = buckets;
  const end = starts[column + 1]!;
  let bucket = starts[column]!;
  firsts[bucket] = from;
  for (let at = from; at < to; at++) {
    const own = bucketOf(buckets, column, sorted[at]!);
    while (bucket < own) firsts[++bucket] = at;
  }
  while (++bucket < end) firsts[bucket] = to;
}

/** The bucket of a number. */
function bucketOf({ lowest, scales, starts }: ValueBuckets, column: number, value: number): number {
  const start = starts[column]!;
  const last = starts[column + 1]! - start - 2;
  const place = (value - lowest[column]!) * scales[column]!;
  return start + (place > 0 ? (place < last ? place | 0 : last) : 0);
}

import type { TimeMs } from './time.ts';

/** Columns of equal length, ascending in time. NaN is "not known". Never mutated by who receives one. */
export interface Frame {
  readonly timeMs: Float64Array;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

/** Row-major matrix of numbers; NaN is "not known". */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
  readonly names?: readonly string[];
}

/** Index of the first element of ascending `values` that is greater than `limit` (`values.length` where none is). */
export function upperBound(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the last element of ascending `values` at or before `limit`, -1 where there is none. */
export const lastAtOrBefore = (values: ArrayLike<number>, limit: TimeMs): number => upperBound(values, limit) - 1;

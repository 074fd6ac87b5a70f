import type { Binning } from './binning.ts';

/** Moves positions whose bin is at most `bin` to the front, keeping the order of both sides. @returns where the right begins */
export function partitionByBin(
  binning: Binning,
  column: number,
  bin: number,
  missingLeft: boolean,
  order: Int32Array,
  begin: number,
  end: number,
  spare: Int32Array,
): number {
  const { bins, rows } = binning;
  const from = column * rows;
  const lowest = missingLeft ? 0 : 1;
  let left = begin;
  let right = 0;
  for (let i = begin; i < end; i++) {
    const position = order[i]!;
    const at = bins[from + position]!;
    if (at <= bin && at >= lowest) order[left++] = position;
    else spare[right++] = position;
  }
  for (let i = 0; i < right; i++) order[left + i] = spare[i]!;
  return left;
}

/** The same by value. */
export function partitionByValue(
  values: Float64Array,
  from: number,
  threshold: number,
  missingLeft: boolean,
  order: Int32Array,
  begin: number,
  end: number,
  spare: Int32Array,
): number {
  let left = begin;
  let right = 0;
  for (let i = begin; i < end; i++) {
    const position = order[i]!;
    const value = values[from + position]!;
    if (value <= threshold || (missingLeft && Number.isNaN(value))) order[left++] = position;
    else spare[right++] = position;
  }
  for (let i = 0; i < right; i++) order[left + i] = spare[i]!;
  return left;
}

import type { TrainingWindow } from './training-window.ts';

/**
 * Class counts as one float64: each class has `bits` of the 53 that an integer in a double has, so that one addition
 * counts a row whatever its class. Only for unweighted rows of at most three classes that fit.
 */
export interface PackedCounts {
  /** Between the counts of neighbouring classes; more than there are rows. */
  readonly radix: number;
  /** What each row adds. */
  readonly packed: Float64Array;
}

/** `null` where counts must be kept apart: weights, more than three classes, or too many rows. */
export function packClassCounts(window: TrainingWindow): PackedCounts | null {
  const { rows, classes, labels, weights } = window;
  const bits = 32 - Math.clz32(rows);
  if (weights !== null || classes > 3 || bits * 3 > 53) return null;
  const radix = 2 ** bits;
  const packed = new Float64Array(rows);
  for (let row = 0; row < rows; row++) packed[row] = radix ** labels[row]!;
  return { radix, packed };
}

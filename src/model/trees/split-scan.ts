import { gradientOf, SHIFT } from './packed-gradients.ts';

/** The best split of one leaf while its columns are scanned. */
export interface BoostingSplit {
  /** -1 where none was found. */
  column: number;
  bin: number;
  missingLeft: boolean;
  /** Packed sum of the left side. */
  left: number;
  /**
   * Score as a fraction, compared without dividing, in packed units. With A = Hl + l2 and B = Hr + l2,
   * Gl^2/A + Gr^2/B = (Gl + Gr)^2/(A + B) + (Gl B - Gr A)^2/(A B (A + B)), of which only (Gl B - Gr A)^2/(A B) varies.
   */
  numerator: number;
  denominator: number;
}

/** What every column of a leaf is scanned against. */
export interface ScanLimits {
  /** Packed sum of the leaf. */
  total: number;
  /** Smallest hessian of a side. */
  minHessian: number;
  /** l2 in units of packed hessians. */
  l2: number;
  /** Score that a split has to exceed. */
  least: number;
}

/** Whether a split is strictly better than another. Of equal ones the first that was offered stays. */
export const isBetter = (split: BoostingSplit, than: BoostingSplit): boolean =>
  split.numerator * than.denominator > than.numerator * split.denominator;

export const noSplit = (least: number): BoostingSplit => ({
  column: -1,
  bin: 0,
  missingLeft: false,
  left: 0,
  numerator: least,
  denominator: 1,
});

/**
 * Offers every border between bins `1..bins` of a column whose packed sums stand at `histogram[offset + bin]`: with the
 * missing rows to the left, where there are any, then with them to the right. Both are searched for what beats the
 * split so far; of two equal ones the first is taken.
 */
export function scanColumn(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  const { numerator, denominator } = split;
  const missing = histogram[offset]!;
  if (missing !== 0) scanFrom(missing, histogram, offset, bins, column, limits, numerator, denominator, split);
  scanFrom(0, histogram, offset, bins, column, limits, numerator, denominator, split);
}

/** One direction of the missing rows: `start` is what goes left beforehand. */
function scanFrom(
  start: number,
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  { total, minHessian, l2 }: ScanLimits,
  least: number,
  leastDenominator: number,
  split: BoostingSplit,
): void {
  const shift = 67_108_864;
  const perGradient = 1 / shift;
  const totalGradient = gradientOf(total);
  const totalHessian = total - totalGradient * SHIFT;
  const highest = totalHessian - minHessian;
  const whole = totalHessian + 2 * l2;
  let numerator = least;
  let denominator = leastDenominator;
  let bestBin = -1;
  let bestLeft = 0;
  let left = start;
  for (let bin = 1; bin <= bins; bin++) {
    left += histogram[offset + bin]!;
    const gl = Math.floor(left * perGradient);
    const hl = left - gl * shift;
    if (hl < minHessian) continue;
    if (hl > highest) break;
    const a = hl + l2;
    const b = whole - a;
    const excess = gl * b - (totalGradient - gl) * a;
    const top = excess * excess;
    const below = a * b;
    if (top * denominator > numerator * below) {
      numerator = top;
      denominator = below;
      bestBin = bin;
      bestLeft = left;
    }
  }
  if (bestBin >= 0 && numerator * split.denominator > split.numerator * denominator) {
    split.column = column;
    split.bin = bestBin;
    split.missingLeft = start !== 0;
    split.left = bestLeft;
    split.numerator = numerator;
    split.denominator = denominator;
  }
}

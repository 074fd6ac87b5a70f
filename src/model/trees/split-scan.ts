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
 * Offers every border of a column whose packed sums stand at `histogram[offset + bin]`: with the missing rows to the left,
 * where there are any, and with them to the right. Of two equal ones the first is taken.
 */
export function scanColumn(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  const missing = histogram[offset]!;
  if (missing !== 0) scanBothWays(histogram, offset, bins, column, missing, limits, split);
  else scanBins(histogram, offset, bins, column, 0, limits, split);
}

/**
 * Offers every border between bins `1..bins` of a column whose packed sums stand at `histogram[offset + bin]`.
 * `start` is what goes left beforehand: the missing rows, or nothing.
 */
export function scanBins(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  start: number,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  const { total, minHessian, l2 } = limits;
  const shift = 67_108_864;
  const perGradient = 1 / shift;
  const totalGradient = gradientOf(total);
  const totalHessian = total - totalGradient * SHIFT;
  const highest = totalHessian - minHessian;
  const whole = totalHessian + 2 * l2;
  let { numerator, denominator } = split;
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
  if (bestBin >= 0) {
    split.column = column;
    split.bin = bestBin;
    split.missingLeft = start !== 0;
    split.left = bestLeft;
    split.numerator = numerator;
    split.denominator = denominator;
  }
}

/**
 * The same borders twice in one pass, with the missing rows to the left and to the right; of equally good ones those to
 * the left count first.
 */
export function scanBothWays(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  missing: number,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  const { total, minHessian, l2 } = limits;
  const shift = 67_108_864;
  const perGradient = 1 / shift;
  const totalGradient = gradientOf(total);
  const totalHessian = total - totalGradient * SHIFT;
  const missingGradient = gradientOf(missing);
  const missingHessian = missing - missingGradient * SHIFT;
  const highest = totalHessian - minHessian;
  const whole = totalHessian + 2 * l2;
  let { numerator, denominator } = split;
  let { numerator: rightNumerator, denominator: rightDenominator } = split;
  let bestBin = -1;
  let bestLeft = 0;
  let rightBin = -1;
  let rightLeft = 0;
  let left = 0;
  for (let bin = 1; bin <= bins; bin++) {
    left += histogram[offset + bin]!;
    const gl = Math.floor(left * perGradient);
    const hl = left - gl * shift;
    if (hl > highest) break;
    const h = hl + missingHessian;
    if (h >= minHessian && h <= highest) {
      const g = gl + missingGradient;
      const a = h + l2;
      const b = whole - a;
      const excess = g * b - (totalGradient - g) * a;
      const top = excess * excess;
      const below = a * b;
      if (top * denominator > numerator * below) {
        numerator = top;
        denominator = below;
        bestBin = bin;
        bestLeft = left + missing;
      }
    }
    if (hl < minHessian) continue;
    const a = hl + l2;
    const b = whole - a;
    const excess = gl * b - (totalGradient - gl) * a;
    const top = excess * excess;
    const below = a * b;
    if (top * rightDenominator > rightNumerator * below) {
      rightNumerator = top;
      rightDenominator = below;
      rightBin = bin;
      rightLeft = left;
    }
  }
  const isRight = rightBin >= 0 && (bestBin < 0 || rightNumerator * denominator > numerator * rightDenominator);
  if (!isRight && bestBin < 0) return;
  split.column = column;
  split.bin = isRight ? rightBin : bestBin;
  split.missingLeft = !isRight;
  split.left = isRight ? rightLeft : bestLeft;
  split.numerator = isRight ? rightNumerator : numerator;
  split.denominator = isRight ? rightDenominator : denominator;
}

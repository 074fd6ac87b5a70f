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
   * In packed units. With A = Hl + l2 and B = Hr + l2, Gl^2/A + Gr^2/B = (Gl + Gr)^2/(A + B) + (Gl B - Gr A)^2/(A B (A + B)),
   * of which only (Gl B - Gr A)^2/(A B) varies.
   */
  score: number;
}

/** What every column of a leaf is scanned against. */
export interface ScanLimits {
  /** Packed sum of the leaf. */
  readonly total: number;
  /** Smallest hessian of a side. */
  readonly minHessian: number;
  /** l2 in units of packed hessians. */
  readonly l2: number;
  /** Score that a split has to exceed. */
  readonly least: number;
}

export const noSplit = (least: number): BoostingSplit => ({
  column: -1,
  bin: 0,
  missingLeft: false,
  left: 0,
  score: Math.fround(least),
});

const PER_GRADIENT = 1 / SHIFT;

/**
 * Offers every border of a column whose packed sums stand at `histogram[offset + bin]`: with the missing rows to the left,
 * where there are any, and with them to the right. Of two equal ones the first is taken. Each step of a score is rounded to
 * 32 bits, as four columns are scored at once where this is compiled.
 */
export function scanColumn(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  const { total, minHessian } = limits;
  const missing = histogram[offset]!;
  const gradient = gradientOf(total);
  const hessian = total - gradient * SHIFT;
  const l2 = Math.fround(limits.l2);
  const offer = (bin: number, left: number, missingLeft: boolean) => {
    const gl = Math.floor(left * PER_GRADIENT);
    const hl = left - gl * SHIFT;
    const hr = hessian - hl;
    if (hl < minHessian || hr < minHessian) return;
    const a = Math.fround(Math.fround(hl) + l2);
    const b = Math.fround(Math.fround(hr) + l2);
    const excess = Math.fround(Math.fround(Math.fround(gl) * b) - Math.fround(Math.fround(gradient - gl) * a));
    const score = Math.fround(excess * Math.fround(excess / Math.fround(a * b)));
    if (!(score > split.score)) return;
    split.column = column;
    split.bin = bin;
    split.missingLeft = missingLeft;
    split.left = left;
    split.score = score;
  };
  let left = 0;
  for (let bin = 1; bin <= bins; bin++) {
    left += histogram[offset + bin]!;
    if (missing !== 0) offer(bin, left + missing, true);
    offer(bin, left, false);
  }
}

import type { HistogramLayout } from './histogram.ts';
import { boundedOutput, type OutputBounds } from './monotone.ts';
import { gradientOf, SHIFT } from './packed-gradients.ts';
import type { BoostingSplit, ScanLimits } from './split-scan.ts';

const PER_GRADIENT = 1 / SHIFT;

/** What a leaf of a constrained tree is scanned against. */
export interface MonotoneLimits extends Omit<ScanLimits, 'least'> {
  readonly bounds: OutputBounds;
  /** One per column of the training window. */
  readonly directions: Int8Array;
}

/** Score of rows with this output: what it takes off twice their loss. `hessian` includes l2. */
export const scoreOf = (gradient: number, hessian: number, output: number): number => -(2 * gradient + hessian * output) * output;

/**
 * Direction that a split at `bin` has to keep: none at the last bin, as that one parts missing values, which have no
 * order, from known ones.
 */
export const directionAt = (direction: number, bin: number, bins: number): number => (bin < bins ? direction : 0);

/**
 * The best split of a leaf whose outputs are bound, among those that keep their column's direction; `split.score` is
 * the sum of both scores. A scan of its own, in TypeScript alone, so that trees without
 * constraints pay nothing for those with.
 */
export function searchMonotone(
  { columns, offsets, binCounts }: HistogramLayout,
  histogram: Float64Array,
  limits: MonotoneLimits,
  split: BoostingSplit,
): void {
  for (let i = 0; i < columns.length; i++) {
    const missing = histogram[offsets[i]!]!;
    if (missing !== 0) scanColumn(histogram, offsets[i]!, binCounts[i]!, columns[i]!, missing, limits, split);
    scanColumn(histogram, offsets[i]!, binCounts[i]!, columns[i]!, 0, limits, split);
  }
}

function scanColumn(
  histogram: Float64Array,
  offset: number,
  bins: number,
  column: number,
  start: number,
  { total, minHessian, l2, bounds, directions }: MonotoneLimits,
  split: BoostingSplit,
): void {
  const direction = directions[column]!;
  const totalGradient = gradientOf(total);
  const totalHessian = total - totalGradient * SHIFT;
  const highest = totalHessian - minHessian;
  let left = start;
  for (let bin = 1; bin <= bins; bin++) {
    const added = histogram[offset + bin]!;
    if (added === 0 && bin > 1 && bin < bins) continue;
    left += added;
    const gl = Math.floor(left * PER_GRADIENT);
    const hl = left - gl * SHIFT;
    if (hl < minHessian) continue;
    if (hl > highest) break;
    const gr = totalGradient - gl;
    const a = hl + l2;
    const b = totalHessian - hl + l2;
    if (gl * gl * b + gr * gr * a <= split.score * a * b) continue;
    const leftOutput = boundedOutput(bounds, gl, a);
    const rightOutput = boundedOutput(bounds, gr, b);
    if (directionAt(direction, bin, bins) * (rightOutput - leftOutput) < 0) continue;
    const score = scoreOf(gl, a, leftOutput) + scoreOf(gr, b, rightOutput);
    if (score > split.score) {
      split.column = column;
      split.bin = bin;
      split.missingLeft = start !== 0;
      split.left = left;
      split.score = score;
    }
  }
}

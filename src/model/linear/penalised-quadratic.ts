import { factorise, solveFactorised } from './cholesky.ts';
import { dot } from './dot.ts';
import type { ElasticPenalty } from './elastic-penalty.ts';

const MAX_ROUNDS = 300;
/** Sweeps over all coordinates between two solutions on the support: they say which weights are 0. */
const SWEEPS = 3;

/**
 * Minimises `slope'd + d'Hd / 2` plus the penalty of `weights + d`, from and into `weights`: coordinate descent
 * (Friedman et al. 2010) finds which weights are 0, a Cholesky solution for the others makes up for correlated columns,
 * on which coordinates alone would creep (the step of Lee et al. 2007, feature-sign search).
 * @param hessian symmetric positive definite, row-major
 * @param slope of the loss at `weights`; overwritten by the one at the result
 * @param tolerance slope that counts as none
 */
export function minimisePenalisedQuadratic(
  penalty: ElasticPenalty,
  hessian: Float64Array,
  slope: Float64Array,
  weights: Float64Array,
  tolerance: number,
): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (let i = 0; i < SWEEPS; i++) if (sweep(penalty, hessian, slope, weights) <= tolerance) return;
    solveOnSupport(penalty, hessian, slope, weights);
  }
}

/** Moves each weight to the minimum along itself. @returns the largest slope that was found */
function sweep(penalty: ElasticPenalty, hessian: Float64Array, slope: Float64Array, weights: Float64Array): number {
  const size = weights.length;
  let largest = 0;
  for (let i = 0; i < size; i++) {
    const curvature = hessian[i * size + i]!;
    const old = weights[i]!;
    const next = penalty.minimiser(i, curvature, curvature * old - slope[i]!);
    if (next === old) continue;
    largest = Math.max(largest, (curvature + penalty.l2) * Math.abs(next - old));
    weights[i] = next;
    addScaledRow(hessian, i, next - old, slope);
  }
  return largest;
}

/** Moves the weights that are not 0 towards their common minimum; one that would change its sign stays at 0. */
function solveOnSupport(penalty: ElasticPenalty, hessian: Float64Array, slope: Float64Array, weights: Float64Array): void {
  const size = weights.length;
  const step = supportStep(penalty, hessian, slope, weights);
  let nearest = 1;
  let first = -1;
  for (let i = 0; i < size; i++) {
    const crossing = -weights[i]! / step[i]!;
    if (penalty.isFree(i) || !(crossing > 0 && crossing < nearest)) continue;
    nearest = crossing;
    first = i;
  }
  for (let length = 1; ; length = Math.max(nearest, length / 4)) {
    const next = weights.map((old, i) => {
      const moved = old + length * step[i]!;
      const crosses = Math.sign(moved) !== Math.sign(old) || (i === first && length === nearest);
      return crosses && !penalty.isFree(i) ? 0 : moved;
    });
    const change = next.map((weight, i) => weight - weights[i]!);
    const bend = new Float64Array(size);
    for (let i = 0; i < size; i++) if (change[i] !== 0) addScaledRow(hessian, i, change[i]!, bend);
    const rise = penalty.of(next) - penalty.of(weights) + dot(slope, change) + dot(bend, change) / 2;
    if (rise > 0 && length > nearest) continue;
    weights.set(next);
    for (let i = 0; i < size; i++) slope[i]! += bend[i]!;
    return;
  }
}

/** From the weights to the minimum over those that are not 0, were their signs fixed. */
function supportStep(penalty: ElasticPenalty, hessian: Float64Array, slope: Float64Array, weights: Float64Array): Float64Array {
  const size = weights.length;
  const support = Int32Array.from(weights.keys()).filter((i) => penalty.isFree(i) || weights[i] !== 0);
  const count = support.length;
  const matrix = new Float64Array(count * count);
  const solution = new Float64Array(count);
  for (let a = 0; a < count; a++) {
    const i = support[a]!;
    for (let b = 0; b <= a; b++) matrix[a * count + b] = hessian[i * size + support[b]!]!;
    if (!penalty.isFree(i)) matrix[a * count + a]! += penalty.l2;
    solution[a] = -penalty.slopeAt(i, weights[i]!, slope[i]!);
  }
  factorise(matrix, count);
  solveFactorised(matrix, count, solution, 0);
  const step = new Float64Array(size);
  for (let a = 0; a < count; a++) step[support[a]!] = solution[a]!;
  return step;
}

function addScaledRow(matrix: Float64Array, row: number, factor: number, into: Float64Array): void {
  const size = into.length;
  for (let i = 0; i < size; i++) into[i]! += matrix[row * size + i]! * factor;
}

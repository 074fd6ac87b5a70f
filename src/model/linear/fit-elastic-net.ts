import { dotAt } from './dot.ts';
import { ElasticPenalty } from './elastic-penalty.ts';
import { fillCrossProducts, fillResiduals, type LogisticProblem, toleranceOf } from './logistic-problem.ts';
import { minimisePenalisedQuadratic } from './penalised-quadratic.ts';

const MAX_STEPS = 200;
const MAX_HALVINGS = 30;
/** Share of the promised decrease that a step must keep (Armijo). */
const SUFFICIENT = 1e-4;
/** Added to the curvatures, as the loss has none where all classes move together. */
const DAMPING = 1e-6;

/**
 * Weights that minimise the sum of log losses plus `l1 * ||w||_1 + l2 / 2 * ||w||^2`, intercepts free, by proximal
 * Newton steps (Lee, Sun and Saunders 2014). Weights that the penalty leaves out are exactly 0. Needs memory for
 * `(classes * width)^2` numbers.
 */
export function fitElasticNet(problem: LogisticProblem, l1: number, l2: number): Float64Array {
  const { rows, width, classes } = problem;
  const penalty = new ElasticPenalty(l1, l2, width);
  const tolerance = toleranceOf(problem);
  const residuals = new Float64Array(classes * rows);
  const hessian = new Float64Array((classes * width) ** 2);
  let weights: Float64Array = new Float64Array(classes * width);
  let value = fillResiduals(problem, weights, residuals);
  for (let step = 0; step < MAX_STEPS; step++) {
    const slope = slopeOf(problem, residuals);
    if (penalty.violation(weights, slope) <= tolerance) break;
    fillHessian(problem, residuals, hessian);
    const target = weights.slice();
    minimisePenalisedQuadratic(penalty, hessian, slope.slice(), target, 0.1 * tolerance);
    const direction = target.map((weight, i) => weight - weights[i]!);
    const promised = penalty.of(target) - penalty.of(weights) + dotAt(slope, 0, direction, 0, direction.length);
    let next = target;
    let reached = fillResiduals(problem, next, residuals) + penalty.of(next);
    for (let halving = 0, length = 1; halving < MAX_HALVINGS && reached > value + SUFFICIENT * length * promised; halving++) {
      length /= 2;
      next = weights.map((weight, i) => weight + length * direction[i]!);
      reached = fillResiduals(problem, next, residuals) + penalty.of(next);
    }
    if (!(reached < value)) break;
    weights = next;
    value = reached;
  }
  return weights;
}

/** Slope of the loss, class after class. */
function slopeOf({ byColumn, rows, width, classes }: LogisticProblem, residuals: Float64Array): Float64Array {
  return Float64Array.from({ length: classes * width }, (_, at) =>
    dotAt(residuals, Math.floor(at / width) * rows, byColumn, (at % width) * rows, rows),
  );
}

/** Second derivatives of the loss: the block of classes k and l is `Z' diag(weight * p_k * ((k = l) - p_l)) Z`. */
function fillHessian(problem: LogisticProblem, residuals: Float64Array, hessian: Float64Array): void {
  const { rows, width, classes, labels, rowWeights } = problem;
  const size = classes * width;
  const curvatures = new Float64Array(rows);
  const block = new Float64Array(width * width);
  const share = (label: number, row: number) =>
    rowWeights[row]! > 0 ? residuals[label * rows + row]! / rowWeights[row]! + (labels[row] === label ? 1 : 0) : 0;
  for (let k = 0; k < classes; k++) {
    for (let l = 0; l <= k; l++) {
      for (let row = 0; row < rows; row++)
        curvatures[row] = rowWeights[row]! * share(k, row) * ((k === l ? 1 : 0) - share(l, row));
      fillCrossProducts(problem, curvatures, 1, block);
      for (let i = 0; i < width; i++) {
        for (let j = 0; j <= i; j++) {
          const value = block[i * width + j]! + (k === l && i === j ? DAMPING : 0);
          for (const [a, b] of [
            [i, j],
            [j, i],
          ] as const) {
            hessian[(k * width + a) * size + l * width + b] = value;
            hessian[(l * width + a) * size + k * width + b] = value;
          }
        }
      }
    }
  }
}

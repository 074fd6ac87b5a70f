import { factorise, solveFactorised } from './cholesky.ts';
import { dotAt } from './dot.ts';
import { fillCrossProducts, fillResiduals, type LogisticProblem } from './logistic-problem.ts';
import { minimise } from './minimise.ts';

/** Largest component of a gradient that counts as zero, a row: a hundredth of scikit-learn's. */
const TOLERANCE = 1e-6;

/**
 * Weights that minimise the sum of log losses plus `l2 / 2 * ||w||^2`: L-BFGS, preconditioned with the Cholesky factor
 * of the Hessian that equal shares would give.
 */
export function fitRidge(problem: LogisticProblem, l2: number): Float64Array {
  const { rows, width, classes, byColumn } = problem;
  const factor = curvature(problem, l2);
  factorise(factor, width);
  const residuals = new Float64Array(classes * rows);
  return minimise({
    size: classes * width,
    tolerance: TOLERANCE * Math.max(100, rows),
    precondition: (vector) => {
      for (let label = 0; label < classes; label++) solveFactorised(factor, width, vector, label * width);
    },
    evaluate: (w, gradient) => {
      let loss = fillResiduals(problem, w, residuals);
      for (let label = 0; label < classes; label++) {
        const to = label * width;
        for (let column = 0; column < width; column++) {
          gradient[to + column] = dotAt(residuals, label * rows, byColumn, column * rows, rows);
          if (column === width - 1) continue;
          const weight = w[to + column]!;
          gradient[to + column]! += l2 * weight;
          loss += 0.5 * l2 * weight * weight;
        }
      }
      return loss;
    },
  });
}

/** Lower part of `1/K * Z'Z + l2 I`, the Hessian block of one class where every class has the same probability. */
function curvature(problem: LogisticProblem, l2: number): Float64Array {
  const { width, rowWeights, classes } = problem;
  const matrix = new Float64Array(width * width);
  fillCrossProducts(problem, rowWeights, classes, matrix);
  for (let i = 0; i < width; i++) matrix[i * width + i]! += i === width - 1 ? 1e-6 : l2 + 1e-6;
  return matrix;
}

import type { TrainingWindow } from '../trees/training-window.ts';
import { factorise, solveFactorised } from './cholesky.ts';
import { dotAt } from './dot.ts';
import { minimise } from './minimise.ts';
import { measureColumns, type Standardisation, standardise } from './standardise.ts';

export interface LogisticFit extends Standardisation {
  /** Per class: the weights of the standardised columns, then the intercept. */
  readonly weights: Float64Array;
}

/**
 * Multinomial logistic regression: minimises the sum of log losses plus `l2 / 2 * ||w||^2` over standardised columns,
 * intercepts free. L-BFGS, preconditioned with the Cholesky factor of the Hessian that equal shares would give.
 */
export function fitLogistic(l2: number, window: TrainingWindow): LogisticFit {
  const { rows, columns, classes, labels } = window;
  const measured = measureColumns(window.data, rows, columns, window.weights);
  const width = columns + 1;
  const byRow = standardise(measured, window.data, rows);
  const byColumn = transpose(byRow, rows, width);
  const rowWeights = window.weights ?? new Float64Array(rows).fill(1);
  const factor = curvature(byColumn, rows, width, rowWeights, l2, classes);
  factorise(factor, width);
  const residuals = new Float64Array(classes * rows);
  const weights = minimise({
    size: classes * width,
    tolerance: 1e-7 * Math.max(100, rows),
    precondition: (vector) => {
      for (let label = 0; label < classes; label++) solveFactorised(factor, width, vector, label * width);
    },
    evaluate: (w, gradient) => {
      let loss = fillResiduals(byRow, rows, width, w, labels, rowWeights, residuals);
      for (let label = 0; label < classes; label++) {
        const to = label * width;
        for (let column = 0; column < width; column++) {
          gradient[to + column] = dotAt(residuals, label * rows, byColumn, column * rows, rows);
          if (column === columns) continue;
          const weight = w[to + column]!;
          gradient[to + column]! += l2 * weight;
          loss += 0.5 * l2 * weight * weight;
        }
      }
      return loss;
    },
  });
  return { ...measured, weights };
}

function transpose(byRow: Float64Array, rows: number, width: number): Float64Array {
  const byColumn = new Float64Array(byRow.length);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) byColumn[column * rows + row] = byRow[at++]!;
  }
  return byColumn;
}

/** Weighted probability minus outcome, one class after another. @returns the weighted sum of log losses */
function fillResiduals(
  byRow: Float64Array,
  rows: number,
  width: number,
  w: Float64Array,
  labels: Uint8Array,
  rowWeights: Float64Array,
  into: Float64Array,
): number {
  const classes = w.length / width;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const score = dotAt(w, k * width, byRow, row * width, width);
      into[k * rows + row] = score;
      if (score > highest) highest = score;
    }
    const label = labels[row]!;
    const weight = rowWeights[row]!;
    const own = into[label * rows + row]! - highest;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp(into[k * rows + row]! - highest);
      into[k * rows + row] = power;
      sum += power;
    }
    for (let k = 0; k < classes; k++) into[k * rows + row]! *= weight / sum;
    into[label * rows + row]! -= weight;
    loss += weight * (Math.log(sum) - own);
  }
  return loss;
}

/** Lower part of `1/K * Z'Z + l2 I`, the Hessian block of one class where every class has the same probability. */
function curvature(
  byColumn: Float64Array,
  rows: number,
  width: number,
  rowWeights: Float64Array,
  l2: number,
  classes: number,
): Float64Array {
  const matrix = new Float64Array(width * width);
  const weighted = new Float64Array(rows);
  for (let i = 0; i < width; i++) {
    for (let row = 0; row < rows; row++) weighted[row] = (byColumn[i * rows + row]! * rowWeights[row]!) / classes;
    for (let j = 0; j <= i; j++) matrix[i * width + j] = dotAt(weighted, 0, byColumn, j * rows, rows);
    matrix[i * width + i]! += i === width - 1 ? 1e-6 : l2 + 1e-6;
  }
  return matrix;
}

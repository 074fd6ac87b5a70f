import type { TrainingWindow } from '../trees/training-window.ts';
import { factorise, solveFactorised } from './cholesky.ts';
import { minimise } from './minimise.ts';
import { measureColumns, type Standardisation, standardise } from './standardise.ts';

export interface LogisticFit extends Standardisation {
  /** Per class: the weights of the standardised columns, then the intercept. */
  readonly weights: Float64Array;
}

/**
 * Multinomial logistic regression: minimises the sum of log losses plus `l2 / 2 * ||w||^2` over standardised columns,
 * intercepts free. L-BFGS, preconditioned with the Cholesky factor of the Hessian that class shares alone would give.
 */
export function fitLogistic(l2: number, window: TrainingWindow): LogisticFit {
  const { rows, columns, classes, labels } = window;
  const measured = measureColumns(window.data, rows, columns);
  const width = columns + 1;
  const standard = standardise(measured, window.data, rows);
  const rowWeights = window.weights ?? new Float64Array(rows).fill(1);
  const factor = curvature(standard, rows, width, rowWeights, l2, classes);
  factorise(factor, width);
  const residual = new Float64Array(classes);
  const weights = minimise({
    size: classes * width,
    tolerance: 1e-7 * Math.max(1, rows / 100),
    precondition: (vector) => {
      for (let label = 0; label < classes; label++) solveFactorised(factor, width, vector, label * width);
    },
    evaluate: (w, gradient) => {
      let loss = 0;
      for (let at = 0; at < w.length; at++) {
        const penalised = at % width !== columns;
        gradient[at] = penalised ? l2 * w[at]! : 0;
        if (penalised) loss += 0.5 * l2 * w[at]! * w[at]!;
      }
      for (let row = 0; row < rows; row++) {
        loss += rowWeights[row]! * residuals(standard, row * width, width, w, labels[row]!, residual);
        for (let label = 0; label < classes; label++) {
          const scale = residual[label]! * rowWeights[row]!;
          const to = label * width;
          const from = row * width;
          for (let column = 0; column < width; column++) gradient[to + column]! += scale * standard[from + column]!;
        }
      }
      return loss;
    },
  });
  return { ...measured, weights };
}

/** Probability minus outcome of every class for one row. @returns its log loss */
function residuals(
  standard: Float64Array,
  from: number,
  width: number,
  w: Float64Array,
  label: number,
  into: Float64Array,
): number {
  const classes = into.length;
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) {
    const at = k * width;
    let score = 0;
    for (let column = 0; column < width; column++) score += w[at + column]! * standard[from + column]!;
    into[k] = score;
    if (score > highest) highest = score;
  }
  const own = into[label]! - highest;
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    into[k] = Math.exp(into[k]! - highest);
    sum += into[k]!;
  }
  for (let k = 0; k < classes; k++) into[k]! /= sum;
  into[label]! -= 1;
  return Math.log(sum) - own;
}

/** Lower part of `1/K * Z'Z + l2 I`, the Hessian block of one class where every class has the same probability. */
function curvature(
  standard: Float64Array,
  rows: number,
  width: number,
  rowWeights: Float64Array,
  l2: number,
  classes: number,
): Float64Array {
  const matrix = new Float64Array(width * width);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    const weight = rowWeights[row]! / classes;
    for (let i = 0; i < width; i++) {
      const scaled = weight * standard[from + i]!;
      const to = i * width;
      for (let j = 0; j <= i; j++) matrix[to + j]! += scaled * standard[from + j]!;
    }
  }
  for (let i = 0; i < width; i++) matrix[i * width + i]! += i === width - 1 ? 1e-6 : l2 + 1e-6;
  return matrix;
}

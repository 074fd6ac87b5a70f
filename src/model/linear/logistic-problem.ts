import type { TrainingWindow } from '../trees/training-window.ts';
import { dotAt } from './dot.ts';
import { measureColumns, type Standardisation, standardise } from './standardise.ts';

/** A multinomial logistic regression to be fitted: standardised columns with a one at the end of each row, and the outcomes. */
export interface LogisticProblem {
  readonly measured: Standardisation;
  readonly rows: number;
  /** Columns and the intercept. */
  readonly width: number;
  readonly classes: number;
  readonly labels: Uint8Array;
  readonly rowWeights: Float64Array;
  /** Standardised values row by row, and the same column by column. */
  readonly byRow: Float64Array;
  readonly byColumn: Float64Array;
}

export function prepareLogistic(window: TrainingWindow): LogisticProblem {
  const { rows, columns, classes, labels } = window;
  const measured = measureColumns(window.data, rows, columns, window.weights);
  const width = columns + 1;
  const byRow = standardise(measured, window.data, rows);
  const byColumn = transpose(byRow, rows, width);
  const rowWeights = window.weights ?? new Float64Array(rows).fill(1);
  return { measured, rows, width, classes, labels, rowWeights, byRow, byColumn };
}

/** Largest component of a gradient that counts as zero. */
export const toleranceOf = ({ rows }: LogisticProblem): number => 1e-7 * Math.max(100, rows);

/** Writes the lower part of `Z' diag(rowWeights / divisor) Z` to a row-major matrix. */
export function fillCrossProducts(
  { byColumn, rows, width }: LogisticProblem,
  rowWeights: Float64Array,
  divisor: number,
  matrix: Float64Array,
): void {
  const weighted = new Float64Array(rows);
  for (let i = 0; i < width; i++) {
    for (let row = 0; row < rows; row++) weighted[row] = (byColumn[i * rows + row]! * rowWeights[row]!) / divisor;
    for (let j = 0; j <= i; j++) matrix[i * width + j] = dotAt(weighted, 0, byColumn, j * rows, rows);
  }
}

/** Weighted probability minus outcome, one class after another. @returns the weighted sum of log losses */
export function fillResiduals(
  { byRow, rows, width, classes, labels, rowWeights }: LogisticProblem,
  w: Float64Array,
  into: Float64Array,
): number {
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

function transpose(byRow: Float64Array, rows: number, width: number): Float64Array {
  const byColumn = new Float64Array(byRow.length);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) byColumn[column * rows + row] = byRow[at++]!;
  }
  return byColumn;
}

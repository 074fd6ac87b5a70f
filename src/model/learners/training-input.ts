import { type Matrix, ModelError } from '../../domain/index.ts';
import type { FitOptions } from './learner.ts';

/** The three decisions, where the caller does not say how many classes there are. */
const DECISION_CLASSES = 3;

/** Refuses a matrix whose numbers do not fill its shape. @throws ModelError `learner.shape_mismatch` */
function checkMatrix({ data, rows, columns }: Matrix): void {
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 0 || columns < 1 || data.length !== rows * columns) {
    throw new ModelError(
      'learner.shape_mismatch',
      `a matrix of ${rows} rows and ${columns} columns cannot have ${data.length} numbers`,
      {
        details: { rows, columns, numbers: data.length },
      },
    );
  }
}

/** Refuses what cannot be learnt from. @returns the number of classes @throws ModelError */
export function checkTrainingInput(X: Matrix, y: Uint8Array, { classes = DECISION_CLASSES, weights }: FitOptions): number {
  if (X.rows === 0) throw new ModelError('learner.no_rows', 'there are no rows to learn from');
  checkMatrix(X);
  if (y.length !== X.rows) {
    throw new ModelError('learner.label_count', `${X.rows} rows need as many labels, not ${y.length}`, {
      details: { rows: X.rows, labels: y.length },
    });
  }
  if (!Number.isInteger(classes) || classes < 1 || classes > 255) {
    throw new ModelError('learner.class_count', `the number of classes must be 1 to 255, not ${classes}`);
  }
  const wrong = y.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong >= 0) {
    throw new ModelError(
      'learner.label_out_of_range',
      `label ${y[wrong]} in row ${wrong} is not one of the ${classes} classes 0 to ${classes - 1}`,
      {
        details: { row: wrong, label: y[wrong], classes },
      },
    );
  }
  checkFinite(X);
  if (weights) checkWeights(weights, X.rows);
  return classes;
}

function checkFinite({ data, columns, names }: Matrix): void {
  for (let at = 0; at < data.length; at++) {
    const value = data[at]!;
    if (value - value === 0 || Number.isNaN(value)) continue;
    const column = at % columns;
    const row = Math.floor(at / columns);
    throw new ModelError('learner.infinite_value', `row ${row}, column ${names?.[column] ?? column} is ${value}`, {
      details: { row, column },
      hint: 'NaN says that a value is not known; an infinite one is a mistake in the feature.',
    });
  }
}

/** @throws ModelError `learner.bad_weights` */
export function checkWeights(weights: Float64Array, rows: number): void {
  let sum = 0;
  for (const weight of weights) sum += weight >= 0 ? weight : Number.NaN;
  if (weights.length !== rows || !(sum > 0) || !Number.isFinite(sum)) {
    throw new ModelError(
      'learner.bad_weights',
      `${rows} rows need as many weights that are finite, not negative and not all zero`,
      {
        details: { rows, weights: weights.length },
      },
    );
  }
}

/**
 * Refuses a matrix that a model of `columns` columns cannot predict from.
 * @throws ModelError `learner.shape_mismatch`, `learner.infinite_value`
 */
export function checkPredictionInput(X: Matrix, columns: number): void {
  checkMatrix(X);
  if (X.columns !== columns) {
    throw new ModelError(
      'learner.shape_mismatch',
      `the model was fitted on ${columns} columns and cannot predict from ${X.columns}`,
      {
        details: { fitted: columns, given: X.columns },
      },
    );
  }
  checkFinite(X);
}

import { type Matrix, ModelError } from '../../domain/index.ts';

/** A model whose predictions can be taken apart. */
export interface Explainable {
  /** Of rows of the model's own columns. */
  predictProba(X: Matrix): Float64Array;
  contributions(from: Float64Array, to: Float64Array): Float64Array;
}

export interface Contributions {
  /** Mean prediction of the background rows: what is expected with nothing known. One number a class. */
  readonly base: Float64Array;
  readonly prediction: Float64Array;
  /** columns x classes: how far each feature moved each probability. With `base` they add up to `prediction`. */
  readonly values: Float64Array;
}

/**
 * What each feature moved a prediction by, against the mean of background rows: Shapley values of trees and linear
 * models, carried through softmax, meta-classifier and calibration. Nothing is sampled.
 * @param row the values of one row @param background rows of the training window
 * @throws ModelError `explanation.shape_mismatch`
 */
export function explainRow(model: Explainable, row: Float64Array, background: Matrix): Contributions {
  const { columns, rows, names } = background;
  if (row.length !== columns || rows === 0) {
    throw new ModelError(
      'explanation.shape_mismatch',
      `a row of ${row.length} values cannot be explained by ${rows} rows of ${columns}`,
      { details: { values: row.length, rows, columns } },
    );
  }
  const named = names === undefined ? {} : { names };
  const prediction = model.predictProba({ data: row, rows: 1, columns, ...named });
  const expected = model.predictProba(background);
  const base = new Float64Array(prediction.length);
  expected.forEach((value, at) => {
    base[at % base.length]! += value / rows;
  });
  const values = new Float64Array(columns * base.length);
  for (let from = 0; from < rows * columns; from += columns) {
    model.contributions(background.data.subarray(from, from + columns), row).forEach((value, at) => {
      values[at]! += value / rows;
    });
  }
  return { base, prediction, values };
}

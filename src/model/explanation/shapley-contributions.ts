import { type Matrix, ModelError, type Rng } from '../../domain/index.ts';

/** Anything that gives rows probabilities: a learner, a stack, an ensemble. */
export type Predict = (X: Matrix) => Float64Array;

export interface ShapleyOptions {
  /** Orders in which features become known; each is walked both ways, against another background row. 16 */
  readonly orders?: number;
  readonly rng: Rng;
}

export interface Contributions {
  /** Mean prediction of the background rows that were used: what is expected with nothing known. One number a class. */
  readonly base: Float64Array;
  readonly prediction: Float64Array;
  /** columns x classes: how far each feature moved each probability. With `base` they add up to `prediction`. */
  readonly values: Float64Array;
}

/**
 * Shapley values of one prediction (Strumbelj and Kononenko 2014): features are taken over from background rows to the
 * row in random orders, and what the probabilities move by is theirs. It goes through everything that makes the
 * prediction, stacking and calibration too. The sum is exact whatever the number of orders; the parts are estimates.
 * @param row the values of one row @param background rows of the training window
 * @throws ModelError `explanation.shape_mismatch`
 */
export function shapleyContributions(
  predict: Predict,
  row: Float64Array,
  background: Matrix,
  { orders = 16, rng }: ShapleyOptions,
): Contributions {
  const { columns, rows } = background;
  if (row.length !== columns || rows === 0) {
    throw new ModelError(
      'explanation.shape_mismatch',
      `a row of ${row.length} values cannot be explained by ${rows} rows of ${columns}`,
      {
        details: { values: row.length, rows, columns },
      },
    );
  }
  const names = background.names === undefined ? {} : { names: background.names };
  const prediction = predict({ data: row, rows: 1, columns, ...names });
  const classes = prediction.length;
  const values = new Float64Array(columns * classes);
  const base = new Float64Array(classes);
  const share = 1 / (2 * orders);
  for (let i = 0; i < orders; i++) {
    const from = Math.floor(rng() * rows) * columns;
    const start = background.data.subarray(from, from + columns);
    const order = shuffled(columns, rng);
    for (const way of [order, order.toReversed()]) {
      const path = predict({ data: walk(start, row, way), rows: columns + 1, columns, ...names });
      for (let k = 0; k < classes; k++) base[k]! += share * path[k]!;
      way.forEach((column, step) => {
        for (let k = 0; k < classes; k++) {
          values[column * classes + k]! += share * (path[(step + 1) * classes + k]! - path[step * classes + k]!);
        }
      });
    }
  }
  return { base, prediction, values };
}

/** The rows on the way from `start` to `row`, one feature changed at each step. */
function walk(start: Float64Array, row: Float64Array, order: readonly number[]): Float64Array {
  const columns = row.length;
  const path = new Float64Array((columns + 1) * columns);
  const now = start.slice();
  path.set(now);
  order.forEach((column, step) => {
    now[column] = row[column]!;
    path.set(now, (step + 1) * columns);
  });
  return path;
}

function shuffled(size: number, rng: Rng): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const other = Math.floor(rng() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

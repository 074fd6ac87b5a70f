/** Weighted mean and standard deviation of each column over its known values; a constant or empty column has deviation 1. */
export interface Standardisation {
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * Farthest from the mean that a value counts, in deviations. No column of fewer than a million million rows gets there by
 * itself; beyond, a number says that something is broken, and must not make scores that no number holds.
 */
export const FARTHEST_DEVIATIONS = 1e6;

/** @returns deviations from the mean, at most `FARTHEST_DEVIATIONS` either way */
export function standardValue(value: number, mean: number, deviation: number): number {
  const distance = value - mean;
  const standard = Number.isFinite(distance) ? distance / deviation : value / deviation - mean / deviation;
  return Math.max(-FARTHEST_DEVIATIONS, Math.min(FARTHEST_DEVIATIONS, standard));
}

/** @param weights one per row, not all zero; `null` where all are 1 */
export function measureColumns(data: Float64Array, rows: number, columns: number, weights: Float64Array | null): Standardisation {
  const means = new Float64Array(columns);
  const deviations = new Float64Array(columns);
  const known = new Float64Array(columns);
  let total = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    total += weight;
    for (let column = 0; column < columns; column++, at++) {
      const value = data[at]!;
      if (Number.isNaN(value)) continue;
      means[column]! += weight * value;
      known[column]! += weight;
    }
  }
  for (let column = 0; column < columns; column++) means[column]! /= known[column]! > 0 ? known[column]! : 1;
  for (let row = 0, at = 0; row < rows; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    for (let column = 0; column < columns; column++, at++) {
      const value = data[at]!;
      if (!Number.isNaN(value)) deviations[column]! += weight * (value - means[column]!) ** 2;
    }
  }
  for (let column = 0; column < columns; column++) {
    if (!Number.isFinite(means[column]! + deviations[column]!)) {
      [means[column]!, deviations[column]!] = measureLarge(data, column, columns, weights);
      continue;
    }
    const deviation = Math.sqrt(deviations[column]! / total);
    deviations[column] = deviation > 1e-12 * Math.max(1, Math.abs(means[column]!)) ? deviation : 1;
  }
  return { means, deviations };
}

/** Mean and deviation of a column whose sums no number holds: of its values and weights as shares of the largest. */
function measureLarge(
  data: Float64Array,
  column: number,
  columns: number,
  weights: Float64Array | null,
): [mean: number, deviation: number] {
  const rows = data.length / columns;
  let largest = 0;
  let heaviest = 0;
  for (let row = 0; row < rows; row++) {
    const size = Math.abs(data[row * columns + column]!);
    if (size > largest) largest = size;
    heaviest = Math.max(heaviest, weights === null ? 1 : weights[row]!);
  }
  const shares = Float64Array.from({ length: rows }, (_, row) => data[row * columns + column]! / largest);
  const scaled = measureColumns(shares, rows, 1, weights?.map((weight) => weight / heaviest) ?? null);
  return [scaled.means[0]! * largest, scaled.deviations[0]! * largest];
}

/** Standardised values, row-major, with a one at the end of each row; missing ones are the mean, which is 0. */
export function standardise({ means, deviations }: Standardisation, data: Float64Array, rows: number): Float64Array {
  const columns = means.length;
  const width = columns + 1;
  const standard = new Float64Array(rows * width);
  for (let row = 0, at = 0; row < rows; row++) {
    const to = row * width;
    for (let column = 0; column < columns; column++, at++) {
      const value = data[at]!;
      standard[to + column] = !Number.isNaN(value) ? standardValue(value, means[column]!, deviations[column]!) : 0;
    }
    standard[to + columns] = 1;
  }
  return standard;
}

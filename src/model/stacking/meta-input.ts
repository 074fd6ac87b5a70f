import type { Matrix } from '../../domain/index.ts';

/**
 * Probabilities of several learners side by side: what the meta-classifier learns from.
 * @param passed further columns that it sees besides, one value a row
 */
export function metaInput(
  bases: readonly Float64Array[],
  rows: number,
  classes: number,
  passed: readonly Float64Array[] = [],
): Matrix {
  const columns = bases.length * classes + passed.length;
  const data = new Float64Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (const base of bases) for (let k = 0; k < classes; k++) data[at++] = base[row * classes + k]!;
    for (const column of passed) data[at++] = column[row]!;
  }
  return { data, rows, columns };
}

/** One column of a row-major matrix. @param rows all of them unless told */
export function columnOf({ data, columns, rows: all }: Matrix, column: number, rows?: Int32Array): Float64Array {
  return rows === undefined
    ? Float64Array.from({ length: all }, (_, row) => data[row * columns + column]!)
    : Float64Array.from(rows, (row) => data[row * columns + column]!);
}

import type { Matrix } from '../../domain/index.ts';

/** Probabilities of several learners side by side: what the meta-classifier learns from. */
export function metaInput(bases: readonly Float64Array[], rows: number, classes: number): Matrix {
  const columns = bases.length * classes;
  const data = new Float64Array(rows * columns);
  for (let b = 0; b < bases.length; b++) {
    const base = bases[b]!;
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < classes; k++) data[row * columns + b * classes + k] = base[row * classes + k]!;
    }
  }
  return { data, rows, columns };
}

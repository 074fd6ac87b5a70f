import { dotAt } from './dot.ts';

/** Factors a symmetric positive definite matrix (row-major, lower part read) into L of L L', in place. */
export function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * size;
      const sum = matrix[rowI + j]! - dotAt(matrix, rowI, matrix, rowJ, j);
      matrix[rowI + j] = i === j ? Math.sqrt(Math.max(sum, 1e-10)) : sum / matrix[rowJ + j]!;
    }
  }
}

/** Solves L L' x = b for the `size` numbers of `vector` from `offset` on, in place. */
export function solveFactorised(factor: Float64Array, size: number, vector: Float64Array, offset: number): void {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    vector[offset + i] = (vector[offset + i]! - dotAt(factor, row, vector, offset, i)) / factor[row + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    const value = vector[offset + i]! / factor[row + i]!;
    vector[offset + i] = value;
    for (let k = 0; k < i; k++) vector[offset + k]! -= factor[row + k]! * value;
  }
}

/** Factors a symmetric positive definite matrix (row-major, lower part read) into L of L L', in place. */
export function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * size;
      let sum = matrix[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[rowI + k]! * matrix[rowJ + k]!;
      matrix[rowI + j] = i === j ? Math.sqrt(Math.max(sum, 1e-10)) : sum / matrix[rowJ + j]!;
    }
  }
}

/** Solves L L' x = b for the `size` numbers of `vector` from `offset` on, in place. */
export function solveFactorised(factor: Float64Array, size: number, vector: Float64Array, offset: number): void {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    let sum = vector[offset + i]!;
    for (let k = 0; k < i; k++) sum -= factor[row + k]! * vector[offset + k]!;
    vector[offset + i] = sum / factor[row + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    const value = vector[offset + i]! / factor[row + i]!;
    vector[offset + i] = value;
    for (let k = 0; k < i; k++) vector[offset + k]! -= factor[row + k]! * value;
  }
}

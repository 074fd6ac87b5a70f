/** Weighted share of each class, with one pseudo-row per class (Laplace) so that no class is impossible. */
export function smoothedShares(labels: Uint8Array, classes: number, weights: Float64Array | null): Float64Array {
  const sums = new Float64Array(classes).fill(1);
  for (let row = 0; row < labels.length; row++) sums[labels[row]!]! += weights === null ? 1 : weights[row]!;
  const total = sums.reduce((sum, value) => sum + value, 0);
  return sums.map((sum) => sum / total);
}

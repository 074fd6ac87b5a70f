/** Weighted sum over rows of minus the log of the probability given to what happened; less than 1e-15 counts as 1e-15. */
export function sumLogLoss(
  probabilities: Float64Array,
  labels: Uint8Array,
  classes: number,
  weights: Float64Array | null = null,
): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const loss = -Math.log(Math.max(1e-15, probabilities[row * classes + labels[row]!]!));
    sum += weights === null ? loss : weights[row]! * loss;
  }
  return sum;
}

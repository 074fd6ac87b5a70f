/** Sum over rows of minus the log of the probability given to what happened; probabilities below 1e-15 count as 1e-15. */
export function sumLogLoss(probabilities: Float64Array, labels: Uint8Array, classes: number): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum -= Math.log(Math.max(1e-15, probabilities[row * classes + labels[row]!]!));
  return sum;
}

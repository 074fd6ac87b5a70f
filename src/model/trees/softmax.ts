/**
 * Gradients and hessians of the multi-class log loss for one class. Hessians carry the factor K / (K - 1) of
 * LightGBM, which makes up for classes being grown one by one (Friedman 2001 has it too).
 */
export function softmaxGradients(
  probabilities: Float64Array,
  labels: Uint8Array,
  weights: Float64Array | null,
  classes: number,
  label: number,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  const factor = classes / (classes - 1);
  for (let row = 0; row < labels.length; row++) {
    const p = probabilities[row * classes + label]!;
    const weight = weights === null ? 1 : weights[row]!;
    gradients[row] = (p - (labels[row] === label ? 1 : 0)) * weight;
    hessians[row] = factor * p * (1 - p) * weight;
  }
}

/** Softmax of each row of raw scores. */
export function softmaxRows(scores: Float64Array, classes: number, into: Float64Array): void {
  for (let at = 0; at < scores.length; at += classes) {
    let highest = scores[at]!;
    for (let k = 1; k < classes; k++) if (scores[at + k]! > highest) highest = scores[at + k]!;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp(scores[at + k]! - highest);
      into[at + k] = power;
      sum += power;
    }
    for (let k = 0; k < classes; k++) into[at + k]! /= sum;
  }
}

/** Softmax of one row of raw scores, which are left as they are. */
export function softmaxOf(scores: Float64Array): Float64Array {
  const into = new Float64Array(scores.length);
  softmaxRows(scores, scores.length, into);
  return into;
}

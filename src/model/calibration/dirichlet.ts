import { factorise, solveFactorised } from '../linear/cholesky.ts';
import { minimise } from '../linear/minimise.ts';
import { softmaxRows } from '../trees/softmax.ts';
import type { JudgedRows } from './judged-rows.ts';

/** Smaller probabilities count as this one, so that a single bold forecast does not rule the fit. */
export const SMALLEST_LOGGED = 1e-4;
/** Ridge penalty on what one class's probability says about another (the off-diagonal of Kull et al. 2019), and on the rest. */
const CROSS_PENALTY = 10;
const OWN_PENALTY = 1;

/**
 * Dirichlet calibration (Kull et al. 2019): a softmax over a linear map of the log probabilities, drawn by ridge
 * penalties towards leaving them as they are.
 * @returns per class its weights of the log probabilities, then its intercept
 */
export function fitDirichlet({ probabilities, labels, weights }: JudgedRows, classes: number): Float64Array {
  const logs = logOf(probabilities);
  const width = classes + 1;
  const scores = new Float64Array(logs.length);
  const identity = identityMap(classes);
  const factor = curvature(logs, weights, classes);
  factorise(factor, width);
  const change = minimise({
    size: classes * width,
    tolerance: 1e-5 * Math.max(100, labels.length),
    precondition: (vector) => {
      for (let k = 0; k < classes; k++) solveFactorised(factor, width, vector, k * width);
    },
    evaluate: (delta, gradient) => {
      const map = delta.map((value, i) => value + identity[i]!);
      applyMap(map, logs, classes, scores);
      softmaxRows(scores, classes, scores);
      let loss = 0;
      gradient.fill(0);
      for (let row = 0; row < labels.length; row++) {
        const from = row * classes;
        const weight = weights === null ? 1 : weights[row]!;
        loss -= weight * Math.log(Math.max(1e-300, scores[from + labels[row]!]!));
        for (let k = 0; k < classes; k++) {
          const residual = weight * (scores[from + k]! - (labels[row] === k ? 1 : 0));
          for (let j = 0; j < classes; j++) gradient[k * width + j]! += residual * logs[from + j]!;
          gradient[k * width + classes]! += residual;
        }
      }
      for (let i = 0; i < delta.length; i++) {
        const penalty = identity[i] === 1 || i % width === classes ? OWN_PENALTY : CROSS_PENALTY;
        loss += 0.5 * penalty * delta[i]! ** 2;
        gradient[i]! += penalty * delta[i]!;
      }
      return loss;
    },
  });
  return change.map((value, i) => value + identity[i]!);
}

export function applyDirichlet(map: Float64Array, probabilities: Float64Array, classes: number): Float64Array {
  const scores = new Float64Array(probabilities.length);
  applyMap(map, logOf(probabilities), classes, scores);
  softmaxRows(scores, classes, scores);
  return scores;
}

/** Lower part of the Hessian block of one class where every class has the same probability. */
function curvature(logs: Float64Array, weights: Float64Array | null, classes: number): Float64Array {
  const width = classes + 1;
  const matrix = new Float64Array(width * width);
  for (let row = 0, from = 0; from < logs.length; row++, from += classes) {
    const weight = (weights?.[row] ?? 1) / classes;
    for (let i = 0; i < width; i++) {
      const one = weight * (i === classes ? 1 : logs[from + i]!);
      for (let j = 0; j <= i; j++) matrix[i * width + j]! += one * (j === classes ? 1 : logs[from + j]!);
    }
  }
  for (let i = 0; i < width; i++) matrix[i * width + i]! += i === classes ? OWN_PENALTY : CROSS_PENALTY;
  return matrix;
}

const logOf = (probabilities: Float64Array): Float64Array => probabilities.map((p) => Math.log(Math.max(SMALLEST_LOGGED, p)));

const identityMap = (classes: number): Float64Array =>
  Float64Array.from({ length: classes * (classes + 1) }, (_, i) => (i % (classes + 2) === 0 ? 1 : 0));

function applyMap(map: Float64Array, logs: Float64Array, classes: number, scores: Float64Array): void {
  const width = classes + 1;
  for (let from = 0; from < logs.length; from += classes) {
    for (let k = 0; k < classes; k++) {
      let score = map[k * width + classes]!;
      for (let j = 0; j < classes; j++) score += map[k * width + j]! * logs[from + j]!;
      scores[from + k] = score;
    }
  }
}

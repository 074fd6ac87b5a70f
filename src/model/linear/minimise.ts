import { dot } from './dot.ts';

export interface SmoothProblem {
  readonly size: number;
  /** Stops where no component of the gradient is larger. */
  readonly tolerance: number;
  /** Multiplies a vector by an approximate inverse Hessian, in place. */
  readonly precondition: (vector: Float64Array) => void;
  /** Writes the gradient. @returns the value */
  readonly evaluate: (point: Float64Array, gradient: Float64Array) => number;
}

const MEMORY = 10;
const MAX_ITERATIONS = 500;

/** Minimum of a convex function by preconditioned L-BFGS (Nocedal and Wright 2006, algorithm 7.5) from zero. */
export function minimise({ size, tolerance, precondition, evaluate }: SmoothProblem): Float64Array {
  let point = new Float64Array(size);
  let gradient = new Float64Array(size);
  let value = evaluate(point, gradient);
  let next = new Float64Array(size);
  let nextGradient = new Float64Array(size);
  const history: { step: Float64Array; change: Float64Array; rho: number; alpha: number }[] = [];
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    if (gradient.every((component) => Math.abs(component) <= tolerance)) break;
    const direction = gradient.slice();
    for (let i = history.length - 1; i >= 0; i--) {
      const pair = history[i]!;
      pair.alpha = pair.rho * dot(pair.step, direction);
      for (let j = 0; j < size; j++) direction[j]! -= pair.alpha * pair.change[j]!;
    }
    precondition(direction);
    for (const pair of history) {
      const beta = pair.alpha - pair.rho * dot(pair.change, direction);
      for (let j = 0; j < size; j++) direction[j]! += beta * pair.step[j]!;
    }
    const slope = -dot(gradient, direction);
    if (!(slope < 0)) break;
    let length = 1;
    let reached = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 40; trial++, length /= 2) {
      for (let j = 0; j < size; j++) next[j] = point[j]! - length * direction[j]!;
      reached = evaluate(next, nextGradient);
      if (reached <= value + 1e-4 * length * slope) break;
    }
    if (!(reached < value)) break;
    const step = next.map((x, j) => x - point[j]!);
    const change = nextGradient.map((g, j) => g - gradient[j]!);
    const curvature = dot(step, change);
    if (curvature > 0) {
      if (history.length === MEMORY) history.shift();
      history.push({ step, change, rho: 1 / curvature, alpha: 0 });
    }
    [point, next] = [next, point];
    [gradient, nextGradient] = [nextGradient, gradient];
    value = reached;
  }
  return point;
}

import type { TrainingWindow } from '../trees/training-window.ts';
import { fitElasticNet } from './fit-elastic-net.ts';
import { fitRidge } from './fit-ridge.ts';
import { prepareLogistic } from './logistic-problem.ts';
import type { Standardisation } from './standardise.ts';

export interface LogisticFit extends Standardisation {
  /** Per class: the weights of the standardised columns, then the intercept. */
  readonly weights: Float64Array;
}

/** How large weights are punished. */
export interface LogisticPenalty {
  /** Strength of the whole penalty: 1/C of scikit-learn. */
  readonly l2: number;
  /** Share of the strength that goes to absolute values instead of squares, 0 to 1. */
  readonly l1Ratio: number;
}

/**
 * Multinomial logistic regression: minimises the sum of log losses plus
 * `l2 * (l1Ratio * ||w||_1 + (1 - l1Ratio) / 2 * ||w||^2)` over standardised columns, intercepts free.
 */
export function fitLogistic({ l2, l1Ratio }: LogisticPenalty, window: TrainingWindow): LogisticFit {
  const problem = prepareLogistic(window);
  const l1 = l2 * l1Ratio;
  const weights = l1 > 0 ? fitElasticNet(problem, l1, l2 - l1) : fitRidge(problem, l2);
  return { ...problem.measured, weights };
}

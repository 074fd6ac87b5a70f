import type { Matrix } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';
import { checkSettings } from './settings.ts';

export interface PoolOptions {
  /** Rows for which each forecaster counts beforehand: more of them pull the weights towards equal ones. 10 */
  readonly priorRows?: number;
}

/**
 * A meta-classifier: a mixture of the base learners' probabilities with weights that are not negative and sum to 1
 * (Stone 1961, the linear opinion pool). It has one free number less than there are learners, so it cannot overfit where
 * a regression on all their probabilities would.
 */
export class LinearPool implements Learner {
  readonly spec: LearnerSpec;

  constructor({ priorRows = 10 }: PoolOptions = {}) {
    checkSettings({ sizes: { priorRows } });
    this.spec = { kind: 'pool', priorRows };
  }

  /** @param X probabilities of the forecasters side by side, as many columns for each as there are classes */
  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options);
  }
}

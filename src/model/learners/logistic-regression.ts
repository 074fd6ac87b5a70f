import { type Matrix, ModelError } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';

export interface LogisticOptions {
  /** Strength of the penalty on weights: 1/C of scikit-learn. 1 */
  readonly l2?: number;
  /** Share of the penalty that goes to absolute weights instead of squares: some weights become exactly 0. 0 to 1; 0 */
  readonly l1Ratio?: number;
}

/**
 * Multinomial logistic regression on standardised columns; a missing value is the training mean, and none counts as more
 * than a million deviations. Minimises the sum of
 * log losses plus `l2 * (l1Ratio * ||w||_1 + (1 - l1Ratio) / 2 * ||w||^2)` with free intercepts: ridge where `l1Ratio`
 * is 0, the elastic net of Zou and Hastie (2005) between, the lasso at 1.
 */
export class LogisticRegression implements Learner {
  readonly spec: LearnerSpec;

  /** @throws ModelError `learner.bad_setting` */
  constructor({ l2 = 1, l1Ratio = 0 }: LogisticOptions = {}) {
    if (!(l2 >= 0 && Number.isFinite(l2)))
      throw new ModelError('learner.bad_setting', `l2 must be finite and not negative, not ${l2}`);
    if (!(l1Ratio >= 0 && l1Ratio <= 1)) throw new ModelError('learner.bad_setting', `l1Ratio must be 0 to 1, not ${l1Ratio}`);
    this.spec = { kind: 'logistic', penalty: { l2, l1Ratio } };
  }

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options);
  }
}

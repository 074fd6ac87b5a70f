import { type Matrix, ModelError } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';

/**
 * Multinomial logistic regression on standardised columns; a missing value is the training mean. Minimises the sum of
 * log losses plus `l2 / 2 * ||w||^2` with free intercepts: scikit-learn's `C` is `1 / l2`.
 */
export class LogisticRegression implements Learner {
  readonly spec: LearnerSpec;

  constructor({ l2 = 1 }: { readonly l2?: number } = {}) {
    if (!(l2 >= 0 && Number.isFinite(l2)))
      throw new ModelError('learner.bad_setting', `l2 must be finite and not negative, not ${l2}`);
    this.spec = { kind: 'logistic', l2 };
  }

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options);
  }
}

import type { Matrix } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';

/** Predicts the class shares of the training rows (one pseudo-row per class): what every other learner has to beat. */
export class ClassPrior implements Learner {
  readonly spec: LearnerSpec = { kind: 'prior' };

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options);
  }
}

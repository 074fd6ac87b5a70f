import type { Matrix } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import { type ForestOptions, forestSpec } from './forest-options.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';

/** Random forest (Breiman 2001): bootstrap samples, the best border of the square root of the columns per split, class shares averaged. */
export class RandomForest implements Learner {
  readonly spec: LearnerSpec;
  readonly #threads: number;

  constructor(options: ForestOptions = {}) {
    this.spec = forestSpec(options, 'best');
    this.#threads = options.threads ?? 1;
  }

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options, this.#threads);
  }
}

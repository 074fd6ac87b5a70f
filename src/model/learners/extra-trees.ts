import type { Matrix } from '../../domain/index.ts';
import { fitLearner } from './fit-learner.ts';
import { type ForestOptions, forestSpec } from './forest-options.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';

/** Extremely randomised trees (Geurts et al. 2006): all rows, one random threshold for each of the square root of the columns per split. */
export class ExtraTrees implements Learner {
  readonly spec: LearnerSpec;
  readonly #threads: number;

  constructor(options: ForestOptions = {}) {
    this.spec = forestSpec(options, 'random');
    this.#threads = options.threads ?? 1;
  }

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options, this.#threads);
  }
}

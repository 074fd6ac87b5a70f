import type { Matrix } from '../../domain/index.ts';
import { type FitJob, fitSpec } from '../threads/fit-job.ts';
import { fitPool } from '../threads/fit-pool.ts';
import { createTrainingWindow } from '../trees/training-window.ts';
import { FittedForest } from './fitted-forest.ts';
import type { FittedModel } from './fitted-model.ts';
import type { FitOptions } from './learner.ts';
import { type LearnerSpec, needsOf } from './learner-spec.ts';
import { checkTrainingInput } from './training-input.ts';

/** Checks the input, then fits here, or on threads where the learner can be divided. @throws ModelError */
export async function fitLearner(
  spec: LearnerSpec,
  X: Matrix,
  y: Uint8Array,
  options: FitOptions,
  threads = 1,
): Promise<FittedModel> {
  const classes = checkTrainingInput(X, y, options);
  const window = createTrainingWindow(X, y, classes, options.weights, needsOf([spec]));
  if (threads <= 1 || spec.kind !== 'forest') return fitSpec(spec, window);
  const parts = Math.min(threads * 4, spec.growth.trees);
  const jobs = Array.from({ length: parts }, (_, part): FitJob => {
    const border = (at: number) => Math.floor((spec.growth.trees * at) / parts);
    return { spec, rows: null, predict: null, trees: [border(part), border(part + 1)], keep: true };
  });
  const results = await fitPool.run(window, jobs, threads);
  return FittedForest.join(results.map(({ model }) => FittedForest.fromArtifact(model!)));
}

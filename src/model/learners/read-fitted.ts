import { ModelError } from '../../domain/index.ts';
import { type Artifact, decodeArtifact } from '../persistence/artifact.ts';
import { FittedPlugin } from '../plugins/fitted-plugin.ts';
import { FittedBoosting } from './fitted-boosting.ts';
import { FittedForest } from './fitted-forest.ts';
import { FittedLogistic } from './fitted-logistic.ts';
import type { FittedModel } from './fitted-model.ts';
import { FittedPool } from './fitted-pool.ts';
import { FittedPrior } from './fitted-prior.ts';

const readers: Readonly<Record<string, (artifact: Artifact) => FittedModel>> = {
  boosting: FittedBoosting.fromArtifact,
  forest: FittedForest.fromArtifact,
  logistic: FittedLogistic.fromArtifact,
  pool: FittedPool.fromArtifact,
  prior: FittedPrior.fromArtifact,
  plugin: FittedPlugin.fromArtifact,
};

/** A single fitted learner from its bytes. @throws ModelError `learner.unreadable` */
export const readFitted = (bytes: Uint8Array): FittedModel => fittedOf(decodeArtifact(bytes));

/** A single fitted learner from what is stored of it. @throws ModelError `learner.unreadable` */
export function fittedOf(artifact: Artifact): FittedModel {
  const read = readers[artifact.kind];
  if (!read)
    throw new ModelError('learner.unreadable', `there is no learner of the kind ${artifact.kind}`, {
      hint: 'Train a new model.',
    });
  return read(artifact);
}

import { decodeArtifact } from '../persistence/artifact.ts';
import { readModelFile } from '../persistence/model-file.ts';
import { FittedStacking } from '../stacking/fitted-stacking.ts';
import type { FittedLearner } from './learner.ts';
import { readFitted } from './read-fitted.ts';

/** A fitted learner or stack from a file that `save` wrote. @throws ModelError `learner.unreadable` where it is not one */
export async function load(path: string): Promise<FittedLearner> {
  const bytes = await readModelFile(path);
  return decodeArtifact(bytes).kind === 'stacking' ? FittedStacking.fromBytes(bytes) : readFitted(bytes);
}

import { decodeArtifact } from '../persistence/artifact.ts';
import { FittedStacking } from '../stacking/fitted-stacking.ts';
import type { FittedModel } from './fitted-model.ts';
import { readFitted } from './read-fitted.ts';

/** A fitted learner or stack from its bytes. @throws ModelError `learner.unreadable` where they are changed, cut off or none */
export const decodeFitted = (bytes: Uint8Array): FittedModel =>
  decodeArtifact(bytes).kind === 'stacking' ? FittedStacking.fromBytes(bytes) : readFitted(bytes);

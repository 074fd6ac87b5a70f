import { type Artifact, floats, integers, octets } from '../persistence/artifact.ts';
import type { TreeSet } from '../trees/tree-set.ts';

/** The arrays of a tree set under the names they are stored by. */
export const treeArrays = ({ roots, feature, threshold, left, right, missingLeft, values }: TreeSet): Artifact['arrays'] => ({
  roots,
  feature,
  threshold,
  left,
  right,
  missingLeft,
  values,
});

/** @throws ModelError `learner.unreadable` where one is missing */
export const readTrees = (artifact: Artifact): TreeSet => ({
  roots: integers(artifact, 'roots'),
  feature: integers(artifact, 'feature'),
  threshold: floats(artifact, 'threshold'),
  left: integers(artifact, 'left'),
  right: integers(artifact, 'right'),
  missingLeft: octets(artifact, 'missingLeft'),
  values: floats(artifact, 'values'),
});

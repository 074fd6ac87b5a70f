import type { LearnerSpec } from '../learners/learner-spec.ts';

/**
 * How long a learner fits on so many rows, in no unit: good enough to begin with the longest of several jobs, so that no
 * thread waits for one that was begun last. Leaves that rows cannot fill do not count.
 */
export function expectedWork(spec: LearnerSpec, rows: number): number {
  if (spec.kind !== 'boosting') return rows;
  const { rounds, maxLeaves, minLeafSamples, columnSample } = spec.growth;
  return rounds * columnSample * (rows + Math.min(maxLeaves, rows / minLeafSamples) * LEAF_ROWS);
}

/** What one more leaf costs, in rows: its columns are searched whatever it holds. */
const LEAF_ROWS = 60;

import { createHash } from 'node:crypto';
import {
  ExtraTrees,
  GradientBoostedTrees,
  LinearPool,
  LogisticRegression,
  RandomForest,
  StackingClassifier,
} from './learners/index.ts';

/** How an ensemble is made: everything that, with the data, determines the artifact byte for byte. */
export interface Procedure {
  /** Boosting rounds, and trees of each forest. */
  readonly trees: number;
  readonly folds: number;
  /** Rows between training and scored rows whose labels would overlap. */
  readonly purgeRows: number;
  readonly seed: number;
}

/** Raised whenever the same procedure would give another artifact than before. */
const PROCEDURE_VERSION = 4;
/** A year of days fills no more; fewer bins are quicker and generalise as well. */
const MAX_BINS = 31;
/** Columns that each boosted tree may look at: trees that differ are worth more together. */
const COLUMN_SAMPLE = 0.25;

export const procedureHash = (procedure: Procedure): string =>
  createHash('sha256')
    .update(JSON.stringify([PROCEDURE_VERSION, procedure.trees, procedure.folds, procedure.purgeRows, procedure.seed]))
    .digest('hex')
    .slice(0, 16);

/**
 * The stacking ensemble of the procedure, not yet fitted: boosting, two forests and a linear model, combined by a
 * linear pool fitted on out-of-fold predictions in time order, then calibrated.
 */
export function buildEnsemble(procedure: Procedure, threads: number): StackingClassifier {
  const { trees, folds, purgeRows, seed } = procedure;
  return new StackingClassifier({
    base: {
      boosting: new GradientBoostedTrees({
        rounds: trees,
        learningRate: 0.03,
        maxLeaves: 7,
        minLeafSamples: 20,
        maxBins: MAX_BINS,
        columnSample: COLUMN_SAMPLE,
        seed,
      }),
      forest: new RandomForest({ trees, minLeafSamples: 5, maxBins: MAX_BINS, seed: seed + 1 }),
      extraTrees: new ExtraTrees({ trees, minLeafSamples: 5, seed: seed + 2 }),
      linear: new LogisticRegression({ l2: 100 }),
    },
    meta: new LinearPool({ priorRows: 10 }),
    folds,
    scheme: 'forward',
    purge: purgeRows,
    embargo: 0,
    seed,
    threads,
  });
}

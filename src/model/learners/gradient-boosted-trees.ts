import type { Matrix } from '../../domain/index.ts';
import { checkMonotone, type MonotoneConstraints } from '../trees/monotone.ts';
import { fitLearner } from './fit-learner.ts';
import type { FitOptions, FittedLearner, Learner } from './learner.ts';
import type { LearnerSpec } from './learner-spec.ts';
import { checkSettings } from './settings.ts';

export interface BoostingOptions {
  /** Trees per class. 100 */
  readonly rounds?: number;
  /** 0.1 */
  readonly learningRate?: number;
  /** 31 */
  readonly maxLeaves?: number;
  /** Levels of splits; no limit unless given. */
  readonly maxDepth?: number;
  /** Rows a leaf must have, estimated by hessians as LightGBM does. 20 */
  readonly minLeafSamples?: number;
  /** 255 at most, and by default. */
  readonly maxBins?: number;
  /** Ridge penalty on leaf values. 0 */
  readonly l2?: number;
  /** Loss reduction a split must bring. 0 */
  readonly minGain?: number;
  /** Share of columns drawn for each tree, and of rows for each round. 1 */
  readonly columnSample?: number;
  readonly rowSample?: number;
  /**
   * Stops when the log loss of the last `share` of the rows (0.2) has not fallen for `rounds` rounds, and keeps the trees
   * up to the least. The `purge` rows (0) before those are not learnt from: as many as a label reaches ahead. Off unless given.
   */
  readonly earlyStopping?: { readonly rounds: number; readonly share?: number; readonly purge?: number };
  /**
   * How the raw score of a class may move while a column rises: 1 not down, -1 not up, 0 as it likes; one per column,
   * for every class or by class. Raw scores of all classes that rise together need not move a probability; class 0 up
   * and all others down make class 0's probability rise. Missing values are free.
   */
  readonly monotone?: MonotoneConstraints;
  readonly seed?: number;
  readonly threads?: number;
}

/** Gradient boosting for several classes: softmax, histograms, leaf-wise trees, learnt directions for missing values. */
export class GradientBoostedTrees implements Learner {
  readonly spec: LearnerSpec;
  readonly #threads: number;

  /** @throws ModelError `learner.bad_setting` */
  constructor(options: BoostingOptions = {}) {
    const {
      rounds = 100,
      learningRate = 0.1,
      maxLeaves = 31,
      maxDepth = Number.POSITIVE_INFINITY,
      minLeafSamples = 20,
      maxBins = 255,
    } = options;
    const {
      l2 = 0,
      minGain = 0,
      columnSample = 1,
      rowSample = 1,
      earlyStopping,
      monotone = null,
      seed = 1,
      threads = 1,
    } = options;
    checkSettings({
      counts: { rounds, maxLeaves, minLeafSamples, maxBins, threads, 'earlyStopping.rounds': earlyStopping?.rounds },
      limits: { maxDepth },
      sizes: { learningRate },
      penalties: { l2, minGain },
      shares: { columnSample, rowSample },
      parts: { 'earlyStopping.share': earlyStopping?.share },
      rows: { 'earlyStopping.purge': earlyStopping?.purge },
    });
    if (monotone !== null) checkMonotone(monotone);
    this.#threads = threads;
    this.spec = {
      kind: 'boosting',
      maxBins,
      growth: {
        ...{ rounds, learningRate, maxLeaves, maxDepth, minLeafSamples, l2, minGain, columnSample, rowSample, monotone, seed },
        earlyStopping: earlyStopping
          ? { rounds: earlyStopping.rounds, share: earlyStopping.share ?? 0.2, purge: earlyStopping.purge ?? 0 }
          : null,
      },
    };
  }

  fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedLearner> {
    return fitLearner(this.spec, X, y, options, this.#threads);
  }
}

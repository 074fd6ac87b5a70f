import { createRng, type Matrix, ModelError } from '../../domain/index.ts';
import { type Calibration, chooseCalibration, uncalibrated } from '../calibration/choose-calibration.ts';
import { smoothedShares } from '../calibration/class-shares.ts';
import type { JudgedRows } from '../calibration/judged-rows.ts';
import { sumLogLoss } from '../calibration/sum-log-loss.ts';
import type { FittedModel } from '../learners/fitted-model.ts';
import type { FitOptions, Learner } from '../learners/learner.ts';
import { type LearnerSpec, needsOf } from '../learners/learner-spec.ts';
import { fittedOf } from '../learners/read-fitted.ts';
import { checkSettings } from '../learners/settings.ts';
import { checkTrainingInput, checkWeights } from '../learners/training-input.ts';
import { type FitJob, fitSpec } from '../threads/fit-job.ts';
import { fitPool } from '../threads/fit-pool.ts';
import { createTrainingWindow, selectRows, type TrainingWindow } from '../trees/training-window.ts';
import { dropUnhelpful } from './drop-unhelpful.ts';
import { FittedStacking } from './fitted-stacking.ts';
import { blockedFolds, type Fold, forwardFolds, stratifiedFolds } from './folds.ts';
import { type FoldPredictions, OutOfFold } from './out-of-fold.ts';

/** Stream of random numbers that deals rows to folds. */
const SHUFFLE_STREAM = 0xf01d;

export interface StackingOptions {
  readonly base: Readonly<Record<string, Learner>>;
  readonly meta: Learner;
  /** 5 */
  readonly folds?: number;
  /** How rows are left out for the meta-classifier: `forward` (default) and `blocked` respect time, `kfold` is scikit-learn's. */
  readonly scheme?: 'forward' | 'blocked' | 'kfold';
  /** Rows whose labels overlap the predicted ones, left out; `embargo` are further rows after a block. 0 */
  readonly purge?: number;
  readonly embargo?: number;
  /** Features that the meta-classifier sees besides the probabilities; a pool takes none. */
  readonly passThrough?: readonly number[];
  /** Whether base learners without which the out-of-fold log loss is no worse are left out. */
  readonly dropsUnhelpful?: boolean;
  /** Whether rows of a class are dealt to the folds of `kfold` at random, by `seed`, instead of in order. `false` */
  readonly shuffle?: boolean;
  /** What `random_state` is to scikit-learn's `StratifiedKFold`: of the shuffle alone; base learners bring their own. 1 */
  readonly seed?: number;
  readonly threads?: number;
}

export interface StackingFitOptions extends FitOptions {
  /** Weights for the meta-classifier and the calibration, where they are not those of the base learners. */
  readonly judgedWeights?: Float64Array;
  /** Once it is aborted no further learner is fitted, and `fit` ends with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stacking (Wolpert 1992): a meta-classifier learns from out-of-fold probabilities of the base learners, which are
 * then fitted again on all rows. `forward` and `blocked` are calibrated on predictions that no fitted part has seen,
 * and shrunk to the class shares where the rows show nothing better.
 */
export class StackingClassifier {
  readonly #options: Required<StackingOptions>;

  constructor(options: StackingOptions) {
    const defaults = {
      folds: 5,
      scheme: 'forward',
      purge: 0,
      embargo: 0,
      passThrough: [],
      dropsUnhelpful: false,
      shuffle: false,
      seed: 1,
    } as const;
    this.#options = { threads: 1, ...defaults, ...options };
    const { base, meta, folds, threads, passThrough, scheme, shuffle } = this.#options;
    checkSettings({ counts: { folds, threads, 'number of base learners': Object.keys(base).length } });
    if (shuffle && scheme !== 'kfold') {
      throw new ModelError('learner.bad_setting', `${scheme} folds keep the order of time and cannot be shuffled`, {
        hint: 'Choose the scheme kfold, or leave shuffle out.',
      });
    }
    if (passThrough.length > 0 && meta.spec.kind === 'pool') {
      throw new ModelError('learner.bad_setting', 'a pool of probabilities takes no features', {
        hint: 'Choose the logistic meta-classifier, or pass no features through.',
      });
    }
  }

  /** Base learners and meta-classifier as plain data, with every setting resolved. */
  get specs(): { readonly base: Readonly<Record<string, LearnerSpec>>; readonly meta: LearnerSpec } {
    const { base, meta } = this.#options;
    return { base: Object.fromEntries(Object.entries(base).map(([name, { spec }]) => [name, spec])), meta: meta.spec };
  }

  /** @throws ModelError `learner.*`; `learner.too_few_rows` where no fold has rows to learn from */
  async fit(X: Matrix, y: Uint8Array, options: StackingFitOptions = {}): Promise<FittedStacking> {
    const { base, meta, threads, passThrough, dropsUnhelpful } = this.#options;
    const classes = checkTrainingInput(X, y, options);
    if (options.judgedWeights) checkWeights(options.judgedWeights, X.rows);
    const learners = Object.values(base);
    const needs = needsOf(learners.map(({ spec }) => spec));
    const window = createTrainingWindow(X, y, classes, options.weights, needs);
    const folds = this.#folds(window.labels);
    const jobs = [
      ...learners.map(({ spec }): FitJob => ({ spec, rows: null, predict: null, keep: true })),
      ...folds
        .toReversed()
        .flatMap(({ train, test }) => learners.map(({ spec }): FitJob => ({ spec, rows: train, predict: test, keep: false }))),
    ];
    const results = await fitPool.run(window, jobs, threads, { signal: options.signal });
    const fitted = results.slice(0, learners.length).map(({ model }) => fittedOf(model!));
    const scored = results.slice(learners.length);
    const perFold = folds.toReversed().map(
      (fold, i): FoldPredictions => ({
        fold,
        bases: scored
          .slice(i * learners.length, (i + 1) * learners.length)
          .map(({ predictions }) => predictions ?? new Float64Array()),
      }),
    );
    const judged = options.judgedWeights === undefined ? window.weights : options.judgedWeights;
    const outOfFold = new OutOfFold(window, perFold.toReversed(), judged, passThrough);
    const names = Object.keys(base);
    const all = names.map((_, i) => i);
    const { kept, dropped } = dropsUnhelpful
      ? dropUnhelpful(names, (bases) => this.#loss(outOfFold, bases))
      : { kept: all, dropped: [] };
    return new FittedStacking({
      columns: X.columns,
      bases: Object.fromEntries(kept.map((i): [string, FittedModel] => [names[i]!, fitted[i]!])),
      meta: fitSpec(meta.spec, outOfFold.window(kept)),
      calibration: this.#calibrate(smoothedShares(window.labels, classes, judged), this.#judge(outOfFold, kept)),
      passThrough,
      dropped,
    });
  }

  #folds(labels: Uint8Array): Fold[] {
    const { scheme, folds, purge, embargo, shuffle, seed } = this.#options;
    const rows = labels.length;
    const made =
      scheme === 'kfold'
        ? stratifiedFolds(labels, folds, shuffle ? createRng(seed, SHUFFLE_STREAM) : undefined)
        : scheme === 'blocked'
          ? blockedFolds(rows, folds, purge, embargo)
          : forwardFolds(rows, folds, purge);
    if (made.length === 0) {
      throw new ModelError('learner.too_few_rows', `${rows} rows are too few for ${folds} ${scheme} folds`, {
        details: { rows, folds, purge },
      });
    }
    return made;
  }

  /** What the meta-classifier says of folds that it was not fitted on: each later fold from the folds before it. */
  #judge(outOfFold: OutOfFold, bases: readonly number[]): JudgedRows[] {
    const meta = outOfFold.window(bases);
    const { starts } = outOfFold;
    return starts.slice(1).map((begin, i): JudgedRows => {
      const end = starts[i + 2] ?? meta.rows;
      const later = {
        data: meta.data.subarray(begin * meta.columns, end * meta.columns),
        rows: end - begin,
        columns: meta.columns,
      };
      const model = fitSpec(this.#options.meta.spec, part(meta, 0, begin));
      return {
        probabilities: model.predictProba(later),
        labels: meta.labels.subarray(begin, end),
        weights: meta.weights?.subarray(begin, end) ?? null,
      };
    });
  }

  #calibrate(shares: Float64Array, blocks: readonly JudgedRows[]): Calibration {
    return this.#options.scheme === 'kfold' ? uncalibrated(shares, 1) : chooseCalibration(blocks, shares);
  }

  /** Summed log loss of the meta-classifier over some of the base learners. */
  #loss(outOfFold: OutOfFold, bases: readonly number[]): number {
    return this.#judge(outOfFold, bases).reduce(
      (sum, { probabilities, labels, weights }) => sum + sumLogLoss(probabilities, labels, outOfFold.classes, weights),
      0,
    );
  }
}

const part = (window: TrainingWindow, from: number, to: number): TrainingWindow =>
  selectRows(
    window,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );

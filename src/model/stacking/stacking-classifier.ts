import { type Matrix, ModelError } from '../../domain/index.ts';
import { type Calibration, chooseCalibration, uncalibrated } from '../calibration/choose-calibration.ts';
import { smoothedShares } from '../calibration/class-shares.ts';
import type { JudgedRows } from '../calibration/judged-rows.ts';
import type { FittedModel } from '../learners/fitted-model.ts';
import type { FitOptions, Learner } from '../learners/learner.ts';
import { binsOf } from '../learners/learner-spec.ts';
import { readFitted } from '../learners/read-fitted.ts';
import { checkSettings } from '../learners/settings.ts';
import { checkTrainingInput } from '../learners/training-input.ts';
import { type FitJob, fitSpec } from '../threads/fit-job.ts';
import { fitPool } from '../threads/fit-pool.ts';
import { createTrainingWindow, selectRows, type TrainingWindow } from '../trees/training-window.ts';
import { FittedStacking } from './fitted-stacking.ts';
import { blockedFolds, type Fold, forwardFolds, stratifiedFolds } from './folds.ts';
import { metaInput } from './meta-input.ts';

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
  /** Kept for symmetry: base learners bring their own seeds. */
  readonly seed?: number;
  readonly threads?: number;
}

/**
 * Stacking (Wolpert 1992): a meta-classifier learns from out-of-fold probabilities of the base learners, which are
 * then fitted again on all rows. `forward` and `blocked` are calibrated on predictions that no fitted part has seen,
 * and shrunk to the class shares where the rows show nothing better.
 */
export class StackingClassifier {
  readonly #options: Required<StackingOptions>;

  constructor({ base, meta, folds = 5, scheme = 'forward', purge = 0, embargo = 0, seed = 1, threads = 1 }: StackingOptions) {
    checkSettings({ folds, threads, 'number of base learners': Object.keys(base).length }, {});
    this.#options = { base, meta, folds, scheme, purge, embargo, seed, threads };
  }

  /** @throws ModelError `learner.*`; `learner.too_few_rows` where no fold has rows to learn from */
  async fit(X: Matrix, y: Uint8Array, options: FitOptions = {}): Promise<FittedStacking> {
    const { base, meta, threads } = this.#options;
    const classes = checkTrainingInput(X, y, options);
    const learners = Object.values(base);
    const bins = learners.map(({ spec }) => binsOf(spec)).find((most) => most !== null) ?? null;
    const window = createTrainingWindow(X, y, classes, options.weights, bins);
    const folds = this.#folds(window.labels);
    const jobs = [
      ...learners.map(({ spec }): FitJob => ({ spec, rows: null, predict: null, keep: true })),
      ...folds
        .toReversed()
        .flatMap(({ train, test }) => learners.map(({ spec }): FitJob => ({ spec, rows: train, predict: test, keep: false }))),
    ];
    const results = await fitPool.run(window, jobs, threads);
    const fitted = results.slice(0, learners.length).map(({ model }) => readFitted(model ?? new Uint8Array()));
    const scored = results.slice(learners.length);
    const perFold = folds.toReversed().map((fold, i) => ({
      fold,
      bases: scored
        .slice(i * learners.length, (i + 1) * learners.length)
        .map(({ predictions }) => predictions ?? new Float64Array()),
    }));
    const outOfFold = join(window, perFold.toReversed());
    const bases = Object.fromEntries(Object.keys(base).map((name, i): [string, FittedModel] => [name, fitted[i]!]));
    return new FittedStacking(X.columns, bases, fitSpec(meta.spec, outOfFold.window), this.#calibrate(window, outOfFold));
  }

  #folds(labels: Uint8Array): Fold[] {
    const { scheme, folds, purge, embargo } = this.#options;
    const rows = labels.length;
    const made =
      scheme === 'kfold'
        ? stratifiedFolds(labels, folds)
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

  /** Judges the meta-classifier on folds it was not fitted on: each later fold from the folds before it. */
  #calibrate(window: TrainingWindow, { window: meta, starts }: OutOfFold): Calibration {
    const shares = smoothedShares(window.labels, window.classes, window.weights);
    if (this.#options.scheme === 'kfold') return uncalibrated(shares, 1);
    const blocks = starts.slice(1).map((begin, i): JudgedRows => {
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
    return chooseCalibration(blocks, shares);
  }
}

interface OutOfFold {
  /** Out-of-fold probabilities as a training set of their own, folds one after another. */
  readonly window: TrainingWindow;
  /** Where each fold begins in it. */
  readonly starts: readonly number[];
}

function join(window: TrainingWindow, folds: readonly { fold: Fold; bases: Float64Array[] }[]): OutOfFold {
  const { classes, weights } = window;
  const rows = folds.flatMap(({ fold }) => [...fold.test]);
  const inputs = folds.map(({ fold, bases }) => metaInput(bases, fold.test.length, classes));
  const columns = inputs[0]?.columns ?? 0;
  const data = new Float64Array(rows.length * columns);
  const starts: number[] = [];
  let at = 0;
  for (const input of inputs) {
    starts.push(at / columns);
    data.set(input.data, at);
    at += input.data.length;
  }
  const labels = Uint8Array.from(rows, (row) => window.labels[row]!);
  const chosen = weights === null ? undefined : Float64Array.from(rows, (row) => weights[row]!);
  return { window: createTrainingWindow({ data, rows: rows.length, columns }, labels, classes, chosen, null), starts };
}

const part = (window: TrainingWindow, from: number, to: number): TrainingWindow =>
  selectRows(
    window,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );

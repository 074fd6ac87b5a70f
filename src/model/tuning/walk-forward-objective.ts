import { createHash } from 'node:crypto';
import { type Matrix, ModelError } from '../../domain/index.ts';
import { smoothedShares } from '../calibration/class-shares.ts';
import { sumLogLoss } from '../calibration/sum-log-loss.ts';
import { binsOf } from '../learners/learner-spec.ts';
import { checkTrainingInput } from '../learners/training-input.ts';
import { type Fold, forwardFolds } from '../stacking/folds.ts';
import type { FitJob, FitResult } from '../threads/fit-job.ts';
import { fitPool } from '../threads/fit-pool.ts';
import { createTrainingWindow, type TrainingWindow } from '../trees/training-window.ts';
import type { OnAnswer } from './hyperparameter-tuner.ts';
import { learnerOfParameters } from './learner-of-parameters.ts';
import type { ParameterValues, SearchSpace } from './search-space.ts';
import type { FoldScore, TrialTask } from './trial.ts';

export interface WalkForwardOptions {
  readonly folds: number;
  /** Rows between training and scored rows whose labels would overlap. */
  readonly purge: number;
  readonly classes: number;
  readonly threads: number;
}

/**
 * Judges hyperparameters by what a learner with them predicts of the later half of a window, fold by fold in time order,
 * each from the rows before it. Rows are binned once for all trials; a fold's fit is one job of the worker threads.
 */
export class WalkForwardObjective {
  readonly #space: SearchSpace;
  readonly #window: TrainingWindow;
  readonly #folds: readonly Fold[];
  readonly #threads: number;
  readonly #baselines: readonly number[];

  /** @throws ModelError `learner.*`; `learner.too_few_rows` where a fold would have nothing to learn from */
  constructor(space: SearchSpace, X: Matrix, y: Uint8Array, { folds, purge, classes, threads }: WalkForwardOptions) {
    checkTrainingInput(X, y, { classes });
    this.#space = space;
    this.#threads = threads;
    this.#folds = forwardFolds(X.rows, folds, purge);
    if (this.#folds.length < folds) {
      throw new ModelError('learner.too_few_rows', `${X.rows} rows are too few for ${folds} forward folds`, {
        details: { rows: X.rows, folds, purge },
      });
    }
    const maxBins = binsOf(learnerOfParameters(space.learner, space.fixed).spec);
    this.#window = createTrainingWindow(X, y, classes, undefined, maxBins);
    this.#baselines = this.#folds.map((fold) => {
      const shares = smoothedShares(this.#labels(fold.train), classes, null);
      const said = Float64Array.from({ length: fold.test.length * classes }, (_, at) => shares[at % classes]!);
      return sumLogLoss(said, this.#labels(fold.test), classes) / fold.test.length;
    });
  }

  /** Hash of every number and label that trials are judged on, and of the folds. */
  get fingerprint(): string {
    const { data, labels, rows, columns, classes } = this.#window;
    const hash = createHash('sha256').update(
      JSON.stringify([rows, columns, classes, this.#folds.map(({ train }) => train.length)]),
    );
    return hash.update(new Uint8Array(data.buffer)).update(labels).digest('hex').slice(0, 32);
  }

  /** @param onAnswer told each score as soon as its fit is done, in any order */
  async score(tasks: readonly TrialTask[], onAnswer?: OnAnswer): Promise<FoldScore[]> {
    const scoreOf = (at: number, predictions: Float64Array): FoldScore => {
      const { fold } = tasks[at]!;
      const { test } = this.#folds[fold]!;
      const loss = sumLogLoss(predictions, this.#labels(test), this.#window.classes) / test.length;
      return { fold, loss, baseline: this.#baselines[fold]!, rows: test.length };
    };
    const results = await this.#run(tasks, async (at, predictions) => onAnswer?.(at, scoreOf(at, predictions)));
    return results.map((predictions, at) => scoreOf(at, predictions));
  }

  /** What a learner with these parameters predicted of every scored row, each row once, in time order. */
  async predictions(params: ParameterValues): Promise<{ readonly row: number; readonly probabilities: Float64Array }[]> {
    const { classes } = this.#window;
    const results = await this.#run(this.#folds.map((_, fold) => ({ params, fold })));
    return this.#folds.flatMap(({ test }, fold) =>
      Array.from(test, (row, i) => ({ row, probabilities: results[fold]!.subarray(i * classes, (i + 1) * classes) })),
    );
  }

  async #run(
    tasks: readonly TrialTask[],
    onDone?: (at: number, predictions: Float64Array) => Promise<void>,
  ): Promise<Float64Array[]> {
    const jobs = tasks.map(({ params, fold }): FitJob => {
      const { train, test } = this.#folds[fold]!;
      const { spec } = learnerOfParameters(this.#space.learner, { ...this.#space.fixed, ...params });
      return { spec, rows: train, predict: test, keep: false };
    });
    const predicted = ({ predictions }: FitResult) => predictions ?? new Float64Array();
    const results = await fitPool.run(this.#window, jobs, this.#threads, async (at, result) => onDone?.(at, predicted(result)));
    return results.map(predicted);
  }

  #labels = (rows: Int32Array): Uint8Array => Uint8Array.from(rows, (row) => this.#window.labels[row]!);
}

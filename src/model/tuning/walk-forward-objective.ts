import { createHash } from 'node:crypto';
import { type Matrix, ModelError } from '../../domain/index.ts';
import { smoothedShares } from '../calibration/class-shares.ts';
import { sumLogLoss } from '../calibration/sum-log-loss.ts';
import { type SignalPolicy, signalReturns } from '../evaluation/index.ts';
import { needsOf } from '../learners/learner-spec.ts';
import { checkTrainingInput } from '../learners/training-input.ts';
import { type Fold, forwardFolds } from '../stacking/folds.ts';
import { expectedWork } from '../threads/expected-work.ts';
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
  /** Once it is aborted no further fold is fitted, and what was asked ends with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** What following a trial's signals would have returned is measured where this is given. */
  readonly signals?: {
    /** Of each row of the window, over the label's horizon. */
    readonly forwardReturn: Float64Array;
    readonly policy: SignalPolicy;
  };
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
  readonly #signal: AbortSignal | undefined;
  readonly #baselines: readonly number[];
  readonly #signals: WalkForwardOptions['signals'];

  /** @throws ModelError `learner.*`; `learner.too_few_rows` where a fold would have nothing to learn from */
  constructor(
    space: SearchSpace,
    X: Matrix,
    y: Uint8Array,
    { folds, purge, classes, threads, signal, signals }: WalkForwardOptions,
  ) {
    checkTrainingInput(X, y, { classes });
    this.#space = space;
    this.#threads = threads;
    this.#signal = signal;
    this.#signals = signals;
    this.#folds = forwardFolds(X.rows, folds, purge);
    if (this.#folds.length < folds) {
      throw new ModelError('learner.too_few_rows', `${X.rows} rows are too few for ${folds} forward folds`, {
        details: { rows: X.rows, folds, purge },
      });
    }
    const needs = needsOf([learnerOfParameters(space.learner, space.fixed).spec]);
    this.#window = createTrainingWindow(X, y, classes, undefined, needs);
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
      const scored = { fold, loss, baseline: this.#baselines[fold]!, rows: test.length };
      return this.#signals ? { ...scored, returns: this.#returns(test, predictions, this.#signals) } : scored;
    };
    const results = await this.#run(tasks, async (at, predictions) => onAnswer?.(at, scoreOf(at, predictions)));
    return results.map((predictions, at) => scoreOf(at, predictions));
  }

  #returns(test: Int32Array, said: Float64Array, { forwardReturn, policy }: NonNullable<WalkForwardOptions['signals']>) {
    const { classes } = this.#window;
    const days = Array.from(test, (row, i) => ({
      probabilities: said.subarray(i * classes, (i + 1) * classes),
      forwardReturn: forwardReturn[row]!,
    }));
    const { returns } = signalReturns(days, policy);
    const mean = (of: (value: number) => number) => returns.reduce((sum, value) => sum + of(value), 0) / returns.length;
    return { mean: mean((value) => value), meanSquare: mean((value) => value ** 2) };
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
      return { spec, rows: train, predict: test, keep: false } satisfies FitJob;
    });
    const order = jobs
      .map(({ spec, rows }, i) => ({ i, work: expectedWork(spec, rows?.length ?? this.#window.rows) }))
      .sort((a, b) => b.work - a.work || a.i - b.i)
      .map(({ i }) => i);
    const ordered = order.map((i) => jobs[i]!);
    const predicted = ({ predictions }: FitResult) => predictions ?? new Float64Array();
    const results = await fitPool.run(this.#window, ordered, this.#threads, {
      onResult: async (at, result) => onDone?.(order[at]!, predicted(result)),
      signal: this.#signal,
    });
    const predictions = new Array<Float64Array>(jobs.length);
    for (const [at, i] of order.entries()) predictions[i] = predicted(results[at]!);
    return predictions;
  }

  #labels = (rows: Int32Array): Uint8Array => Uint8Array.from(rows, (row) => this.#window.labels[row]!);
}

import { smoothedShares } from '../calibration/class-shares.ts';
import { FittedBoosting } from '../learners/fitted-boosting.ts';
import { FittedForest } from '../learners/fitted-forest.ts';
import { FittedLogistic } from '../learners/fitted-logistic.ts';
import type { FittedModel } from '../learners/fitted-model.ts';
import { FittedPool } from '../learners/fitted-pool.ts';
import { FittedPrior } from '../learners/fitted-prior.ts';
import { type LearnerSpec, needsOf } from '../learners/learner-spec.ts';
import { fitLogistic } from '../linear/fit-logistic.ts';
import { fitPoolWeights } from '../linear/fit-pool-weights.ts';
import type { Artifact } from '../persistence/artifact.ts';
import { FittedPlugin, guarded } from '../plugins/fitted-plugin.ts';
import { pluginOf } from '../plugins/learner-plugin.ts';
import { fitBoosting } from '../trees/fit-boosting.ts';
import { fitForest } from '../trees/fit-forest.ts';
import { binWindow, selectRows, type TrainingWindow } from '../trees/training-window.ts';
import { rankColumns } from '../trees/value-ranks.ts';

/** One piece of fitting that shares nothing with others but the window it reads. */
export interface FitJob {
  readonly spec: LearnerSpec;
  /** Rows to learn from; `null` for all of the window. */
  readonly rows: Int32Array | null;
  /** Rows to predict afterwards. */
  readonly predict: Int32Array | null;
  /** Which trees of a forest to grow, so that threads can divide them. */
  readonly trees?: readonly [first: number, last: number];
  /** Whether the fitted model itself is wanted. */
  readonly keep: boolean;
}

export interface FitResult {
  readonly model: Artifact | null;
  readonly predictions: Float64Array | null;
}

/** Fits one learner on a window. */
export function fitSpec(spec: LearnerSpec, whole: TrainingWindow, trees?: readonly [number, number]): FittedModel {
  const window = binned(spec, whole);
  const { classes, columns } = window;
  switch (spec.kind) {
    case 'boosting':
      return new FittedBoosting(classes, columns, fitBoosting(spec.growth, window));
    case 'forest': {
      const [first, last] = trees ?? [0, spec.growth.trees];
      return new FittedForest(classes, columns, fitForest(spec.growth, window, first, last));
    }
    case 'logistic':
      return new FittedLogistic(classes, columns, fitLogistic(spec.penalty, window));
    case 'pool':
      return new FittedPool(classes, fitPoolWeights(spec.priorRows, window));
    case 'prior':
      return new FittedPrior(columns, smoothedShares(window.labels, classes, window.weights));
    case 'plugin':
      return fitPlugin(spec, window);
  }
}

/** @throws ModelError `plugin.*` */
function fitPlugin({ ref, settings }: Extract<LearnerSpec, { kind: 'plugin' }>, window: TrainingWindow): FittedPlugin {
  const { data, rows, columns, labels, weights, classes } = window;
  const plugin = pluginOf(ref.name, ref.sha256);
  const given = {
    data: data.slice(),
    rows,
    columns,
    labels: labels.slice(),
    weights: weights?.slice() ?? null,
    classes,
    settings,
  };
  const model = guarded(ref.name, () => plugin.fit(given));
  return new FittedPlugin(classes, columns, ref.name, ref.sha256, Uint8Array.from(model));
}

/** The window with the bins or ranks that the learner asks for; it shares bins with others only where they ask for as many. */
function binned(spec: LearnerSpec, window: TrainingWindow): TrainingWindow {
  const { maxBins, ranks } = needsOf([spec]);
  const { byColumn, rows, columns } = window;
  if (ranks && window.ranks === null) return { ...window, ranks: rankColumns(byColumn, rows, columns) };
  if (maxBins === null || window.maxBins === maxBins) return window;
  return { ...window, ...binWindow(window, maxBins) };
}

/** The rows of a window that were selected last: the learners of a fold come one after another. */
const selections = new WeakMap<TrainingWindow, { readonly rows: Int32Array; readonly part: TrainingWindow }>();

function partOf(window: TrainingWindow, rows: Int32Array): TrainingWindow {
  const last = selections.get(window);
  if (last !== undefined && last.rows.length === rows.length && last.rows.every((row, i) => row === rows[i])) return last.part;
  const part = selectRows(window, rows);
  selections.set(window, { rows, part });
  return part;
}

/** Runs a job where it stands. */
export function runFitJob(window: TrainingWindow, job: FitJob): FitResult {
  const model = fitSpec(job.spec, job.rows === null ? window : partOf(window, job.rows), job.trees);
  const { predict } = job;
  const predictions = predict === null ? null : model.predictProba(rowsOf(window, predict));
  return { model: job.keep ? model.toArtifact() : null, predictions };
}

function rowsOf({ data, columns }: TrainingWindow, rows: Int32Array) {
  const chosen = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) chosen.set(data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns);
  return { data: chosen, rows: rows.length, columns };
}

import { DAY_MS, type Matrix, type TimeMs } from '../domain/index.ts';
import { buildEnsemble, type Procedure, procedureHash } from './ensemble-builder.ts';
import { EnsembleModel } from './ensemble-model.ts';
import { sampleWeights } from './sample-weights.ts';
import { MINIMUM_TRAINING_ROWS, selectTrainingData } from './select-training-data.ts';
import { selectMatrix, type TrainingSet, trainableRows } from './training-set.ts';
import { stepKey, type WalkForwardCache } from './walk-forward-cache.ts';

/** Length of one walk-forward step. */
export const STEP_DAYS = 7;

/** What the procedure predicted for one past decision, having been trained only on what was known before its step. */
export interface WalkForwardPrediction {
  readonly row: number;
  readonly decisionTimeMs: TimeMs;
  readonly probabilities: readonly [number, number, number];
  /** Class shares of the step's training rows: the baseline of that day. */
  readonly baseline: readonly [number, number, number];
}

export interface TrainerOptions {
  readonly procedure: Procedure;
  /** Days of decisions in a training. */
  readonly trainDays: number;
  /** Last days of the training window over which the procedure is scored. */
  readonly scoredDays: number;
  readonly threads: number;
  readonly cache: WalkForwardCache;
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
}

/** Trains the ensemble on a window and scores its procedure by walk-forward inside that window. Pure but for worker threads. */
export class ModelTrainer {
  readonly #options: TrainerOptions;

  constructor(options: TrainerOptions) {
    this.#options = options;
  }

  /** The procedure fitted on the `trainDays` before `untilMs`. @throws ModelError `training.too_few_rows` */
  async fit(set: TrainingSet, untilMs: TimeMs): Promise<EnsembleModel> {
    return this.#fitWindow(set, untilMs - this.#options.trainDays * DAY_MS, untilMs);
  }

  /**
   * Out-of-sample predictions of the procedure for the decisions of the last `scoredDays` before `untilMs`. Each step is
   * trained on the rest of `trainDays` before it, hence inside the window of a training at `untilMs`; a step
   * depends on nothing later than its end, so it is taken from the cache where it was made before.
   */
  async walkForward(set: TrainingSet, untilMs: TimeMs): Promise<WalkForwardPrediction[]> {
    const { scoredDays, trainDays, onProgress } = this.#options;
    const steps = Math.ceil(scoredDays / STEP_DAYS);
    const predictions: WalkForwardPrediction[] = [];
    for (let step = 0; step < steps; step++) {
      const startMs = untilMs - (steps - step) * STEP_DAYS * DAY_MS;
      onProgress?.(`walk-forward step ${step + 1} of ${steps}`, step / steps);
      predictions.push(...(await this.#step(set, startMs, (trainDays - steps * STEP_DAYS) * DAY_MS)));
    }
    return predictions.filter((x) => x.decisionTimeMs >= untilMs - scoredDays * DAY_MS);
  }

  async #step(set: TrainingSet, startMs: TimeMs, windowMs: number): Promise<WalkForwardPrediction[]> {
    const train = trainableRows(set, startMs - windowMs, startMs);
    const test = rowsBetween(set, startMs, startMs + STEP_DAYS * DAY_MS);
    if (train.length < MINIMUM_TRAINING_ROWS || test.length === 0) return [];
    const key = stepKey(procedureHash(this.#options.procedure), set, train, test);
    let values = await this.#options.cache.get(key);
    if (!values) {
      const model = await this.#fitWindow(set, startMs - windowMs, startMs);
      values = Float64Array.from([...model.classShares, ...model.predictProba(rowsOf(set, test))]);
      await this.#options.cache.set(key, values);
    }
    const baseline: [number, number, number] = [values[0]!, values[1]!, values[2]!];
    const known = values;
    return test.map((row, i) => ({
      row,
      decisionTimeMs: set.timeMs[row]!,
      probabilities: [known[3 + i * 3]!, known[4 + i * 3]!, known[5 + i * 3]!],
      baseline,
    }));
  }

  async #fitWindow(set: TrainingSet, fromMs: TimeMs, untilMs: TimeMs): Promise<EnsembleModel> {
    const { procedure, threads, signal } = this.#options;
    signal?.throwIfAborted();
    const { names, X, y, rows } = selectTrainingData(set, fromMs, untilMs);
    const spans = { timeMs: pick(set.timeMs, rows), labelKnownMs: pick(set.labelKnownMs, rows), labels: y };
    const weights = sampleWeights(spans, procedure.weights ?? {}, untilMs);
    const fitted = await buildEnsemble(procedure, names, threads).fit(X, y, {
      classes: 3,
      signal,
      ...(weights && { weights: weights.base, judgedWeights: weights.judged }),
    });
    return new EnsembleModel(names, classShares(y), fitted);
  }
}

/** Shares of the classes with one extra row each, so that none is impossible. */
export function classShares(labels: Uint8Array): [number, number, number] {
  const counts: [number, number, number] = [1, 1, 1];
  for (const label of labels) counts[label as 0 | 1 | 2] += 1;
  const total = labels.length + 3;
  return [counts[0] / total, counts[1] / total, counts[2] / total];
}

const pick = (values: Float64Array, rows: readonly number[]) => Float64Array.from(rows, (row) => values[row]!);

function rowsBetween(set: TrainingSet, fromMs: TimeMs, toMs: TimeMs): number[] {
  const rows: number[] = [];
  for (let i = 0; i < set.timeMs.length; i++) {
    if (set.timeMs[i]! >= fromMs && set.timeMs[i]! < toMs) rows.push(i);
  }
  return rows;
}

function rowsOf(set: TrainingSet, rows: readonly number[]): Matrix {
  const all = Array.from({ length: set.matrix.columns }, (_, i) => i);
  return { ...selectMatrix(set.matrix, rows, all), names: set.names };
}

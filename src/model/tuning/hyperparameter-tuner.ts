import { pointOf, proposeBatch } from './propose-batch.ts';
import type { SearchSpace } from './search-space.ts';
import type { FoldScore, Trial, TrialLog, TrialTask } from './trial.ts';

/** Told an answer as soon as it is there, which is kept when the promise is fulfilled. @param at of the task */
export type OnAnswer = (at: number, score: FoldScore) => Promise<void>;

/**
 * Answers tasks in their order, and may tell each before, in any order: one whose answers take time should, or a crash loses
 * those of the rung. It must be pure: the same task, the same answer.
 */
export type Objective = (tasks: readonly TrialTask[], onAnswer: OnAnswer) => Promise<FoldScore[]>;

export interface TunerOptions {
  readonly space: SearchSpace;
  readonly seed: number;
  /** Folds of a finished trial. */
  readonly folds: number;
  readonly batchSize: number;
  /** Batches without a better trial after which the search ends. */
  readonly patience: number;
  readonly log: TrialLog;
  readonly objective: Objective;
  readonly onProgress?: (text: string, share?: number) => void;
  readonly signal?: AbortSignal;
}

export interface StudyResult {
  readonly trials: readonly Trial[];
  /** The finished trial with the least loss above the baseline. */
  readonly best: Trial;
  readonly stopped: 'trials' | 'nothing_gained';
}

/** Less than this, in nats, is no gain. */
const GAIN = 1e-4;
/** Share of a batch that goes on to the next rung. */
const KEPT = 0.5;

/**
 * Searches hyperparameters: the tree-structured Parzen estimator proposes batches, and successive halving (Jamieson and
 * Talwalkar 2016) spends folds on them: all trials of a batch see a quarter of the folds, the better half of them half,
 * the better half of those all. A batch follows from completed batches, so nothing depends on how many threads answer. Each
 * answer that is told is kept at once, and is not asked for again by a run that goes on with the batch.
 */
export class HyperparameterTuner {
  readonly #options: TunerOptions;

  constructor(options: TunerOptions) {
    this.#options = options;
  }

  /** Goes on with the study in the log until it has `trials` trials, or nothing is gained. */
  async run(trials: number): Promise<StudyResult> {
    const { log, batchSize, onProgress, signal } = this.#options;
    while (log.trials.length < trials) {
      if (this.#hasStalled()) return { trials: log.trials, best: bestTrial(log.trials)!, stopped: 'nothing_gained' };
      signal?.throwIfAborted();
      onProgress?.(`trial ${log.trials.length + 1} of ${trials}`, log.trials.length / trials);
      await log.append(await this.#batch(Math.min(batchSize, trials - log.trials.length)));
    }
    return { trials: log.trials, best: bestTrial(log.trials)!, stopped: 'trials' };
  }

  async #batch(size: number): Promise<Trial[]> {
    const { space, seed, folds, log } = this.#options;
    const batch = (log.trials.at(-1)?.batch ?? -1) + 1;
    const ranked = [...log.trials].sort(byExcess).map(({ params }) => pointOf(space, params));
    const proposed = proposeBatch(space, { ranked, batch, size, seed });
    const scores: FoldScore[][] = proposed.map(() => []);
    let alive = proposed.map((_, i) => i);
    const [order, rungs] = [foldOrder(folds), rungsOf(folds)];
    for (const [rung, until] of rungs.entries()) {
      const asked = alive.flatMap((i) =>
        order.slice(scores[i]!.length, until).map((fold) => ({ i, task: { params: proposed[i]!, fold } })),
      );
      const answers = await this.#answer(asked.map(({ task }) => task));
      for (const [at, { i }] of asked.entries()) scores[i]!.push(answers[at]!);
      // Those of the last rung are on the disk with their batch, which follows at once.
      if (rung + 1 === rungs.length) break;
      await Promise.all(asked.map(({ task }, at) => log.keep(task, answers[at]!)));
      const better = [...alive].sort((a, b) => excessOf(scores[a]!) - excessOf(scores[b]!) || a - b);
      alive = better.slice(0, Math.ceil(KEPT * alive.length)).sort((a, b) => a - b);
    }
    return proposed.map((params, i) => ({
      trial: log.trials.length + i,
      batch,
      batchTrials: size,
      params,
      folds: scores[i]!,
      excess: excessOf(scores[i]!),
      state: alive.includes(i) ? 'finished' : 'stopped',
    }));
  }

  /** Asks for what has not been answered yet, and keeps every answer that the objective tells. The first one counts. */
  async #answer(tasks: readonly TrialTask[]): Promise<FoldScore[]> {
    const { log, objective, signal } = this.#options;
    signal?.throwIfAborted();
    const open = tasks.filter((task) => log.scoreOf(task) === undefined);
    const answers = open.length === 0 ? [] : await objective(open, (at, score) => log.keep(open[at]!, score));
    const untold = new Map(open.map((task, at) => [task, answers[at]!]));
    return tasks.map((task) => log.scoreOf(task) ?? untold.get(task)!);
  }

  #hasStalled(): boolean {
    const { log, patience } = this.#options;
    const last = log.trials.at(-1)?.batch ?? -1;
    if (last < patience) return false;
    const least = (trials: readonly Trial[]) =>
      Math.min(...trials.filter(({ state }) => state === 'finished').map(({ excess }) => excess));
    return least(log.trials) > least(log.trials.filter(({ batch }) => batch <= last - patience)) - GAIN;
  }
}

/** The finished trial with the lowest excess loss, the first of equal ones; nothing where none was finished. */
export const bestTrial = (trials: readonly Trial[]): Trial | undefined =>
  trials.filter(({ state }) => state === 'finished').sort(byExcess)[0];
const byExcess = (a: Trial, b: Trial): number => a.excess - b.excess || a.trial - b.trial;
const excessOf = (scores: readonly FoldScore[]): number =>
  scores.reduce((sum, { loss, baseline }) => sum + loss - baseline, 0) / scores.length;

/** How many folds have been scored after each rung. */
const rungsOf = (folds: number): number[] => [...new Set([Math.ceil(folds / 4), Math.ceil(folds / 2), folds])];

/** Every fourth fold, then those half-way between, then the rest: the first ones are spread over time. */
function foldOrder(folds: number): number[] {
  const order = new Set<number>();
  for (const [first, step] of [
    [3, 4],
    [1, 4],
    [0, 1],
  ] as const) {
    for (let fold = first; fold < folds; fold += step) order.add(fold);
  }
  return [...order];
}

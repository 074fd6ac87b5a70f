import { pointOf, proposeBatch } from './propose-batch.ts';
import type { ParameterValues, SearchSpace } from './search-space.ts';
import type { FoldScore, Trial, TrialLog, TrialTask } from './trial.ts';

/** Told an answer as soon as it is there. @param at of the task */
export type OnAnswer = (at: number, score: FoldScore) => Promise<void>;

/** Answers tasks in their order, and may tell each before, in any order. It must be pure: the same task, the same answer. */
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
 * answer is kept as soon as it is there, and is not asked for again by a run that goes on with the batch.
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
    const rungs = rungsOf(folds);
    for (const [rung, until] of rungs.entries()) {
      await this.#score(proposed, scores, alive, until);
      if (rung + 1 === rungs.length) break;
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

  /** Adds the scores of the folds below `until` that the given trials do not have yet. */
  async #score(
    proposed: readonly ParameterValues[],
    scores: readonly FoldScore[][],
    trials: readonly number[],
    until: number,
  ): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const order = foldOrder(this.#options.folds);
    const wanted = trials.flatMap((i) =>
      order.slice(scores[i]!.length, until).map((fold) => ({ i, task: { params: proposed[i]!, fold } })),
    );
    await this.#answer(wanted.map(({ task }) => task));
    for (const { i, task } of wanted) scores[i]!.push(this.#options.log.scoreOf(task)!);
  }

  /** Asks for what has not been answered yet, and keeps every answer. */
  async #answer(tasks: readonly TrialTask[]): Promise<void> {
    const { log, objective } = this.#options;
    const open = tasks.filter((task) => log.scoreOf(task) === undefined);
    if (open.length === 0) return;
    const answers = await objective(open, (at, score) => log.keep(open[at]!, score));
    for (const [at, task] of open.entries()) if (log.scoreOf(task) === undefined) await log.keep(task, answers[at]!);
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

import { z } from 'zod';
import { type ParameterValues, searchSpaceSchema } from './search-space.ts';

export const foldScoreSchema = z
  .strictObject({
    fold: z.int().min(0),
    /** Mean log loss on the fold, in nats. */
    loss: z.number(),
    /** The same of the class shares of the fold's training rows: folds differ in how hard they are. */
    baseline: z.number(),
    rows: z.int().min(1),
    /** Daily net returns of following the signals on the fold, as fractions; absent where there was nothing to follow. */
    returns: z.strictObject({ mean: z.number(), meanSquare: z.number() }).optional(),
  })
  .readonly();

/** Values of the searched parameters. */
export const paramsSchema = z.record(z.string(), z.union([z.number(), z.string()])).readonly();

/** One line of a study: what was tried, and what came of it. */
export const trialSchema = z
  .strictObject({
    trial: z.int().min(0),
    batch: z.int().min(0),
    /** Trials of this batch; a batch of which some are missing was cut off and is made again. */
    batchTrials: z.int().min(1),
    params: paramsSchema,
    folds: z.array(foldScoreSchema).min(1).readonly(),
    /** Mean over the scored folds of the loss above the baseline: below 0 is better than class shares. */
    excess: z.number(),
    /** Whether every fold was scored, or the trial stopped because others of its batch were better. */
    state: z.enum(['finished', 'stopped']),
  })
  .readonly();

export type FoldScore = z.infer<typeof foldScoreSchema>;
export type Trial = z.infer<typeof trialSchema>;

/** Everything that, with the seed, determines a study. A study with another head is another study. */
export const studyHeadSchema = z
  .strictObject({
    study: z.literal(1),
    space: searchSpaceSchema,
    /** Rows whose labels were known by then; null where the objective is not of rows. */
    untilMs: z.int().nullable(),
    /**
     * Where the searched days end: later ones took no part in the choice and may judge it. Absent in studies that an
     * earlier version began: they searched up to `untilMs`.
     */
    searchedUntilMs: z.int().optional(),
    seed: z.int(),
    folds: z.int().min(1),
    batchSize: z.int().min(1),
    /** What the trials are judged on: the data's hash, or the name of a function. */
    data: z.string(),
  })
  .readonly();
export type StudyHead = z.infer<typeof studyHeadSchema>;

/** One question to the objective: these parameters on this fold. Plain data, so that any machine may answer it. */
export interface TrialTask {
  readonly params: ParameterValues;
  readonly fold: number;
}

/** The same for the same question. */
export const taskKey = ({ params, fold }: TrialTask): string =>
  JSON.stringify([fold, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Where trials are kept, and what has been answered of the batch under way. What is written is on disk on return. */
export interface TrialLog {
  readonly trials: readonly Trial[];
  /** The answer to a question of the batch under way, where it was kept. */
  scoreOf(task: TrialTask): FoldScore | undefined;
  /** Keeps one answer of the batch under way, in whatever order they come. */
  keep(task: TrialTask, score: FoldScore): Promise<void>;
  /** Adds the trials of a batch, which ends. */
  append(trials: readonly Trial[]): Promise<void>;
}

export class MemoryTrialLog implements TrialLog {
  readonly trials: Trial[] = [];
  readonly #answers = new Map<string, FoldScore>();

  scoreOf(task: TrialTask): FoldScore | undefined {
    return this.#answers.get(taskKey(task));
  }

  async keep(task: TrialTask, score: FoldScore): Promise<void> {
    this.#answers.set(taskKey(task), score);
  }

  async append(trials: readonly Trial[]): Promise<void> {
    this.trials.push(...trials);
    this.#answers.clear();
  }
}

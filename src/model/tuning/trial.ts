import { z } from 'zod';
import { searchSpaceSchema } from './search-space.ts';

const foldScoreSchema = z
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

/** One line of a study: what was tried, and what came of it. */
export const trialSchema = z
  .strictObject({
    trial: z.int().min(0),
    batch: z.int().min(0),
    /** Trials of this batch; a batch of which some are missing was cut off and is made again. */
    batchTrials: z.int().min(1),
    params: z.record(z.string(), z.union([z.number(), z.string()])).readonly(),
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

/** Where trials are kept. `append` returns when they are on disk. */
export interface TrialLog {
  readonly trials: readonly Trial[];
  append(trials: readonly Trial[]): Promise<void>;
}

export class MemoryTrialLog implements TrialLog {
  readonly trials: Trial[] = [];

  async append(trials: readonly Trial[]): Promise<void> {
    this.trials.push(...trials);
  }
}

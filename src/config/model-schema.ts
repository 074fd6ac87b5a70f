import { z } from 'zod';
import { count, fraction, section } from './schema-parts.ts';

/** Names of base learners, as search spaces call them. */
const TUNED_LEARNERS = ['gradient-boosted-trees', 'random-forest', 'extra-trees', 'logistic-regression'] as const;

export const model = section({
  trainDays: count(60, 3650).default(365).describe('Days of decisions a model is trained on'),
  seed: count(0, 2 ** 31 - 1)
    .default(1)
    .describe('Seed of every random choice in training'),
  threads: count(1, 64).default(2).describe('Worker threads for training; the result does not depend on it'),
  trees: count(10, 2000).default(100).describe('Boosting rounds, and trees of each forest'),
  folds: count(2, 20).default(5).describe('Out-of-fold parts of the stack'),
  learners: z
    .partialRecord(z.enum(TUNED_LEARNERS), z.record(z.string(), z.union([z.number(), z.string()])))
    .default({})
    .describe('Settings of base learners that differ from the shipped ones, as `ets tune` prints them'),
  weights: section({
    halfLifeDays: z.number().min(7).max(3650).optional().describe('Age at which a day counts half in training'),
    classBalance: z.boolean().default(false).describe('Every class counts as much in the base learners'),
    uniqueness: z.boolean().default(false).describe('Days whose labels overlap share their weight'),
  }),
  meta: z.enum(['pool', 'logistic']).default('pool').describe('What combines the base learners'),
  passThrough: z
    .array(z.string())
    .default([])
    .describe('Features that a logistic meta-classifier sees besides the probabilities'),
  monotone: z
    .record(z.string(), z.enum(['buy', 'sell']))
    .default({})
    .describe('Features that boosted trees may only hold for BUY, or for SELL, the higher they are'),
  plugins: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected small letters, digits and hyphens'),
        module: z.string().min(1),
        settings: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([])
    .describe('Learners of your own: ES modules that run with all rights of this program (docs/models.md)'),
  dropUnhelpful: z.boolean().default(false).describe('Leave out base learners without which the stack is no worse out of fold'),
});

export const gate = section({
  mode: z.enum(['statistical', 'accuracy']).default('statistical').describe('accuracy: better accuracy is enough'),
  windowDays: count(30, 365).default(90).describe('Days over which candidate and incumbent are compared'),
  minimumDays: count(10, 365).default(30).describe('Fewer logged days than this: the incumbent stays'),
  confidence: fraction(0.5, 0.999).default(0.8).describe('How sure the better log loss must be'),
  refreshAfterDays: count(7, 365).default(28).describe('An incumbent older than this yields to a candidate that is not worse'),
  refreshMargin: fraction(0, 1).default(0.01).describe('How much worse in log loss a refreshing candidate may be'),
  maxCalibrationError: fraction(0, 1).default(0.2).describe('Largest calibration error (ECE) of a candidate'),
  maxExcessLoss: fraction(0, 1).default(0.02).describe('How much worse than the class shares a candidate may be in log loss'),
  returnMargin: fraction(0, 1).default(0.05).describe('How much less the signals of a candidate may have returned, net of costs'),
  maxDataAgeDays: fraction(0.5, 365).default(4).describe('Oldest that the newest training day may be'),
  maxSearchOverfitting: fraction(0, 1)
    .default(0.5)
    .describe('Largest probability that a study which chose settings fitted noise'),
  challengerDays: count(0, 365).default(0).describe('Days for which a candidate predicts in the shadow before it may serve'),
});

import { z } from 'zod';
import { ModelError } from '../../domain/index.ts';

const score = z.number().nullable();
const metricsSchema = z.object({ accuracy: score, logLoss: score, brier: score, ece: score, days: z.int() });

/** Newest form of a manifest that this version reads. */
export const MANIFEST_VERSION = 1;

/** Kind of a learner and its settings as they took effect; null where a number has no limit. */
const learnerSchema = z.looseObject({ kind: z.string() }).readonly();

/** What a training said of the bytes it came to; another one that comes to the same bytes says it anew. */
export const trainingScoresSchema = z.object({
  /** Hash of the code of the features. */
  featureCodeHash: z.string(),
  /** The search that chose settings of the procedure: scores are of days from `searchedUntilMs` on. Absent without one. */
  search: z
    .object({
      studies: z.array(z.string()).readonly(),
      trials: z.int(),
      searchedUntilMs: z.int(),
      overfittingProbability: z.number().nullable(),
    })
    .optional(),
  /** Walk-forward scores of the procedure; the refit on the whole window, which is what serves, is itself unscored. */
  metrics: metricsSchema,
  baseline: metricsSchema,
  gate: z.object({
    decision: z.enum(['promoted', 'kept', 'challenger']),
    reason: z.string(),
    /** A value without bounds, such as the age of data that is not there, stands as null. */
    checks: z
      .array(z.object({ name: z.string(), passed: z.boolean(), value: z.number().nullable(), limit: z.number().nullable() }))
      .readonly(),
  }),
  /** How often predictions of similar confidence came true in the walk-forward days. */
  reliability: z
    .array(z.object({ from: z.number(), to: z.number(), rows: z.int(), meanConfidence: z.number(), accuracy: z.number() }))
    .readonly()
    .optional(),
  /** Whether the walk-forward days showed more than the class shares know. */
  skill: z.enum(['none', 'found', 'unknown']).optional(),
  /**
   * A class belongs to the prediction set where one less its probability is at most `threshold`; null: always. Adaptive
   * sets start from `scores`, the walk-forward days' distances from what came true.
   */
  conformal: z
    .object({ coverage: z.number(), threshold: z.number().nullable(), scores: z.array(z.number()).readonly().optional() })
    .optional(),
});

const modelManifestSchema = z
  .object({
    version: z.literal(MANIFEST_VERSION),
    modelId: z.string(),
    createdMs: z.int(),
    trainedUntilMs: z.int(),
    artifactSha256: z.string(),
    artifactBytes: z.int(),
    /** In the order of the model's columns. */
    features: z.array(z.string()).readonly(),
    ...trainingScoresSchema.shape,
    canonical: z.object({ series: z.string(), reason: z.string() }),
    procedureHash: z.string(),
    procedure: z.record(z.string(), z.unknown()),
    /** The learners with every setting resolved; versions of earlier programs do not tell, nor do imported ones. */
    learners: z
      .object({ base: z.record(z.string(), learnerSchema).readonly(), meta: learnerSchema })
      .readonly()
      .optional(),
    trainDays: z.int(),
    rows: z.int(),
    /** Days of BUY, SELL and HOLD in the training window. */
    classes: z.tuple([z.int(), z.int(), z.int()]),
    /** Of the training rows: features, labels and times. */
    dataFingerprint: z.string().optional(),
    /** Base learners that were left out, and why. */
    dropped: z.array(z.string()).readonly().optional(),
    isRefitScored: z.literal(false),
    /** Of the program that trained it; null where it was not built from a checkout. */
    gitCommit: z.string().nullable().optional(),
    /** Version of the program that trained it; those of earlier programs do not tell. */
    programVersion: z.string().optional(),
    node: z.string(),
  })
  .readonly();

/** What is known of a model beside its bytes. */
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** @throws ModelError `registry.manifest_damaged`, `registry.newer_format` */
export function parseManifest(modelId: string, text: string): ModelManifest {
  const hint = 'Go back with `ets models rollback`, or train anew with `ets train`.';
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ModelError('registry.manifest_damaged', `the manifest of model ${modelId} is not JSON`, { hint, cause });
  }
  const version = z.object({ version: z.number() }).safeParse(content).data?.version ?? 0;
  if (version > MANIFEST_VERSION)
    throw new ModelError('registry.newer_format', `model ${modelId} was written by a newer version`, {
      hint: 'Upgrade, or roll back.',
    });
  const parsed = modelManifestSchema.safeParse(content);
  if (!parsed.success || parsed.data.modelId !== modelId)
    throw new ModelError('registry.manifest_damaged', `the manifest of model ${modelId} is not as expected`, {
      hint,
      cause: parsed.error,
    });
  return parsed.data;
}

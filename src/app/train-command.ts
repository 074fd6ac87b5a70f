import { join } from 'node:path';
import { ModelRegistry } from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { openPredictionHistory } from './prediction-history.ts';
import { RegistryModelStore } from './registry-model-store.ts';
import type { Candidate } from './retrain.ts';
import { type TrainOptions, train } from './train.ts';

/** Trains, and says what came of it. */
export async function trainCommand(parts: AppParts, options: TrainOptions) {
  const started = parts.timer.elapsedMs();
  const registry = new ModelRegistry(join(parts.dataDir, PATHS.models), parts.clock);
  const models = await RegistryModelStore.openOrWithout(registry, (why) => parts.onProgress(why));
  const warnings = [...models.warnings];
  const candidate = await train(parts, models, await openPredictionHistory(parts.dataDir), options);
  return {
    simulated: parts.isSimulated,
    modelId: ModelRegistry.idOf(candidate.artifactSha256, candidate.trainedUntilMs),
    trainedUntilMs: candidate.trainedUntilMs,
    canonical: candidate.canonical,
    rows: candidate.rows,
    features: candidate.ensemble.featureNames.length,
    classes: { buy: candidate.classes[0], sell: candidate.classes[1], hold: candidate.classes[2] },
    procedure: candidate.procedure,
    search: candidate.search ?? null,
    dropped: candidate.ensemble.dropped,
    metrics: candidate.metrics,
    baseline: candidate.baseline,
    gate: candidate.gate,
    /** Why another model than the current one was there to compare with, and settings that changed nothing. */
    warnings: [...warnings, ...unusedNames(candidate)],
    artifactSha256: candidate.artifactSha256,
    durationMs: Math.round(parts.timer.elapsedMs() - started),
  };
}

/** Features in the settings that are no columns of the model: there are none of that name, or they are not known in its window. */
function unusedNames({ ensemble, procedure: { passThrough = [], monotone = {} } }: Candidate): string[] {
  const unused = (path: string, names: readonly string[]) =>
    names
      .filter((name) => !ensemble.featureNames.includes(name))
      .map((name) => `${path} names ${name}, which is no column of this model, and changes nothing`);
  return [...unused('model.passThrough', passThrough), ...unused('model.monotone', Object.keys(monotone))];
}

import { featureCodeHash } from '../features/index.ts';
import { EnsembleModel, type ModelRegistry, procedureHash, type StoredModel } from '../model/index.ts';
import type { Candidate, ModelStore } from './retrain.ts';
import type { ServingModel } from './serving-model.ts';

/** The registry as trainings and decisions see it: the current model stays loaded. */
export class RegistryModelStore implements ModelStore {
  readonly #registry: ModelRegistry;
  readonly #trainDays: number;
  #current: ServingModel | undefined;

  private constructor(registry: ModelRegistry, trainDays: number, current: ServingModel | undefined) {
    this.#registry = registry;
    this.#trainDays = trainDays;
    this.#current = current;
  }

  /** @param onFallback told where an earlier model has to stand in for a damaged one */
  static async open(registry: ModelRegistry, trainDays: number, onFallback: (why: string) => void): Promise<RegistryModelStore> {
    const stored = await registry.loadCurrent();
    if (stored?.fallbackReason) onFallback(`serving ${stored.manifest.modelId} instead: ${stored.fallbackReason}`);
    return new RegistryModelStore(registry, trainDays, stored && serving(stored));
  }

  current(): ServingModel | undefined {
    return this.#current;
  }

  /** Takes over what another process has promoted. */
  async reload(): Promise<void> {
    const stored = await this.#registry.loadCurrent();
    if (stored && stored.manifest.modelId !== this.#current?.modelId) this.#current = serving(stored);
  }

  async add(candidate: Candidate): Promise<ServingModel> {
    const { ensemble, gate } = candidate;
    const manifest = await this.#registry.save(candidate.artifact, {
      trainedUntilMs: candidate.trainedUntilMs,
      features: ensemble.featureNames,
      featureCodeHash: featureCodeHash(),
      canonical: { series: candidate.canonical, reason: candidate.canonicalReason },
      procedureHash: procedureHash(candidate.procedure),
      procedure: { ...candidate.procedure },
      trainDays: this.#trainDays,
      rows: candidate.rows,
      classes: [...candidate.classes],
      metrics: candidate.metrics,
      baseline: candidate.baseline,
      gate: { ...gate, checks: gate.checks.map((check) => ({ ...check })) },
    });
    if (gate.decision === 'promoted') {
      await this.#registry.promote(manifest.modelId, gate.reason);
      this.#current = serving({ manifest, artifact: candidate.artifact });
    }
    return this.#current!;
  }
}

/** A stored model, ready to predict. @throws ModelError where its bytes are not an ensemble of this version */
export const serving = ({ manifest, artifact }: StoredModel): ServingModel => ({
  modelId: manifest.modelId,
  artifactSha256: manifest.artifactSha256,
  trainedUntilMs: manifest.trainedUntilMs,
  canonical: manifest.canonical.series,
  ensemble: EnsembleModel.fromBytes(artifact),
});

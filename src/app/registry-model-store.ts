import { ModelError, type TimeMs } from '../domain/index.ts';
import { featureCodeHash } from '../features/index.ts';
import {
  ChallengerFile,
  EnsembleModel,
  type GateVerdict,
  type ModelRegistry,
  procedureHash,
  type ScoredConformal,
  type StoredModel,
} from '../model/index.ts';
import { ownCommit } from './build-info.ts';
import type { Candidate, Challenger, ModelStore } from './retrain.ts';
import type { ServingModel } from './serving-model.ts';

/** The registry as trainings and decisions see it: the current model stays loaded. */
export class RegistryModelStore implements ModelStore {
  readonly #registry: ModelRegistry;
  readonly #trainDays: number;
  readonly #trials: ChallengerFile;
  #current: ServingModel | undefined;
  #challenger: Challenger | undefined;

  private constructor(registry: ModelRegistry, trainDays: number, current: ServingModel | undefined) {
    this.#registry = registry;
    this.#trainDays = trainDays;
    this.#trials = new ChallengerFile(registry.folder);
    this.#current = current;
  }

  /** @param onFallback told where an earlier model has to stand in for a damaged one */
  static async open(registry: ModelRegistry, trainDays: number, onFallback: (why: string) => void): Promise<RegistryModelStore> {
    const stored = await registry.loadCurrent();
    if (stored?.fallbackReason) onFallback(`serving ${stored.manifest.modelId} instead: ${stored.fallbackReason}`);
    const store = new RegistryModelStore(registry, trainDays, stored && serving(stored));
    await store.#loadTrial();
    return store;
  }

  /**
   * As `open`, and without a model where every one is damaged: decisions then hold until a training promotes one.
   * @param onFallback told of that too
   */
  static async openOrWithout(
    registry: ModelRegistry,
    trainDays: number,
    onFallback: (why: string) => void,
  ): Promise<RegistryModelStore> {
    try {
      return await RegistryModelStore.open(registry, trainDays, onFallback);
    } catch (error) {
      if (!(error instanceof ModelError) || error.code !== 'registry.no_usable_model') throw error;
      onFallback(`${error.message}; decisions hold until a new one is trained`);
      return new RegistryModelStore(registry, trainDays, undefined);
    }
  }

  current(): ServingModel | undefined {
    return this.#current;
  }

  challenger(): Challenger | undefined {
    return this.#challenger;
  }

  async endTrial({ model, sinceMs }: Challenger, verdict: GateVerdict, atMs: TimeMs): Promise<void> {
    if (verdict.decision === 'promoted') {
      await this.#registry.promote(model.modelId, `challenger: ${verdict.reason}`);
      this.#current = model;
    }
    await this.#trials.end({ modelId: model.modelId, sinceMs }, verdict, atMs);
    this.#challenger = undefined;
  }

  /** Takes over what another process has promoted or put on trial. */
  async reload(): Promise<void> {
    const stored = await this.#registry.loadCurrent();
    if (stored && stored.manifest.modelId !== this.#current?.modelId) this.#current = serving(stored);
    await this.#loadTrial();
  }

  async #loadTrial(): Promise<void> {
    const trial = await this.#trials.current();
    if (trial?.modelId === this.#challenger?.model.modelId) return;
    this.#challenger = trial && { model: serving(await this.#registry.load(trial.modelId)), sinceMs: trial.sinceMs };
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
      ...(candidate.search && { search: candidate.search }),
      trainDays: this.#trainDays,
      rows: candidate.rows,
      classes: [...candidate.classes],
      metrics: candidate.metrics,
      baseline: candidate.baseline,
      dataFingerprint: candidate.dataFingerprint,
      reliability: candidate.reliability,
      skill: candidate.skill,
      ...(candidate.conformal && { conformal: storable(candidate.conformal) }),
      ...(ensemble.dropped.length > 0 && { dropped: ensemble.dropped }),
      gitCommit: await ownCommit(),
      gate: { ...gate, checks: gate.checks.map((check) => ({ ...check })) },
    });
    if (gate.decision === 'promoted') {
      await this.#registry.promote(manifest.modelId, gate.reason);
      this.#current = serving({ manifest, artifact: candidate.artifact });
    }
    if (gate.decision === 'challenger') {
      const sinceMs = candidate.trainedUntilMs;
      await this.#trials.begin({ modelId: manifest.modelId, sinceMs });
      this.#challenger = { model: serving({ manifest, artifact: candidate.artifact }), sinceMs };
    }
    return this.#current!;
  }
}

/** JSON has no infinity: a set of every class has no threshold. */
const storable = ({ threshold, ...conformal }: ScoredConformal) => ({
  ...conformal,
  threshold: Number.isFinite(threshold) ? threshold : null,
});

/** A stored model, ready to predict. @throws ModelError where its bytes are not an ensemble of this version */
export const serving = ({ manifest, artifact }: StoredModel): ServingModel => ({
  modelId: manifest.modelId,
  artifactSha256: manifest.artifactSha256,
  trainedUntilMs: manifest.trainedUntilMs,
  canonical: manifest.canonical.series,
  ensemble: EnsembleModel.fromBytes(artifact),
  ...(manifest.skill && { hasSkill: manifest.skill === 'found' }),
  conformal: manifest.conformal && { ...manifest.conformal, threshold: manifest.conformal.threshold ?? Number.POSITIVE_INFINITY },
});

import { isDeepStrictEqual } from 'node:util';
import { ConfigError, ModelError, type TimeMs } from '../domain/index.ts';
import { featureCodeHash } from '../features/index.ts';
import {
  ChallengerFile,
  EnsembleModel,
  type EnsembleSpecs,
  type GateVerdict,
  type ModelManifest,
  type ModelRegistry,
  procedureHash,
  type ScoredConformal,
  type StoredModel,
} from '../model/index.ts';
import { ownCommit, ownVersion } from './build-info.ts';
import type { Candidate, Challenger, ModelStore } from './retrain.ts';
import type { ServingModel } from './serving-model.ts';

/**
 * Told where an earlier model has to stand in for one that cannot be used, where none can, and where a challenger is left
 * out; each once.
 */
export type OnUnusable = (why: string, whose: 'current' | 'challenger') => void;

/** The registry as trainings and decisions see it: the current model and the one on trial stay loaded. */
export class RegistryModelStore implements ModelStore {
  readonly #registry: ModelRegistry;
  readonly #trials: ChallengerFile;
  readonly #onUnusable: OnUnusable;
  readonly #told = new Set<string>();
  #warnings: string[] = [];
  #current: ServingModel | undefined;
  #challenger: Challenger | undefined;

  private constructor(registry: ModelRegistry, onUnusable: OnUnusable) {
    this.#registry = registry;
    this.#trials = new ChallengerFile(registry.folder);
    this.#onUnusable = onUnusable;
  }

  /** @throws ModelError `registry.no_usable_model`, `registry.pointer_damaged` */
  static async open(registry: ModelRegistry, onUnusable: OnUnusable): Promise<RegistryModelStore> {
    const store = new RegistryModelStore(registry, onUnusable);
    await store.reload();
    return store;
  }

  /** As `open`, and without a model where none can be used: decisions then hold until a training promotes one. */
  static async openOrWithout(registry: ModelRegistry, onUnusable: OnUnusable): Promise<RegistryModelStore> {
    const store = new RegistryModelStore(registry, onUnusable);
    try {
      await store.#loadCurrent();
    } catch (error) {
      if (!(error instanceof ModelError) || error.code !== 'registry.no_usable_model') throw error;
      store.#tell(`${error.message}; decisions hold until a new one is trained`, 'current');
    }
    await store.#loadTrial();
    return store;
  }

  current(): ServingModel | undefined {
    return this.#current;
  }

  challenger(): Challenger | undefined {
    return this.#challenger;
  }

  /** Why another model serves than the current one, and why there is no challenger, as of the last look; else empty. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  async endTrial({ model, sinceMs }: Challenger, verdict: GateVerdict, atMs: TimeMs): Promise<void> {
    if (verdict.decision === 'promoted') {
      await this.#registry.promote(model.modelId, `challenger: ${verdict.reason}`);
      this.#current = model;
    }
    await this.#trials.end({ modelId: model.modelId, sinceMs }, verdict, atMs);
    this.#challenger = undefined;
  }

  /** Takes over what another process has promoted or put on trial. @throws as `open` */
  async reload(): Promise<void> {
    this.#warnings = [];
    await this.#loadCurrent();
    await this.#loadTrial();
  }

  async #loadCurrent(): Promise<void> {
    const current = await this.#registry.loadCurrent(serving);
    if (!current) return;
    const { model, fallbackReason } = current;
    if (fallbackReason) this.#tell(`serving ${model.modelId} instead: ${fallbackReason}`, 'current');
    if (!this.#current || !isSame(model, this.#current)) this.#current = model;
  }

  /** A challenger that cannot be used is left out: the next candidate that passes the gate takes its place. */
  async #loadTrial(): Promise<void> {
    try {
      const trial = await this.#trials.current();
      if (trial?.modelId === this.#challenger?.model.modelId) return;
      this.#challenger = undefined;
      this.#challenger = trial && { model: serving(await this.#registry.load(trial.modelId)), sinceMs: trial.sinceMs };
    } catch (error) {
      if (!(error instanceof ModelError) && !(error instanceof ConfigError)) throw error;
      this.#tell(`the challenger is left out: ${error.message}`, 'challenger');
    }
  }

  #tell(why: string, whose: 'current' | 'challenger'): void {
    this.#warnings.push(why);
    if (this.#told.has(why)) return;
    this.#told.add(why);
    this.#onUnusable(why, whose);
  }

  async add(candidate: Candidate): Promise<ServingModel> {
    const { ensemble, gate } = candidate;
    const manifest = await this.#registry.saveTrained(candidate.artifact, {
      trainedUntilMs: candidate.trainedUntilMs,
      features: ensemble.featureNames,
      featureCodeHash: featureCodeHash(),
      canonical: { series: candidate.canonical, reason: candidate.canonicalReason },
      procedureHash: procedureHash(candidate.procedure),
      procedure: { ...candidate.procedure },
      ...(candidate.search && { search: candidate.search }),
      learners: withoutInfinity(candidate.learners),
      trainDays: candidate.trainDays,
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
      programVersion: await ownVersion(),
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
    if (gate.decision !== 'promoted' && manifest.modelId === this.#current?.modelId)
      this.#current = serving({ manifest, artifact: candidate.artifact });
    return this.#current!;
  }
}

/** Whether nothing is new: a later training may have come to the same bytes with other scores. */
const isSame = ({ ensemble: _, ...a }: ServingModel, { ensemble: __, ...b }: ServingModel): boolean => isDeepStrictEqual(a, b);

/** JSON has no infinity: a set of every class has no threshold. */
const storable = ({ threshold, ...conformal }: ScoredConformal) => ({
  ...conformal,
  threshold: Number.isFinite(threshold) ? threshold : null,
});

/** As JSON keeps them: where a depth is unlimited it stands as null. */
const withoutInfinity = (specs: EnsembleSpecs): NonNullable<ModelManifest['learners']> => JSON.parse(JSON.stringify(specs));

/** A stored model, ready to predict. @throws ModelError where its bytes are not an ensemble of this version */
export const serving = ({ manifest, artifact }: StoredModel): ServingModel => ({
  modelId: manifest.modelId,
  artifactSha256: manifest.artifactSha256,
  trainedUntilMs: manifest.trainedUntilMs,
  trainDays: manifest.trainDays,
  featureCodeHash: manifest.featureCodeHash,
  canonical: manifest.canonical.series,
  ensemble: EnsembleModel.fromBytes(artifact),
  ...(manifest.skill && { hasSkill: manifest.skill === 'found' }),
  conformal: manifest.conformal && { ...manifest.conformal, threshold: manifest.conformal.threshold ?? Number.POSITIVE_INFINITY },
});

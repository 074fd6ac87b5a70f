import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, ConfigError, ModelError } from '../../domain/index.ts';
import { compareManifests, type ModelComparison } from './compare-manifests.ts';
import { type PointerHistory, readPointer, servingOrder, writePointer } from './current-pointer.ts';
import { MANIFEST_VERSION, type ModelManifest, parseManifest } from './manifest.ts';
import { type KnownVerdicts, type TrainingVerdict, VerdictLog, withNewestVerdict } from './verdict-log.ts';
import { isPlaceTaken, readArtifact, readManifest, removeLeftovers, versionIds, writeVersion } from './version-folder.ts';

/** A model with its bytes, checked against its checksum. */
export interface StoredModel {
  readonly manifest: ModelManifest;
  readonly artifact: Uint8Array;
}

/** A stored model as something that predicts. @throws ModelError where this program cannot make anything of its bytes */
export type Decode<Decoded> = (stored: StoredModel) => Decoded;

/** The current model, and why an earlier one stands in for it where that is so. */
export interface CurrentModel<Decoded> {
  readonly manifest: ModelManifest;
  readonly model: Decoded;
  readonly fallbackReason: string | null;
}

/** A version that was stored, or was there before. */
interface Saved {
  readonly manifest: ModelManifest;
  readonly isRepeat: boolean;
}

/** What a manifest is made of beside the bytes and the moment. */
type About = Omit<
  ModelManifest,
  'version' | 'modelId' | 'createdMs' | 'artifactSha256' | 'artifactBytes' | 'isRefitScored' | 'node'
>;

/**
 * Versions of the model in one folder each, named by their content. Nothing is ever changed in a version; which one is
 * current is a pointer with its history. The bytes are opaque here. Manifests are given with what the newest training said of
 * these bytes; the files keep what the first one said.
 */
export class ModelRegistry {
  readonly folder: string;
  readonly #clock: Clock;
  readonly #verdicts: VerdictLog;

  constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.#verdicts = new VerdictLog(folder);
    this.#clock = clock;
  }

  /** Names a model by its bytes and by what it was trained until. */
  static idOf(artifactSha256: string, trainedUntilMs: number): string {
    return `m${new Date(trainedUntilMs).toISOString().slice(0, 10).replaceAll('-', '')}-${artifactSha256.slice(0, 12)}`;
  }

  /**
   * Stores a version; where the same one is already there, whole, it stays as it is and its own manifest is returned.
   * What earlier saves that were killed have left is removed.
   * @throws ModelError `registry.newer_format` where a newer program has stored the same one
   */
  async save(artifact: Uint8Array, about: About): Promise<ModelManifest> {
    return (await this.#save(artifact, about)).manifest;
  }

  async #save(artifact: Uint8Array, about: About): Promise<Saved> {
    const artifactSha256 = sha256(artifact);
    const modelId = ModelRegistry.idOf(artifactSha256, about.trainedUntilMs);
    const manifest: ModelManifest = {
      ...about,
      version: MANIFEST_VERSION,
      modelId,
      createdMs: this.#clock.nowMs(),
      artifactSha256,
      artifactBytes: artifact.length,
      isRefitScored: false,
      node: process.version,
    };
    const stored = await this.load(modelId).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === 'registry.newer_format') throw error;
      return undefinedWhereUnusable(error);
    });
    await removeLeftovers(this.folder);
    return stored ? { manifest: stored.manifest, isRepeat: true } : this.#store(manifest, artifact);
  }

  /**
   * As `save`, of a training: its verdict is written down with its numbers, also where the version was there before.
   * @returns the manifest with them @throws as `save`
   */
  async saveTrained(artifact: Uint8Array, about: About): Promise<ModelManifest> {
    const { manifest, isRepeat } = await this.#save(artifact, about);
    const { modelId } = manifest;
    const { featureCodeHash, search, metrics, baseline, gate, reliability, skill, conformal } = about;
    const scores = { featureCodeHash, search, metrics, baseline, gate, reliability, skill, conformal };
    await this.#verdicts.append({ modelId, atMs: this.#clock.nowMs(), isRepeat, ...scores });
    return this.show(modelId);
  }

  /** What trainings said, oldest first: of one version, or of all. */
  async verdicts(modelId?: string): Promise<KnownVerdicts> {
    const { verdicts, damagedLines } = await this.#verdicts.read();
    const isAsked = (one: TrainingVerdict) => modelId === undefined || one.modelId === modelId;
    return { verdicts: verdicts.filter(isAsked), damagedLines };
  }

  /** Whoever stores the same version at the same time may be first, and may have promoted it: then theirs stays. */
  async #store(manifest: ModelManifest, artifact: Uint8Array): Promise<Saved> {
    try {
      await writeVersion(this.folder, manifest, artifact);
    } catch (error) {
      if (!isPlaceTaken(error)) throw error;
      const theirs = await this.load(manifest.modelId).catch(undefinedWhereUnusable);
      if (theirs) return { manifest: theirs.manifest, isRepeat: true };
      await writeVersion(this.folder, manifest, artifact, { replaces: true });
    }
    return { manifest, isRepeat: false };
  }

  /**
   * Every version that can be read, oldest first. Folders without a manifest are left over from an interrupted save and
   * are passed over; `problems` names versions that cannot be read.
   */
  async list(): Promise<(ModelManifest & { readonly current: boolean })[]> {
    const current = await this.currentId();
    const { verdicts } = await this.verdicts();
    const manifests: ModelManifest[] = [];
    for (const modelId of await versionIds(this.folder)) {
      const manifest = await this.#manifest(modelId).catch(undefinedWhereUnusable);
      if (manifest) manifests.push(withNewestVerdict(manifest, verdicts));
    }
    manifests.sort((a, b) => a.createdMs - b.createdMs || a.trainedUntilMs - b.trainedUntilMs);
    return manifests.map((manifest) => ({ ...manifest, current: manifest.modelId === current }));
  }

  /** Versions that cannot be loaded, and why. Reads every artifact. */
  async problems(): Promise<{ readonly modelId: string; readonly code: string; readonly message: string }[]> {
    const found: { modelId: string; code: string; message: string }[] = [];
    for (const modelId of await versionIds(this.folder)) {
      await this.load(modelId).catch((error: unknown) => {
        if (!(error instanceof ModelError)) throw error;
        found.push({ modelId, code: error.code, message: error.message });
      });
    }
    return found;
  }

  /** @throws ConfigError `registry.no_such_model`; ModelError `registry.manifest_damaged`, `registry.newer_format` */
  async show(modelId: string): Promise<ModelManifest> {
    const manifest = await this.#manifest(modelId);
    return withNewestVerdict(manifest, (await this.verdicts(modelId)).verdicts);
  }

  async #manifest(modelId: string): Promise<ModelManifest> {
    const text = /^[\w-]+$/.test(modelId) ? await readManifest(this.folder, modelId) : undefined;
    if (text === undefined)
      throw new ConfigError('registry.no_such_model', `there is no model ${modelId}`, { hint: 'See `ets models list`.' });
    return parseManifest(modelId, text);
  }

  /** @throws as `show`, and ModelError `registry.artifact_damaged` */
  async load(modelId: string): Promise<StoredModel> {
    const manifest = await this.show(modelId);
    const artifact = await readArtifact(this.folder, modelId);
    if (artifact === undefined || sha256(artifact) !== manifest.artifactSha256) {
      throw new ModelError('registry.artifact_damaged', `the bytes of model ${modelId} are ${artifact ? 'damaged' : 'missing'}`, {
        hint: 'Go back with `ets models rollback`, or train anew with `ets train`.',
        details: { modelId },
      });
    }
    return { manifest, artifact };
  }

  async currentId(): Promise<string | undefined> {
    return servingOrder(await this.history()).at(-1);
  }

  /**
   * The current model, decoded; where it cannot be read or decoded, the newest earlier one that can, with the reason. A
   * version that was rolled back is never taken. Undefined where none was ever promoted.
   * @throws ModelError `registry.no_usable_model`, `registry.pointer_damaged`
   */
  async loadCurrent<Decoded>(decode: Decode<Decoded>): Promise<CurrentModel<Decoded> | undefined> {
    let fallbackReason: string | null = null;
    for (const modelId of new Set(servingOrder(await this.history()).reverse())) {
      try {
        const stored = await this.load(modelId);
        return { manifest: stored.manifest, model: decode(stored), fallbackReason };
      } catch (error) {
        if (!(error instanceof ModelError) && !(error instanceof ConfigError)) throw error;
        fallbackReason ??= `model ${modelId}: ${error.message}`;
      }
    }
    if (fallbackReason !== null)
      throw new ModelError('registry.no_usable_model', `no model can be used: ${fallbackReason}`, {
        hint: 'Train anew with `ets train`.',
      });
    return undefined;
  }

  /** Makes a version current. @throws as `load` */
  async promote(modelId: string, reason: string): Promise<ModelManifest> {
    const { manifest } = await this.load(modelId);
    const history = await this.history();
    if (servingOrder(history).at(-1) !== modelId)
      await writePointer(this.folder, [...history, { modelId, atMs: this.#clock.nowMs(), reason }]);
    return manifest;
  }

  /**
   * Back to the version that was current before, and from there, asked again, to the one before that: what was rolled
   * back does not come back by itself. @throws ConfigError `registry.nothing_before`; as `load`
   */
  async rollback(): Promise<ModelManifest> {
    const history = await this.history();
    const modelId = servingOrder(history).at(-2);
    if (modelId === undefined)
      throw new ConfigError('registry.nothing_before', 'there is no model before the current one', {
        hint: 'See `ets models list`.',
      });
    const { manifest } = await this.load(modelId);
    const atMs = this.#clock.nowMs();
    await writePointer(this.folder, [...history, { modelId, atMs, reason: 'rollback', isRollback: true }]);
    return manifest;
  }

  /** Promotions and rollbacks, oldest first. @throws ModelError `registry.pointer_damaged` */
  history(): Promise<PointerHistory> {
    return readPointer(this.folder);
  }

  /** What two versions have in common and what not. @throws as `show` */
  async compare(a: string, b: string): Promise<ModelComparison> {
    return compareManifests(await this.show(a), await this.show(b));
  }

  /**
   * Removes all but the newest `keep` versions; never the current one, the one before it, a protected one (one that an
   * open position refers to) or one that cannot be read. Returns what was removed.
   */
  async prune(keep: number, protectedIds: readonly string[]): Promise<string[]> {
    const all = await this.list();
    const kept = new Set([
      ...protectedIds,
      ...servingOrder(await this.history()).slice(-2),
      ...(keep > 0 ? all.slice(-keep).map(({ modelId }) => modelId) : []),
    ]);
    const removed = all.map(({ modelId }) => modelId).filter((modelId) => !kept.has(modelId));
    for (const modelId of removed) await rm(join(this.folder, modelId), { recursive: true, force: true });
    return removed;
  }

  /**
   * A copy of a version, checked, in a new folder `<folder>/<modelId>`, there whole or not at all; returns its path.
   * @throws as `load`, and ConfigError `registry.export_exists`
   */
  async export(modelId: string, folder: string): Promise<string> {
    const { manifest, artifact } = await this.load(modelId);
    return writeVersion(folder, manifest, artifact).catch((cause: unknown) => {
      if (!isPlaceTaken(cause)) throw cause;
      const target = join(folder, modelId);
      throw new ConfigError('registry.export_exists', `${target} is already there`, { hint: 'Name another folder.', cause });
    });
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function undefinedWhereUnusable(error: unknown): undefined {
  if (!(error instanceof ModelError) && !(error instanceof ConfigError)) throw error;
}

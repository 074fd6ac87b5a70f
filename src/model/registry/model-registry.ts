import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Clock, ConfigError, ModelError } from '../../domain/index.ts';
import { MANIFEST_VERSION, type ModelManifest, modelManifestSchema } from './manifest.ts';
import { modelCard } from './model-card.ts';

const pointerSchema = z.object({
  history: z.array(z.object({ modelId: z.string(), atMs: z.int(), reason: z.string() })).readonly(),
});
type Pointer = z.infer<typeof pointerSchema>;

/** A model with its bytes, checked against its checksum. */
export interface StoredModel {
  readonly manifest: ModelManifest;
  readonly artifact: Uint8Array;
}

/** The current model, and why an earlier one stands in for it where that is so. */
export interface CurrentModel extends StoredModel {
  readonly fallbackReason: string | null;
}

const ARTIFACT = 'artifact.bin';
const MANIFEST = 'manifest.json';
const CARD = 'MODEL.md';
const POINTER = 'current.json';

/**
 * Versions of the model in one folder each, named by their content. Nothing is ever changed in a version; which one is
 * current is a pointer with its history. The bytes are opaque here.
 */
export class ModelRegistry {
  readonly folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.folder = folder;
    this.#clock = clock;
  }

  /** Names a model by its bytes and by what it was trained until. */
  static idOf(artifactSha256: string, trainedUntilMs: number): string {
    return `m${new Date(trainedUntilMs).toISOString().slice(0, 10).replaceAll('-', '')}-${artifactSha256.slice(0, 12)}`;
  }

  /** Stores a version; the same version again changes nothing. */
  async save(
    artifact: Uint8Array,
    about: Omit<
      ModelManifest,
      'version' | 'modelId' | 'createdMs' | 'artifactSha256' | 'artifactBytes' | 'isRefitScored' | 'node'
    >,
  ): Promise<ModelManifest> {
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
    const folder = join(this.folder, modelId);
    await mkdir(folder, { recursive: true });
    await writeAtomically(join(folder, ARTIFACT), artifact);
    await writeAtomically(join(folder, CARD), modelCard(manifest));
    await writeAtomically(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  }

  /** Every version, oldest first. Folders without a manifest are left over from an interrupted save and are passed over. */
  async list(): Promise<(ModelManifest & { readonly current: boolean })[]> {
    const current = await this.currentId();
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(emptyWhereMissing);
    const manifests: ModelManifest[] = [];
    for (const entry of entries) {
      if (!entry.isDirectory() || !/^m\d{8}-/.test(entry.name)) continue;
      const text = await readFile(join(this.folder, entry.name, MANIFEST), 'utf8').catch(undefinedWhereMissing);
      if (text !== undefined) manifests.push(parseManifest(entry.name, text));
    }
    manifests.sort((a, b) => a.createdMs - b.createdMs || a.trainedUntilMs - b.trainedUntilMs);
    return manifests.map((manifest) => ({ ...manifest, current: manifest.modelId === current }));
  }

  /** @throws ConfigError `registry.no_such_model`; ModelError `registry.manifest_damaged`, `registry.newer_format` */
  async show(modelId: string): Promise<ModelManifest> {
    const text = /^[\w-]+$/.test(modelId)
      ? await readFile(join(this.folder, modelId, MANIFEST), 'utf8').catch(undefinedWhereMissing)
      : undefined;
    if (text === undefined)
      throw new ConfigError('registry.no_such_model', `there is no model ${modelId}`, { hint: 'See `ets models list`.' });
    return parseManifest(modelId, text);
  }

  /** @throws as `show`, and ModelError `registry.artifact_damaged` */
  async load(modelId: string): Promise<StoredModel> {
    const manifest = await this.show(modelId);
    const artifact = await readFile(join(this.folder, modelId, ARTIFACT)).catch(undefinedWhereMissing);
    if (artifact === undefined || sha256(artifact) !== manifest.artifactSha256) {
      throw new ModelError('registry.artifact_damaged', `the bytes of model ${modelId} are ${artifact ? 'damaged' : 'missing'}`, {
        hint: 'Go back with `ets models rollback`, or train anew with `ets train`.',
        details: { modelId },
      });
    }
    return { manifest, artifact };
  }

  async currentId(): Promise<string | undefined> {
    return (await this.#pointer()).history.at(-1)?.modelId;
  }

  /** The current model; where it cannot be used, the newest earlier one that can, with the reason. */
  async loadCurrent(): Promise<CurrentModel | undefined> {
    const { history } = await this.#pointer();
    let fallbackReason: string | null = null;
    for (const { modelId } of [...history].reverse()) {
      try {
        return { ...(await this.load(modelId)), fallbackReason };
      } catch (error) {
        if (!(error instanceof ModelError) && !(error instanceof ConfigError)) throw error;
        fallbackReason ??= error.message;
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
    const { history } = await this.#pointer();
    if (history.at(-1)?.modelId !== modelId) await this.#point([...history, { modelId, atMs: this.#clock.nowMs(), reason }]);
    return manifest;
  }

  /** Back to the version that was current before. @throws ConfigError `registry.nothing_before` */
  async rollback(): Promise<ModelManifest> {
    const { history } = await this.#pointer();
    const current = history.at(-1)?.modelId;
    const before = history.findLast(({ modelId }) => modelId !== current);
    if (!before)
      throw new ConfigError('registry.nothing_before', 'there is no model before the current one', {
        hint: 'See `ets models list`.',
      });
    return this.promote(before.modelId, 'rollback');
  }

  /** Removes all but the newest `keep` versions; never the current one, the one before it, or a protected one. */
  async prune(keep: number, protectedIds: readonly string[]): Promise<string[]> {
    const all = await this.list();
    const { history } = await this.#pointer();
    const current = history.at(-1)?.modelId;
    const before = history.findLast(({ modelId }) => modelId !== current)?.modelId;
    const kept = new Set([
      ...protectedIds,
      ...(current ? [current] : []),
      ...(before ? [before] : []),
      ...all.slice(-keep).map(({ modelId }) => modelId),
    ]);
    const removed = all.map(({ modelId }) => modelId).filter((modelId) => !kept.has(modelId));
    for (const modelId of removed) await rm(join(this.folder, modelId), { recursive: true, force: true });
    return removed;
  }

  async #pointer(): Promise<Pointer> {
    const path = join(this.folder, POINTER);
    const text = await readFile(path, 'utf8').catch(undefinedWhereMissing);
    if (text === undefined) return { history: [] };
    try {
      return pointerSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new ModelError('registry.pointer_damaged', `${path} cannot be read`, {
        hint: 'Delete it and promote a model with `ets models promote`.',
        cause,
      });
    }
  }

  #point(history: Pointer['history']): Promise<void> {
    return writeAtomically(join(this.folder, POINTER), `${JSON.stringify({ history }, null, 2)}\n`);
  }
}

function parseManifest(modelId: string, text: string): ModelManifest {
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
  if (!parsed.success)
    throw new ModelError('registry.manifest_damaged', `the manifest of model ${modelId} is not as expected`, {
      hint,
      cause: parsed.error,
    });
  return parsed.data;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isMissing = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT' || error.code === 'ENOTDIR';
function undefinedWhereMissing(error: NodeJS.ErrnoException): undefined {
  if (!isMissing(error)) throw error;
}
function emptyWhereMissing(error: NodeJS.ErrnoException): [] {
  if (!isMissing(error)) throw error;
  return [];
}

/** Written beside, flushed, renamed: a reader sees the old or the new content. */
async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

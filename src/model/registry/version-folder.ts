import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandonedWrites, writeAtomically } from '../persistence/write-atomically.ts';
import { isAbandonedMark, withWriteMark } from '../persistence/write-mark.ts';
import type { ModelManifest } from './manifest.ts';
import { modelCard } from './model-card.ts';

const ARTIFACT = 'artifact.bin';
const MANIFEST = 'manifest.json';
const CARD = 'MODEL.md';
/** A version that is being written, with its mark. */
const STAGED = /^\.saving-(.+)$/;
const VERSION = /^m\d{8}-/;
/** What a version may be called: never a path that leads elsewhere. */
const NAME = /^\w[\w-]*$/;

/** Text of a manifest; nothing where there is no such version. */
export async function readManifest(folder: string, modelId: string): Promise<string | undefined> {
  if (!NAME.test(modelId)) return undefined;
  return readFile(join(folder, modelId, MANIFEST), 'utf8').catch(undefinedWhereMissing);
}

/** Bytes of a version; nothing where they are missing. */
export async function readArtifact(folder: string, modelId: string): Promise<Uint8Array | undefined> {
  if (!NAME.test(modelId)) return undefined;
  return readFile(join(folder, modelId, ARTIFACT)).catch(undefinedWhereMissing);
}

/** Names of the folders that hold a manifest, ascending. */
export async function versionIds(folder: string): Promise<string[]> {
  return (await foldersOf(folder)).filter((name) => VERSION.test(name) && hasManifest(folder, name)).sort();
}

/**
 * Writes a version whole: beside its place, flushed, then renamed, so that it is there with everything or not at all.
 * @param replaces whether what stands in its place is damaged, and goes
 * @throws NodeJS.ErrnoException, of which `isPlaceTaken`, where something else stands there
 */
export async function writeVersion(
  folder: string,
  manifest: ModelManifest,
  artifact: Uint8Array,
  { replaces = false } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const target = join(folder, manifest.modelId);
  await withWriteMark(async (mark) => {
    const staged = join(folder, `.saving-${mark}`);
    try {
      await mkdir(staged);
      await writeAtomically(join(staged, ARTIFACT), artifact);
      await writeAtomically(join(staged, CARD), modelCard(manifest));
      await writeAtomically(join(staged, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
      if (replaces) await rm(target, { recursive: true, force: true });
      await rename(staged, target);
    } catch (error) {
      await rm(staged, { recursive: true, force: true });
      throw error;
    }
  });
  await flushNames(folder);
  return target;
}

/** Whether a version was not written because something stands in its place; an empty folder there is not in the way. */
export const isPlaceTaken = (error: unknown): boolean =>
  ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code));

/** Removes what saves that were killed have left: folders without a manifest, and what processes that are gone were writing. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await foldersOf(folder)) {
    const mark = STAGED.exec(name)?.[1];
    const isLeft = mark === undefined ? VERSION.test(name) && !hasManifest(folder, name) : isAbandonedMark(mark);
    if (isLeft) await rm(join(folder, name), { recursive: true, force: true });
  }
  await removeAbandonedWrites(folder);
}

const hasManifest = (folder: string, name: string): boolean => existsSync(join(folder, name, MANIFEST));

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (!isMissing(error)) throw error;
    return [];
  });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function flushNames(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const isMissing = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOENT' || error.code === 'ENOTDIR';
function undefinedWhereMissing(error: NodeJS.ErrnoException): undefined {
  if (!isMissing(error)) throw error;
}

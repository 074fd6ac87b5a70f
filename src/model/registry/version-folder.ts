import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../persistence/write-atomically.ts';
import type { ModelManifest } from './manifest.ts';
import { modelCard } from './model-card.ts';

const ARTIFACT = 'artifact.bin';
const MANIFEST = 'manifest.json';
const CARD = 'MODEL.md';
/** A version that is being written: of which process, and a name of its own. */
const STAGED = /^\.saving-(\d+)-[\w-]+$/;
const VERSION = /^m\d{8}-/;
/** What a version may be called: never a path that leads elsewhere. */
const NAME = /^\w[\w-]*$/;

/** What this process is writing: its own process id may also be that of one that was killed earlier. */
const underWay = new Set<string>();

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
 * @throws NodeJS.ErrnoException `EEXIST` or `ENOTEMPTY` where something else stands there
 */
export async function writeVersion(
  folder: string,
  manifest: ModelManifest,
  artifact: Uint8Array,
  { replaces = false } = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = `.saving-${process.pid}-${randomUUID()}`;
  const staged = join(folder, name);
  const target = join(folder, manifest.modelId);
  underWay.add(name);
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
  } finally {
    underWay.delete(name);
  }
  await flushNames(folder);
  return target;
}

/** Removes what saves that were killed have left: folders without a manifest, and staged ones of processes that are gone. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await foldersOf(folder)) {
    const pid = STAGED.exec(name)?.[1];
    const isLeft = pid === undefined ? VERSION.test(name) && !hasManifest(folder, name) : !isWriting(name, Number(pid));
    if (isLeft) await rm(join(folder, name), { recursive: true, force: true });
  }
}

const hasManifest = (folder: string, name: string): boolean => existsSync(join(folder, name, MANIFEST));

function isWriting(name: string, pid: number): boolean {
  if (pid === process.pid) return underWay.has(name);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

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

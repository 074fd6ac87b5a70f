import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, DataError, toIsoDay } from '../domain/index.ts';
import { writeFileAtomic } from './atomic-file.ts';
import { fileErrorCode, writeFailure } from './storage-failure.ts';

const worldSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('real') }),
  z.object({ kind: z.literal('sandbox'), seed: z.number(), startMs: z.number() }),
]);

/** Whose time and prices a data directory holds. Rows of two worlds never meet in one directory. */
export type World = z.infer<typeof worldSchema>;

const nameWorld = (world: World): string =>
  world.kind === 'real' ? 'the real world' : `a sandbox (seed ${world.seed}, start ${toIsoDay(world.startMs)})`;

const isSameWorld = (a: World, b: World): boolean =>
  a.kind === 'real' ? b.kind === 'real' : b.kind === 'sandbox' && a.seed === b.seed && a.startMs === b.startMs;

/** The world of a data directory, `undefined` where nothing was stored yet. @throws DataError `storage.world_damaged` */
export async function readWorld(dataDir: string): Promise<World | undefined> {
  const path = join(dataDir, 'world.json');
  try {
    return worldSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (fileErrorCode(cause) === 'ENOENT') return undefined;
    throw new DataError('storage.world_damaged', `${path} cannot be read`, {
      hint: 'It holds {"kind":"real"} in a directory of real data: restore it from a backup, or write it again.',
      cause,
    });
  }
}

/** @throws ConfigError `storage.other_world` */
export async function checkWorld(dataDir: string, world: World): Promise<World | undefined> {
  const stored = await readWorld(dataDir);
  if (stored && !isSameWorld(stored, world)) {
    throw new ConfigError('storage.other_world', `${dataDir} holds data of ${nameWorld(stored)}, not of ${nameWorld(world)}`, {
      hint: 'Name another --data-dir.',
      details: { dataDir, stored, wanted: world },
    });
  }
  return stored;
}

const DIRECTORIES = ['raw', 'processed', 'external', 'models', 'trades', 'backups'];

/** Makes the directories of a data directory and writes down its world, once. */
export async function prepareDataDirectory(dataDir: string, world: World): Promise<void> {
  if (await checkWorld(dataDir, world)) return;
  try {
    for (const name of DIRECTORIES) await mkdir(join(dataDir, name), { recursive: true });
  } catch (error) {
    throw writeFailure(error, dataDir);
  }
  await writeFileAtomic(join(dataDir, 'world.json'), `${JSON.stringify(world)}\n`);
}

/** @throws ConfigError `storage.not_a_directory` */
export async function checkDataDirectory(dataDir: string): Promise<void> {
  const info = await stat(dataDir).catch((error: unknown) => {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw writeFailure(error, dataDir);
  });
  if (info && !info.isDirectory()) throw writeFailure(Object.assign(new Error('not a directory'), { code: 'ENOTDIR' }), dataDir);
}

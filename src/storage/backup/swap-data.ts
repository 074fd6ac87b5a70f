import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError, type Timer } from '../../domain/index.ts';
import { writeFileAtomic } from '../atomic-file.ts';
import { acquireCommitLock } from '../commit-lock.ts';
import { isLeftOut, SCRATCH } from './data-files.ts';

const planSchema = z.object({ outgoing: z.array(z.string()), incoming: z.array(z.string()) });

const placesOf = (dataDir: string) => ({
  staged: join(dataDir, SCRATCH, 'restore/new'),
  before: join(dataDir, SCRATCH, 'restore/before'),
  plan: join(dataDir, SCRATCH, 'restore/plan.json'),
  all: join(dataDir, SCRATCH, 'restore'),
});

/** An empty folder in the data directory in which a restore is made and looked at before anything is replaced. */
export async function openStaging(dataDir: string): Promise<string> {
  const { staged, all } = placesOf(dataDir);
  await rm(all, { recursive: true, force: true });
  await mkdir(staged, { recursive: true });
  return staged;
}

/** Throws away what was staged and not swapped in. */
export const dropStaging = (dataDir: string): Promise<void> => rm(placesOf(dataDir).all, { recursive: true, force: true });

/**
 * Puts what is staged in the place of everything that a backup holds. What was there stays below `.scratch/restore/before`
 * until all is done. From the moment at which the plan is on disk a crash leads to the new state: `finishSwap` goes on.
 */
export async function swapIn(dataDir: string): Promise<void> {
  const { staged, plan } = placesOf(dataDir);
  const outgoing = (await readdir(dataDir)).filter((name) => !isLeftOut(name));
  const incoming = (await readdir(staged)).filter((name) => !isLeftOut(name));
  await writeFileAtomic(plan, `${JSON.stringify({ outgoing, incoming })}\n`);
  await carryOut(dataDir);
}

/**
 * Ends a swap that a crash interrupted; does nothing where there is none. While another process swaps, it waits.
 * @throws DataError `backup.plan_damaged`, `storage.busy`
 */
export async function finishSwap(dataDir: string, timer: Timer): Promise<boolean> {
  if (!existsSync(placesOf(dataDir).plan)) return false;
  const release = await backupLock(dataDir, timer);
  try {
    if (!existsSync(placesOf(dataDir).plan)) return false;
    await carryOut(dataDir);
    return true;
  } finally {
    await release();
  }
}

/** One backup, check of one, or restore at a time. @throws DataError `storage.busy` */
export const backupLock = (dataDir: string, timer: Timer): Promise<() => Promise<void>> =>
  acquireCommitLock(join(dataDir, '.backup-lock'), { timer });

/** Every step can be repeated: a name that was moved is not where it was. */
async function carryOut(dataDir: string): Promise<void> {
  const { staged, before, plan, all } = placesOf(dataDir);
  const { outgoing, incoming } = await readPlan(plan);
  await mkdir(before, { recursive: true });
  for (const name of outgoing) {
    if (!existsSync(join(before, name)) && existsSync(join(dataDir, name))) await rename(join(dataDir, name), join(before, name));
  }
  for (const name of incoming) {
    if (existsSync(join(staged, name))) await rename(join(staged, name), join(dataDir, name));
  }
  await rm(plan, { force: true });
  await rm(all, { recursive: true, force: true });
}

async function readPlan(path: string): Promise<z.infer<typeof planSchema>> {
  try {
    return planSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new DataError('backup.plan_damaged', `${path} cannot be read`, {
      hint: 'What was there before is beside it, in `before`; restore into an empty folder with --to.',
      cause,
    });
  }
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, ConfigError, DataError, type TimeMs } from '../domain/index.ts';
import {
  acquireCommitLock,
  type BackupManifest,
  type BackupPlace,
  BackupStore,
  backupLock,
  copyBackups,
  DataManager,
  dropStaging,
  folderPlace,
  isEmptyFolder,
  openStaging,
  SCRATCH,
  s3Place,
  swapIn,
} from '../storage/index.ts';
import { foldJournal, readJournal } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { readProof, writeProof } from './backup-proof.ts';
import { acquireRunLock } from './daemon/run-lock.ts';

/** A backup as the command line shows it. */
export interface BackupSummary {
  readonly backupId: string;
  readonly createdMs: TimeMs;
  readonly files: number;
  readonly bytes: number;
  readonly encrypted: boolean;
}

const storeOf = ({ dataDir, clock, env }: AppParts): BackupStore =>
  new BackupStore(dataDir, clock, env.ETS_BACKUP_KEY || undefined);

const summaryOf = ({ backupId, createdMs, encrypted, files }: BackupManifest): BackupSummary => ({
  backupId,
  createdMs,
  files: files.length,
  bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  encrypted,
});

/** What became of a copy of the backups to another place. */
export interface BackupCopy {
  readonly place: string;
  readonly files: number;
  readonly error: string | null;
}

/** Places that backups are copied to. @throws ConfigError `backup.bucket_keys_missing` */
export async function backupPlaces({ config, env }: Pick<AppParts, 'config' | 'env'>): Promise<BackupPlace[]> {
  const { copyDir, s3 } = config.backup;
  const places = copyDir === undefined ? [] : [folderPlace(copyDir)];
  if (s3.bucket === undefined) return places;
  const { ETS_S3_ACCESS_KEY_ID: accessKeyId, ETS_S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new ConfigError('backup.bucket_keys_missing', `there are no keys for the bucket ${s3.bucket}`, {
      hint: 'Set ETS_S3_ACCESS_KEY_ID and ETS_S3_SECRET_ACCESS_KEY, or remove backup.s3.bucket.',
    });
  }
  return [...places, await s3Place({ ...s3, bucket: s3.bucket, accessKeyId, secretAccessKey })];
}

/** Copies every backup to every other place. A place that fails does not keep it from the others. */
async function copyAll(parts: AppParts, signal?: AbortSignal): Promise<BackupCopy[]> {
  const own = folderPlace(join(parts.dataDir, PATHS.backups));
  const copies: BackupCopy[] = [];
  for (const place of await backupPlaces(parts)) {
    try {
      copies.push({ place: place.name, files: await copyBackups(own, place, signal), error: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      copies.push({ place: place.name, files: 0, error: error.message });
    }
  }
  return copies;
}

/** Brings back what the other places have and this data directory does not. @throws ConfigError `backup.no_place` */
export async function fetchBackups(parts: AppParts) {
  const places = await backupPlaces(parts);
  if (places.length === 0) {
    throw new ConfigError('backup.no_place', 'no other place of backups is configured', {
      hint: 'Set backup.copyDir or backup.s3.bucket.',
    });
  }
  const own = folderPlace(join(parts.dataDir, PATHS.backups));
  const fetched: { readonly place: string; readonly files: number }[] = [];
  for (const place of places) fetched.push({ place: place.name, files: await copyBackups(place, own, parts.signal) });
  return { fetched, backups: await listBackups(parts) };
}

/**
 * Makes a backup as the data is between two commits of tables, restores it into the scratch folder of the data directory
 * and looks at it there, and copies it to every other place. Tables wait only while their files are named a second time.
 * @param signal ends it; a backup that was not finished is none
 */
export const createBackup = (parts: AppParts, signal: AbortSignal | undefined = parts.signal) =>
  alone(parts, async () => {
    const manifest = await storeOf(parts).create(signal, async (act) => {
      const release = await acquireCommitLock(join(parts.dataDir, '.lock'), { timer: parts.timer });
      try {
        return await act();
      } finally {
        await release();
      }
    });
    const verified = await verifyAlone(parts, manifest.backupId, signal);
    const copies = await copyAll(parts, signal);
    await writeProof(parts, { ...proofOf(verified), missingAt: missingAt(copies) });
    return { ...summaryOf(manifest), ...verified, copies };
  });

/** Nothing else makes, checks, restores or removes backups meanwhile. @throws DataError `storage.busy` */
async function alone<T>({ dataDir, timer }: AppParts, act: () => Promise<T>): Promise<T> {
  const release = await backupLock(dataDir, timer);
  try {
    return await act();
  } finally {
    await release();
  }
}

export const listBackups = async (parts: AppParts): Promise<BackupSummary[]> => (await storeOf(parts).list()).map(summaryOf);

/** When the newest backup was made, by its name alone: cheap enough to be asked at every scrape. */
export const newestBackupMs = async (parts: AppParts): Promise<TimeMs | undefined> =>
  (await storeOf(parts).ids()).at(-1)?.createdMs;

/** The newest backup; the others are not read. */
export async function newestBackup(parts: AppParts): Promise<BackupSummary | undefined> {
  const store = storeOf(parts);
  const newest = (await store.ids()).at(-1);
  return newest && summaryOf(await store.manifest(newest.backupId));
}

/** Compares every byte with its hash, then opens the restored tables and journal. @throws DataError `backup.unknown` */
export const verifyBackup = (parts: AppParts, backupId: string) =>
  alone(parts, async () => {
    const verified = await verifyAlone(parts, backupId, parts.signal);
    const [newest, before] = [(await storeOf(parts).ids()).at(-1), await readProof(parts)];
    if (newest?.backupId === backupId) {
      const known = before?.backupId === backupId ? before.missingAt : [];
      await writeProof(parts, { ...proofOf(verified), missingAt: known });
    }
    return verified;
  });

interface Verified {
  readonly backupId: string;
  readonly problems: readonly { readonly message: string }[];
}

const proofOf = ({ backupId, problems }: Verified) => ({ backupId, problem: problems[0]?.message ?? null });

const missingAt = (copies: readonly BackupCopy[]) =>
  copies.flatMap(({ place, error }) => (error === null ? [] : [{ place, error }]));

async function verifyAlone(parts: AppParts, backupId: string, signal: AbortSignal | undefined) {
  const store = storeOf(parts);
  const manifest = await store.manifest(backupId);
  const problems = await store.verify(manifest, signal);
  if (problems.length === 0) problems.push(...(await tryRestored(parts, store, manifest, signal)));
  return { backupId, verified: problems.length === 0, problems };
}

/** On the disk of the data itself: what temporary folders lie on may be smaller than the data. */
async function tryRestored(parts: AppParts, store: BackupStore, manifest: BackupManifest, signal: AbortSignal | undefined) {
  const folder = join(parts.dataDir, SCRATCH, 'verify');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await store.restore(manifest, folder, signal);
    return await lookAt(parts, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is wrong with the tables of a restored folder. @throws InvariantError, DataError where its journal cannot be read */
async function lookAt(parts: AppParts, folder: string) {
  const tables = await DataManager.open(folder, { clock: parts.clock, timer: parts.timer, world: parts.world });
  try {
    const { problems } = await tables.verify();
    await foldJournal((await readJournal(join(folder, PATHS.journal))).entries);
    return problems.map(({ message }) => ({ path: folder, message }));
  } finally {
    await tables.close();
  }
}

/**
 * Writes a backup into an empty folder, or in the place of the data directory where no daemon runs on it: staged, looked
 * at, then swapped in, so that nothing is left of what was there and a crash leaves the old state or leads to the new one.
 * @throws ConfigError `run.already_running`, `backup.target_not_empty`; DataError `backup.*`
 */
export async function restoreBackup(parts: AppParts, backupId: string, target: string | undefined, isForced: boolean) {
  const store = storeOf(parts);
  const manifest = await store.manifest(backupId);
  if (target !== undefined) {
    if (!(await isEmptyFolder(target))) throw notEmpty(target);
    await store.restore(manifest, target, parts.signal);
    return { ...summaryOf(manifest), target };
  }
  const release = await acquireRunLock(parts);
  try {
    if (!isForced) throw notEmpty(parts.dataDir);
    await alone(parts, () => replaceData(parts, store, manifest));
    return { ...summaryOf(manifest), target: parts.dataDir };
  } finally {
    await release();
  }
}

async function replaceData(parts: AppParts, store: BackupStore, manifest: BackupManifest): Promise<void> {
  const { dataDir, timer, signal } = parts;
  try {
    const staged = await openStaging(dataDir);
    await store.restore(manifest, staged, signal);
    const [problem] = await lookAt(parts, staged);
    if (problem)
      throw new DataError('backup.not_restorable', `the restored data is damaged: ${problem.message}`, {
        hint: 'Nothing was changed. Use another backup.',
      });
  } catch (error) {
    await dropStaging(dataDir);
    throw error;
  }
  const release = await acquireCommitLock(join(dataDir, '.lock'), { timer });
  try {
    await swapIn(dataDir);
  } finally {
    await release();
  }
}

export const pruneBackups = (parts: AppParts, keep: number): Promise<string[]> => alone(parts, () => storeOf(parts).prune(keep));

const notEmpty = (folder: string): ConfigError =>
  new ConfigError('backup.target_not_empty', `${folder} holds files that a restore would replace`, {
    hint: 'Name an empty folder with --to, or say --force.',
  });

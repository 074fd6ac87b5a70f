import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, ConfigError, type TimeMs } from '../domain/index.ts';
import {
  acquireCommitLock,
  type BackupManifest,
  type BackupPlace,
  BackupStore,
  copyBackups,
  DataManager,
  folderPlace,
  isEmptyFolder,
  s3Place,
} from '../storage/index.ts';
import { foldJournal, readJournal } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
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
async function copyAll(parts: AppParts): Promise<BackupCopy[]> {
  const own = folderPlace(join(parts.dataDir, PATHS.backups));
  const copies: BackupCopy[] = [];
  for (const place of await backupPlaces(parts)) {
    try {
      copies.push({ place: place.name, files: await copyBackups(own, place), error: null });
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
  for (const place of places) fetched.push({ place: place.name, files: await copyBackups(place, own) });
  return { fetched, backups: await listBackups(parts) };
}

/**
 * Makes a backup between two commits of tables, restores it into a temporary place and looks at it there, and copies it to
 * every other place.
 */
export async function createBackup(parts: AppParts) {
  const release = await acquireCommitLock(join(parts.dataDir, '.lock'), { timer: parts.timer });
  let manifest: BackupManifest;
  try {
    manifest = await storeOf(parts).create();
  } finally {
    await release();
  }
  const verified = await verifyBackup(parts, manifest.backupId);
  return { ...summaryOf(manifest), ...verified, copies: await copyAll(parts) };
}

export const listBackups = async (parts: AppParts): Promise<BackupSummary[]> => (await storeOf(parts).list()).map(summaryOf);

/** Compares every byte with its hash, then opens the restored tables and journal. @throws DataError `backup.unknown` */
export async function verifyBackup(parts: AppParts, backupId: string) {
  const store = storeOf(parts);
  const manifest = await store.manifest(backupId);
  const problems = await store.verify(manifest);
  if (problems.length === 0) problems.push(...(await tryRestored(parts, store, manifest)));
  return { backupId, verified: problems.length === 0, problems };
}

async function tryRestored(parts: AppParts, store: BackupStore, manifest: BackupManifest) {
  const folder = await mkdtemp(join(tmpdir(), 'ets-restore-'));
  try {
    await store.restore(manifest, folder);
    const tables = await DataManager.open(folder, { clock: parts.clock, timer: parts.timer, world: parts.world });
    try {
      const { problems } = await tables.verify();
      await foldJournal((await readJournal(join(folder, PATHS.journal))).entries);
      return problems.map(({ message }) => ({ path: folder, message }));
    } finally {
      await tables.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes a backup into an empty folder, or over the data directory where no daemon runs on it.
 * @throws ConfigError `run.already_running`, `backup.target_not_empty`; DataError `backup.*`
 */
export async function restoreBackup(parts: AppParts, backupId: string, target: string | undefined, isForced: boolean) {
  const store = storeOf(parts);
  const manifest = await store.manifest(backupId);
  if (target !== undefined) {
    if (!(await isEmptyFolder(target))) throw notEmpty(target);
    await store.restore(manifest, target);
    return { ...summaryOf(manifest), target };
  }
  const release = await acquireRunLock(parts);
  try {
    if (!isForced) throw notEmpty(parts.dataDir);
    await store.restore(manifest, parts.dataDir);
    return { ...summaryOf(manifest), target: parts.dataDir };
  } finally {
    await release();
  }
}

export const pruneBackups = (parts: AppParts, keep: number): Promise<string[]> => storeOf(parts).prune(keep);

const notEmpty = (folder: string): ConfigError =>
  new ConfigError('backup.target_not_empty', `${folder} holds files that a restore would replace`, {
    hint: 'Name an empty folder with --to, or say --force.',
  });

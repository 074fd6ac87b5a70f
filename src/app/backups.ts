import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type TimeMs } from '../domain/index.ts';
import { acquireCommitLock, type BackupManifest, BackupStore, DataManager, isEmptyFolder } from '../storage/index.ts';
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

/** Makes a backup between two commits of tables, restores it into a temporary place and looks at it there. */
export async function createBackup(parts: AppParts) {
  const release = await acquireCommitLock(join(parts.dataDir, '.lock'), { timer: parts.timer });
  let manifest: BackupManifest;
  try {
    manifest = await storeOf(parts).create();
  } finally {
    await release();
  }
  return { ...summaryOf(manifest), ...(await verifyBackup(parts, manifest.backupId)) };
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

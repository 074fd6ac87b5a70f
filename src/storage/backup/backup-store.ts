import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { type Clock, ConfigError, DataError, type TimeMs } from '../../domain/index.ts';
import { writeFileAtomic } from '../atomic-file.ts';
import { Sealer } from '../sealer.ts';
import { SCRATCH } from './data-files.ts';
import { snapshot } from './snapshot.ts';

const fileSchema = z.object({ path: z.string(), bytes: z.int(), sha256: z.string() });
const manifestSchema = z.object({
  backupId: z.string(),
  createdMs: z.int(),
  encrypted: z.boolean(),
  files: z.array(fileSchema),
});

/** One backup: which files it holds, by the hash of their content. */
export type BackupManifest = z.infer<typeof manifestSchema>;

export interface BackupProblem {
  readonly path: string;
  readonly message: string;
}

const OBJECTS = 'objects';
/** `20240101T043000000Z-0123abcd.json`: the time of a backup and the beginning of a hash of its files. */
const NAMED = /^(\d{8})T(\d\d)(\d\d)(\d\d)(\d{3})Z-[0-9a-f]{8}\.json$/;

/**
 * Backups of a data directory in a folder: objects named after the hash of their content, so that what did not change is
 * kept once, and a manifest for each backup.
 */
export class BackupStore {
  readonly #dataDir: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #sealer: Sealer | undefined;

  /** @param passphrase encrypts what is kept; without one files are kept as they are */
  constructor(dataDir: string, clock: Clock, passphrase?: string, folder = join(dataDir, 'backups')) {
    this.#dataDir = dataDir;
    this.#folder = folder;
    this.#clock = clock;
    this.#sealer = passphrase === undefined ? undefined : new Sealer(passphrase);
  }

  /**
   * Copies what is new of a data directory as it was at one moment.
   * @param freeze called once, while everything is named a second time: keep writers of tables out for as long as it runs
   */
  async create(signal?: AbortSignal, freeze: <T>(act: () => Promise<T>) => Promise<T> = (act) => act()) {
    const frozen = join(this.#dataDir, SCRATCH, 'snapshot');
    await rm(frozen, { recursive: true, force: true });
    try {
      const paths = await freeze(() => snapshot(this.#dataDir, frozen, signal));
      return await this.#copy(frozen, paths, signal);
    } finally {
      await rm(frozen, { recursive: true, force: true });
    }
  }

  async #copy(from: string, paths: readonly string[], signal?: AbortSignal): Promise<BackupManifest> {
    const files: BackupManifest['files'] = [];
    for (const path of paths) {
      signal?.throwIfAborted();
      const content = await readFile(join(from, path));
      const sha256 = hashOf(content);
      await this.#keep(sha256, content);
      files.push({ path, bytes: content.length, sha256 });
    }
    const createdMs = this.#clock.nowMs();
    const backupId = `${new Date(createdMs).toISOString().replace(/[-:.]/g, '')}-${hashOf(JSON.stringify(files)).slice(0, 8)}`;
    const manifest = { backupId, createdMs, encrypted: this.#sealer !== undefined, files };
    await writeFileAtomic(this.#manifestPath(backupId), `${JSON.stringify(manifest)}\n`);
    return manifest;
  }

  /** Every backup by its name, which tells when it was made; oldest first. No manifest is read. */
  async ids(): Promise<{ readonly backupId: string; readonly createdMs: TimeMs }[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    const found = names.flatMap((name) => {
      const [, date, hours, minutes, seconds, ms] = NAMED.exec(name) ?? [];
      const createdMs = Date.parse(`${date?.replace(/(....)(..)(..)/, '$1-$2-$3')}T${hours}:${minutes}:${seconds}.${ms}Z`);
      return Number.isNaN(createdMs) ? [] : [{ backupId: name.slice(0, -'.json'.length), createdMs }];
    });
    return found.sort((a, b) => a.createdMs - b.createdMs);
  }

  /** Oldest first. */
  async list(): Promise<BackupManifest[]> {
    const manifests: BackupManifest[] = [];
    for (const { backupId } of await this.ids()) manifests.push(await this.manifest(backupId));
    return manifests.sort((a, b) => a.createdMs - b.createdMs);
  }

  /** @throws DataError `backup.unknown`, `backup.manifest_damaged` */
  async manifest(backupId: string): Promise<BackupManifest> {
    const path = this.#manifestPath(backupId);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw new DataError('backup.unknown', `there is no backup ${backupId}`, { hint: 'See `ets backup list`.', cause });
    });
    try {
      return manifestSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new DataError('backup.manifest_damaged', `${path} cannot be read`, { hint: 'Use another backup.', cause });
    }
  }

  /** Reads every file of a backup and compares it with its hash. */
  async verify({ files, encrypted }: BackupManifest, signal?: AbortSignal): Promise<BackupProblem[]> {
    const problems: BackupProblem[] = [];
    for (const file of files) {
      signal?.throwIfAborted();
      try {
        await this.#content(file, encrypted);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.push({ path: file.path, message: error.message });
      }
    }
    return problems;
  }

  /**
   * Writes the files of a backup below `target`.
   * @throws DataError `backup.object_damaged`, `sealed.cannot_open`; ConfigError `backup.key_missing`
   */
  async restore({ files, encrypted }: BackupManifest, target: string, signal?: AbortSignal): Promise<void> {
    for (const file of files) {
      signal?.throwIfAborted();
      const path = join(target, file.path);
      if (relative(target, path).startsWith('..'))
        throw new DataError('backup.manifest_damaged', `${file.path} would be written outside of ${target}`);
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomic(path, await this.#content(file, encrypted));
    }
  }

  /** Removes all but the newest `keep` backups, and objects that no backup needs any more. @returns ids that are gone */
  async prune(keep: number): Promise<string[]> {
    const all = await this.list();
    const old = all.slice(0, Math.max(0, all.length - keep));
    for (const { backupId } of old) await rm(this.#manifestPath(backupId), { force: true });
    const needed = new Set(
      all.slice(old.length).flatMap(({ files, encrypted }) => files.map(({ sha256 }) => objectName(sha256, encrypted))),
    );
    const objects = join(this.#folder, OBJECTS);
    for (const name of await readdir(objects).catch(() => [] as string[]))
      if (!needed.has(name)) await rm(join(objects, name), { force: true });
    return old.map(({ backupId }) => backupId);
  }

  async #keep(sha256: string, content: Buffer): Promise<void> {
    const path = join(this.#folder, OBJECTS, objectName(sha256, this.#sealer !== undefined));
    const isKept = await stat(path).then(
      () => true,
      () => false,
    );
    if (isKept) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, this.#sealer?.seal(content) ?? content);
  }

  async #content({ path, sha256 }: BackupManifest['files'][number], isEncrypted: boolean): Promise<Buffer> {
    const kept = await readFile(join(this.#folder, OBJECTS, objectName(sha256, isEncrypted))).catch((cause: unknown) => {
      throw new DataError('backup.object_damaged', `the copy of ${path} is missing`, { hint: 'Use another backup.', cause });
    });
    const content = isEncrypted ? this.#unseal(kept) : kept;
    if (hashOf(content) === sha256) return content;
    throw new DataError('backup.object_damaged', `the copy of ${path} is damaged`, { hint: 'Use another backup.' });
  }

  #unseal(kept: Buffer): Buffer {
    if (this.#sealer) return this.#sealer.unseal(kept);
    throw new ConfigError('backup.key_missing', 'this backup is encrypted', {
      hint: 'Set ETS_BACKUP_KEY to the key it was made with.',
    });
  }

  #manifestPath(backupId: string): string {
    if (!/^[\w-]+$/.test(backupId))
      throw new DataError('backup.unknown', `there is no backup ${backupId}`, { hint: 'See `ets backup list`.' });
    return join(this.#folder, `${backupId}.json`);
  }
}

/** Encrypted content is another object: a key that is set later must not leave older, plain content in its place. */
const objectName = (sha256: string, isEncrypted: boolean): string => (isEncrypted ? `${sha256}.sealed` : sha256);

const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Whether a folder has anything in it. */
export async function isEmptyFolder(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [] as string[])).length === 0;
}

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, type TimeMs } from '../domain/index.ts';
import { fileErrorCode, writeFailure } from './storage-failure.ts';

/** How files are called that are being written, of whatever module: hidden, with an id of their own. */
const BEING_WRITTEN = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Nobody who still writes a file leaves it alone for so long. */
const ABANDONED_AFTER_MS = DAY_MS;

/**
 * Removes, in a folder and all below it, files that writers which were killed have left behind: named as one that is being
 * written, and unchanged for a day. Another process, or one of another container, may be writing there meanwhile.
 * @param nowMs by the clock of the file system, as that of a file changed just now: the host's may be another
 * @returns how many went
 * @throws DataError `storage.write_failed`; ConfigError `storage.not_writable`
 */
export async function removeAbandonedFiles(folder: string, nowMs: TimeMs): Promise<number> {
  let removed = 0;
  try {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(nothingWhereGone)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) removed += await removeAbandonedFiles(path, nowMs);
      else if (entry.isFile() && BEING_WRITTEN.test(entry.name) && (await isAbandoned(path, nowMs))) {
        await rm(path, { force: true });
        removed += 1;
      }
    }
  } catch (error) {
    throw writeFailure(error, folder);
  }
  return removed;
}

/** A file that is gone was finished by its writer, or given up. */
async function isAbandoned(path: string, nowMs: TimeMs): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch((error: unknown) => {
    if (fileErrorCode(error) !== 'ENOENT') throw error;
    return { mtimeMs: nowMs };
  });
  return nowMs - mtimeMs > ABANDONED_AFTER_MS;
}

function nothingWhereGone(error: unknown): [] {
  if (fileErrorCode(error) !== 'ENOENT') throw error;
  return [];
}

import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileErrorCode } from '../storage-failure.ts';
import { listDataFiles } from './data-files.ts';

/** What file systems say that know no hard links, or not between these two places. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EMLINK', 'ENOSYS']);

/**
 * Names every file of a data directory a second time below `target`, so that it stays as it is now however long it takes
 * to copy: files here are replaced, never changed in place, and those that only grow may grow. Files are copied only where
 * the file system has no hard links. The caller keeps writers of tables out meanwhile.
 * @returns paths, sorted
 */
export async function snapshot(dataDir: string, target: string, signal?: AbortSignal): Promise<string[]> {
  const taken: string[] = [];
  for (const path of await listDataFiles(dataDir)) {
    signal?.throwIfAborted();
    await mkdir(dirname(join(target, path)), { recursive: true });
    if (await linkOrCopy(join(dataDir, path), join(target, path))) taken.push(path);
  }
  return taken;
}

/** @returns false where the file has gone meanwhile */
async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch((error: unknown) => {
      if (!NO_LINKS.has(fileErrorCode(error) ?? '')) throw error;
      return copyFile(from, to);
    });
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileErrorCode, writeFailure } from './storage-failure.ts';

/** Flushes what a file holds to the disk. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes the names in a directory to the disk, so that a rename in it survives a power cut. */
const syncDirectory = syncFile;

/** A name beside `path` that nothing else uses; it begins with a dot and ends in `.tmp`. */
const temporaryPath = (path: string): string => join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);

/**
 * Puts what `write` makes at a temporary path in place of `path`: written, flushed, renamed, directory flushed. After a
 * crash at any point `path` holds either all of the old content or all of the new.
 * @throws DataError `storage.disk_full`, `storage.write_failed`; ConfigError `storage.not_writable`, `storage.not_a_directory`
 */
export const replaceAtomically = (path: string, write: (temporary: string) => Promise<void>): Promise<void> =>
  putInPlace(path, write, (temporary) => rename(temporary, path));

/** Writes text or bytes as `replaceAtomically` does. */
export const writeFileAtomic = (path: string, content: string | Uint8Array): Promise<void> =>
  replaceAtomically(path, (temporary) => writeNew(temporary, content));

/**
 * Writes a file that must not be there yet, whole or not at all: the finished file is given its name by a link, which fails
 * where the name is taken, be it by somebody who writes it at the same time. A file system without links has its name taken
 * by an empty file first, which is what a crash at that moment leaves.
 * @param hardLink gives an existing file a second name
 * @returns false where something stands there, which stays as it is
 * @throws as `replaceAtomically`
 */
export async function createFileAtomic(path: string, content: string | Uint8Array, hardLink = link): Promise<boolean> {
  let isCreated = true;
  const nameOnce = async (temporary: string): Promise<void> => {
    try {
      await hardLink(temporary, path).catch(async (error: unknown) => {
        if (!NO_LINKS.has(fileErrorCode(error))) throw error;
        await writeNew(path, '');
        await rename(temporary, path);
      });
    } catch (error) {
      if (fileErrorCode(error) !== 'EEXIST') throw error;
      isCreated = false;
    }
    await rm(temporary, { force: true });
  };
  await putInPlace(path, (temporary) => writeNew(temporary, content), nameOnce);
  return isCreated;
}

/** What file systems without hard links answer. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

async function putInPlace(
  path: string,
  write: (temporary: string) => Promise<void>,
  place: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(temporary);
    await syncFile(temporary);
    await place(temporary);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(error, path);
  }
}

async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

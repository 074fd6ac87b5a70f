import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFailure } from './storage-failure.ts';

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
export async function replaceAtomically(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(temporary);
    await syncFile(temporary);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailure(error, path);
  }
}

/** Writes text or bytes as `replaceAtomically` does. */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await replaceAtomically(path, async (temporary) => {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
  });
}

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Makes the names in a folder durable. File systems that cannot are left alone. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!isCode(error, 'EINVAL', 'EISDIR', 'EPERM')) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a file so that readers see the old content or the new one, whatever happens: temporary file, fsync, rename. */
export async function writeFileAtomically(path: string, content: string): Promise<void> {
  // Two who write the same file at once write two temporary ones.
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);

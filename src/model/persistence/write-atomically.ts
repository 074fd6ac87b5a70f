import { open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAbandonedMark, withWriteMark } from './write-mark.ts';

/** Name of a file while it is written: its own, then the mark. */
const TEMPORARY = /\.([^.]+)\.tmp$/;

/** Written beside, flushed, renamed, the folder flushed too: a reader, or a restart, sees the old or the new content. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await withWriteMark(async (mark) => {
    const temporary = `${path}.${mark}.tmp`;
    try {
      await flushed(temporary, 'wx', (handle) => handle.writeFile(content));
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
  await flushed(dirname(path), 'r', async () => undefined);
}

/** Removes from a folder what writes of `writeAtomically` have left that were killed. Nothing where there is no folder. */
export async function removeAbandonedWrites(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return [];
  });
  for (const name of names) {
    if (isAbandonedMark(TEMPORARY.exec(name)?.[1] ?? '')) await rm(join(folder, name), { force: true });
  }
}

async function flushed(
  path: string,
  flags: string,
  act: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await act(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

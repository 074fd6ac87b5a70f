import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Written beside, flushed, renamed, the folder flushed too: a reader, or a restart, sees the old or the new content. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await flushed(temporary, 'wx', (handle) => handle.writeFile(content));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushed(dirname(path), 'r', async () => undefined);
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

import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const FILE = new URL('../build.json', import.meta.url);
const schema = z.object({ commit: z.string().nullable() });

/** The commit that this program was built from; null where the build did not know, or nothing was built. */
export async function ownCommit(): Promise<string | null> {
  const text = await readFile(FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? null : schema.parse(JSON.parse(text)).commit;
}

/** The version in package.json. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

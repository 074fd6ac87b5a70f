import { readFile, rename, writeFile } from 'node:fs/promises';

/** Writes a model's bytes so that a reader sees the old file or the new one, never half of one. */
export async function writeModelFile(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.partial`;
  await writeFile(partial, bytes);
  await rename(partial, path);
}

export const readModelFile = async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(path));

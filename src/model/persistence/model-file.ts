import { readFile } from 'node:fs/promises';
import { writeAtomically } from './write-atomically.ts';

/** Writes a model's bytes, flushed, so that a reader or a restart sees the old file or the new one, never half of one. */
export const writeModelFile = (path: string, bytes: Uint8Array): Promise<void> => writeAtomically(path, bytes);

export const readModelFile = async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(path));

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WalkForwardCache } from '../model/index.ts';
import { writeFileAtomic } from '../storage/index.ts';

/** Walk-forward predictions as one small file a step, named by what they were made from. */
export class FileWalkForwardCache implements WalkForwardCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(key: string): Promise<Float64Array | undefined> {
    const bytes = await readFile(this.#path(key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!bytes || bytes.length === 0 || bytes.length % 24 !== 0) return undefined;
    return new Float64Array(new Uint8Array(bytes).buffer);
  }

  async set(key: string, values: Float64Array): Promise<void> {
    await writeFileAtomic(this.#path(key), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.f64`);
  }
}

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandonedWrites, type WalkForwardCache, writeAtomically } from '../model/index.ts';
import { writeFailure } from '../storage/index.ts';

/**
 * Walk-forward predictions as one small file a step, named by what they were made from. The first one that is written
 * removes what trainings that were killed have left.
 */
export class FileWalkForwardCache implements WalkForwardCache {
  readonly #folder: string;
  #ready: Promise<void> | undefined;

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

  /** @throws DataError `storage.disk_full`, `storage.write_failed`; ConfigError `storage.not_writable` */
  async set(key: string, values: Float64Array): Promise<void> {
    try {
      this.#ready ??= this.#prepare();
      await this.#ready;
      await writeAtomically(this.#path(key), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    } catch (error) {
      throw writeFailure(error, this.#path(key));
    }
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await removeAbandonedWrites(this.#folder);
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.f64`);
  }
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DATASET_NAMES, isBuiltInDataset } from '../domain/index.ts';
import type { Duck } from './duck.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { TableStore } from './table-store.ts';

export const QUARANTINE = 'quarantine';
export const VERDICTS = 'data_verdicts';
export const FEATURES = 'featured_data';
/** Tables that hold no dataset: what was refused, what validation said, and features. */
export const INTERNAL: readonly string[] = [QUARANTINE, VERDICTS, FEATURES];

const DATASET_FORM = /^[a-z][a-z0-9_]{0,62}$/;

/** @throws ConfigError `storage.dataset_name` */
export function checkDatasetName(name: string): void {
  if (DATASET_FORM.test(name) && !INTERNAL.includes(name)) return;
  throw new ConfigError('storage.dataset_name', `"${name}" cannot be the name of a dataset`, {
    hint: `Use lower-case letters, digits and _, beginning with a letter; ${INTERNAL.join(', ')} are taken.`,
  });
}

/** The tables of one data directory by name, and the folders that they lie in. */
export class Tables {
  readonly #dataDir: string;
  readonly #duck: Duck;
  readonly #opened = new Map<string, TableStore>();

  constructor(dataDir: string, duck: Duck) {
    this.#dataDir = dataDir;
    this.#duck = duck;
  }

  /** @throws ConfigError `storage.dataset_name` */
  of(name: string): TableStore {
    const known = this.#opened.get(name);
    if (known) return known;
    if (!INTERNAL.includes(name)) checkDatasetName(name);
    const parent = INTERNAL.includes(name) ? 'processed' : isBuiltInDataset(name) ? 'raw' : 'external';
    const table = new TableStore(name, join(this.#dataDir, parent, name), this.#duck);
    this.#opened.set(name, table);
    return table;
  }

  /** The built-in datasets and those that were added. */
  async datasets(): Promise<string[]> {
    const found = await readdir(join(this.#dataDir, 'external'), { withFileTypes: true }).catch(() => []);
    const own: string[] = [];
    for (const { name } of found.filter((one) => one.isDirectory() && DATASET_FORM.test(one.name))) {
      const files = await readdir(join(this.#dataDir, 'external', name)).catch(() => [] as string[]);
      if (files.includes(MANIFEST_FILE)) own.push(name);
    }
    return [...DATASET_NAMES, ...own.sort()];
  }
}

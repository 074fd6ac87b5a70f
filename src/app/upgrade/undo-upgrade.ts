import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppParts } from '../app-parts.ts';
import { acquireRunLock } from '../daemon/run-lock.ts';
import { DATA_LAYOUT, MIGRATIONS } from './migrations.ts';
import { beforeName, LAYOUT_FILE, readLayout, writeLayout } from './upgrade-data.ts';

/** What going back left a data directory with. */
export interface Undone {
  readonly layout: number;
  /** Files that have their former form and content again. */
  readonly restored: readonly string[];
}

/**
 * Gives the files that the last upgrade changed their former form and content, for the version before it: what this version
 * wrote into them since is gone from them, so it is for a version that never came to work. Tables, journal and models are not
 * among them. Doing it again changes nothing; killed in between, the rest is done the next time.
 * @throws DataError `data.newer_layout`, `data.layout_damaged`
 * @throws ConfigError `run.already_running`
 */
export async function undoUpgrade(parts: Pick<AppParts, 'dataDir' | 'timer'>, version: string): Promise<Undone> {
  const { dataDir } = parts;
  if ((await readLayout(dataDir)) < DATA_LAYOUT) return { layout: await readLayout(dataDir), restored: [] };
  const release = await acquireRunLock(parts);
  try {
    const restored = MIGRATIONS.filter(({ layout }) => layout === DATA_LAYOUT)
      .map(({ file }) => file)
      .filter((file) => existsSync(join(dataDir, beforeName(file))));
    for (const file of restored) await rename(join(dataDir, beforeName(file)), join(dataDir, file));
    // Before there were layouts there was no file that names one.
    if (DATA_LAYOUT === 1) await rm(join(dataDir, LAYOUT_FILE), { force: true });
    else await writeLayout(dataDir, version, DATA_LAYOUT - 1);
    return { layout: DATA_LAYOUT - 1, restored };
  } finally {
    await release();
  }
}

import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, DataError } from '../../domain/index.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { AppParts } from '../app-parts.ts';
import { acquireRunLock } from '../daemon/run-lock.ts';
import { DATA_LAYOUT, MIGRATIONS, type Migration } from './migrations.ts';

/** Says which form the data directory has, and which version gave it. */
export const LAYOUT_FILE = 'layout.json';
/** Where a file lies as it was before it was brought to this layout. */
export const beforeName = (file: string): string => `${file}.before-layout-${DATA_LAYOUT}`;

const layoutSchema = z.object({ layout: z.int().min(1), version: z.string() });

/** A file that was brought to a newer form; how it was before lies beside it. */
export interface MigratedFile {
  readonly file: string;
  readonly before: string;
}

export interface Upgrade {
  readonly layout: number;
  readonly migrated: readonly MigratedFile[];
}

/**
 * Refuses a data directory that a newer version has written to: this one would misread or lose what it does not know.
 * @returns the layout that is written down, 0 where none is
 * @throws DataError `data.newer_layout`, `data.layout_damaged`
 */
export async function readLayout(dataDir: string): Promise<number> {
  const path = join(dataDir, LAYOUT_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return 0;
  const found = layoutSchema.safeParse(jsonOf(text));
  if (!found.success) {
    throw new DataError('data.layout_damaged', `${path} cannot be read`, {
      hint: 'Restore it from a backup. It holds {"layout":1,"version":"0.1.0"}: number and version of the program that wrote here last.',
    });
  }
  const { layout, version } = found.data;
  if (layout > DATA_LAYOUT) {
    throw new DataError(
      'data.newer_layout',
      `${dataDir} was written by version ${version}, which is newer (layout ${layout}, known ${DATA_LAYOUT})`,
      {
        hint: 'Run the newer version again, or restore a backup from before the upgrade into another folder and use that.',
      },
    );
  }
  return layout;
}

/**
 * Brings the files of an older version to the form of this one, each written whole or not at all, and writes down that this
 * version was here. Doing it again changes nothing; killed in between, the rest is done the next time.
 * @throws ConfigError `run.already_running` where a daemon of the older version still runs
 */
export async function upgradeData(parts: Pick<AppParts, 'dataDir' | 'timer'>, version: string): Promise<Upgrade> {
  const layout = await readLayout(parts.dataDir);
  const waiting = layout < DATA_LAYOUT ? await findWaiting(parts.dataDir, layout) : [];
  if (waiting.length === 0) return { layout: DATA_LAYOUT, migrated: [] };
  const release = await acquireRunLock(parts);
  try {
    const migrated: MigratedFile[] = [];
    for (const { file, migrate } of waiting) migrated.push(await migrateFile(parts.dataDir, file, migrate));
    await writeLayout(parts.dataDir, version);
    return { layout: DATA_LAYOUT, migrated };
  } finally {
    await release();
  }
}

/** Writes down that this version has written to the data directory. */
export const writeLayout = (dataDir: string, version: string, layout: number = DATA_LAYOUT): Promise<void> =>
  writeFileAtomic(join(dataDir, LAYOUT_FILE), `${JSON.stringify({ layout, version })}\n`);

async function findWaiting(dataDir: string, layout: number): Promise<readonly Migration[]> {
  const waiting: Migration[] = [];
  for (const migration of MIGRATIONS.filter((one) => one.layout > layout)) {
    const text = await readFile(join(dataDir, migration.file), 'utf8').catch(() => undefined);
    if (text !== undefined && migration.migrate(jsonOf(text)) !== undefined) waiting.push(migration);
  }
  return waiting;
}

async function migrateFile(dataDir: string, file: string, migrate: Migration['migrate']): Promise<MigratedFile> {
  const path = join(dataDir, file);
  const before = beforeName(file);
  const content = migrate(jsonOf(await readFile(path, 'utf8')));
  if (content === undefined)
    throw new ConfigError('data.changed_meanwhile', `${path} was changed while it was upgraded`, { hint: 'Try again.' });
  await copyFile(path, join(dataDir, before));
  await writeFileAtomic(path, JSON.stringify(content));
  return { file, before };
}

/** What cannot be parsed is left to whoever reads the file: it puts it aside or says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EXTRACTION_STATE_FILE } from '../agent/extraction-state.ts';

/** Folders of the data directory into which people copy files. What lies in a table's own folder below is not a drop. */
const DROP_FOLDERS = ['raw', 'processed', 'external'] as const;
/** What the system itself keeps there. */
const OWN_FILES: ReadonlySet<string> = new Set([EXTRACTION_STATE_FILE]);
const READABLE = /\.(csv|tsv|json|ndjson|jsonl|parquet|arrow|feather|ipc|sqlite|sqlite3|db|duckdb|ddb|sql)(\.gz)?$/i;

/** Files lying directly in the drop folders, in order of name. */
export async function findDrops(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of DROP_FOLDERS) {
    const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = entries
      .filter((entry) => entry.isFile() && READABLE.test(entry.name) && !OWN_FILES.has(entry.name))
      .map((entry) => entry.name);
    found.push(...names.sort().map((name) => join(dataDir, folder, name)));
  }
  return found;
}

/** Tells whether a file has changed; nothing where it has gone. */
export async function fileStamp(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found && `${found.size} ${found.mtimeMs}`;
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorCode } from '../storage-failure.ts';

/** Folder of the data directory for what backups and restores make on their way; emptied by the next of them. */
export const SCRATCH = '.scratch';

/**
 * Names in a data directory that belong to this machine and not to its data: backups themselves, locks, what is being
 * written, and the sealed keys of the exchange. They are in no backup, and a restore leaves them where they are.
 */
const LEFT_OUT = /^(backups|\.lock|\.run-lock|\.backup-lock|\.audit-lock|\.scratch|keys\.sealed)$/;

export const isLeftOut = (topLevelName: string): boolean => LEFT_OUT.test(topLevelName);

/** Every file of a data directory that a backup holds, with forward slashes, sorted. */
export async function listDataFiles(dataDir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch((error: unknown) => {
      // Removed by its owner between listing and looking.
      if (folder !== '' && fileErrorCode(error) === 'ENOENT') return [];
      throw error;
    });
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if ((folder === '' && isLeftOut(entry.name)) || entry.name.endsWith('.tmp')) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await walk('');
  return found.sort();
}

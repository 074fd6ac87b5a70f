import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { writeFileAtomic } from '../atomic-file.ts';
import type { BackupPlace } from './backup-place.ts';

/** Another folder, on another disk or mounted from another machine. */
export const folderPlace = (folder: string): BackupPlace => ({
  name: folder,
  async list() {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'));
    return new Set(files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')));
  },
  async put(key, content, signal) {
    signal?.throwIfAborted();
    await mkdir(dirname(join(folder, key)), { recursive: true });
    await writeFileAtomic(join(folder, key), content);
  },
  get: (key, signal) => readFile(join(folder, key), { signal }),
});

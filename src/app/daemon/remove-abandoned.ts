import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../domain/index.ts';
import type { Logger } from '../../monitoring/index.ts';
import { removeAbandonedFiles } from '../../storage/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';

/**
 * Removes what processes that were killed were writing in the data directory, for the daemon that has just taken the run
 * lock: that changed the lock's folder, so its time is the file system's now. What cannot be removed is in nobody's way.
 */
export async function removeAbandoned({ dataDir }: Pick<AppParts, 'dataDir'>, log: Pick<Logger, 'info' | 'warn'>): Promise<void> {
  const { mtimeMs } = await stat(join(dataDir, PATHS.runLock));
  try {
    const removed = await removeAbandonedFiles(dataDir, mtimeMs);
    if (removed > 0) log.info(`${removed} files that killed processes were writing are removed`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.warn(`files that killed processes were writing stay: ${error.message}`);
  }
}

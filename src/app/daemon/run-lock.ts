import { join } from 'node:path';
import { ConfigError, DataError } from '../../domain/index.ts';
import { acquireCommitLock } from '../../storage/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';

/**
 * One daemon, or one command that writes the order journal, for a data directory. The lock of one that was killed is free at once.
 * @returns the function that gives it back
 * @throws ConfigError `run.already_running`
 */
export async function acquireRunLock({ dataDir, timer }: Pick<AppParts, 'dataDir' | 'timer'>): Promise<() => Promise<void>> {
  try {
    return await acquireCommitLock(join(dataDir, PATHS.runLock), { timer, waitMs: 0 });
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'storage.busy') throw error;
    throw new ConfigError('run.already_running', `another daemon, or a command that trades, runs on ${dataDir}`, {
      hint: 'Stop it or wait for it, or name another --data-dir.',
      cause: error,
    });
  }
}

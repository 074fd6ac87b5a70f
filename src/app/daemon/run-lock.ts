import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DataError } from '../../domain/index.ts';
import { acquireCommitLock, commitLockOwner, FOREIGN_STALE_MS } from '../../storage/index.ts';
import { type AppParts, PATHS } from '../app-parts.ts';

/** A little longer than it takes a holder of another machine to count as dead. */
const FOREIGN_WAIT_MS = FOREIGN_STALE_MS + 2_000;

/**
 * One daemon, or one command that writes the order journal, for a data directory. The lock of one that was killed is free at once; of one on another machine, or in a
 * container that is gone, as soon as its heartbeat has stood still for half a minute, which is waited for.
 * @returns the function that gives it back
 * @throws ConfigError `run.already_running`
 */
export async function acquireRunLock({ dataDir, timer }: Pick<AppParts, 'dataDir' | 'timer'>): Promise<() => Promise<void>> {
  const path = join(dataDir, PATHS.runLock);
  const owner = await commitLockOwner(path);
  const waitMs = owner !== undefined && owner.host !== hostname() ? FOREIGN_WAIT_MS : 0;
  try {
    return await acquireCommitLock(path, { timer, waitMs });
  } catch (error) {
    if (!(error instanceof DataError) || error.code !== 'storage.busy') throw error;
    throw new ConfigError('run.already_running', `another daemon, or a command that trades, runs on ${dataDir}`, {
      details: owner === undefined ? {} : { pid: owner.pid, host: owner.host },
      hint: 'Stop it or wait for it, or name another --data-dir.',
      cause: error,
    });
  }
}

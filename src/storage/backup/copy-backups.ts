import { ConfigError, SourceError } from '../../domain/index.ts';
import type { BackupPlace } from './backup-place.ts';

const isManifest = (key: string): boolean => /^[\w-]+\.json$/.test(key);
const isObject = (key: string): boolean => /^objects\/[0-9a-f]{64}(\.sealed)?$/.test(key);

/**
 * Copies what `to` does not have: contents first, then the manifests that need them, so that a backup which can be seen
 * there is whole. Nothing is ever removed.
 * @returns how many files were copied
 * @throws SourceError `backup.place_unreachable` where either place fails
 */
export async function copyBackups(from: BackupPlace, to: BackupPlace, signal?: AbortSignal): Promise<number> {
  try {
    const [there, here] = [await to.list(signal), await from.list(signal)];
    const missing = [...here].filter((key) => !there.has(key));
    const inOrder = [...missing.filter(isObject), ...missing.filter(isManifest)];
    for (const key of inOrder) {
      signal?.throwIfAborted();
      await to.put(key, await from.get(key, signal), signal);
    }
    return inOrder.length;
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ConfigError) throw cause;
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new SourceError('backup.place_unreachable', `backups cannot be copied from ${from.name} to ${to.name}: ${why}`, {
      hint: 'Check backup.copyDir or backup.s3 and its keys; what was copied stays, and the next backup goes on.',
      cause,
    });
  }
}

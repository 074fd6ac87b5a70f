import { stat } from 'node:fs/promises';
import { findDrops } from './process-drops.ts';

/** A file that has not changed for so long, in process time, is complete. */
const QUIET_MS = 2_000;

interface Seen {
  readonly stamp: string;
  readonly sinceMs: number;
}

/**
 * Notices files that were copied into the data directory. It looks instead of waiting to be told, because network mounts
 * send no notifications; a file counts when its size and time of change have stood still between two looks.
 */
export class DropWatcher {
  readonly #dataDir: string;
  readonly #seen = new Map<string, Seen>();
  /** Files that were refused, as they were then: not tried again until they change. */
  readonly #refused = new Map<string, string>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** Files that are complete by now. @param elapsedMs process time */
  async look(elapsedMs: number): Promise<string[]> {
    const complete: string[] = [];
    const there = new Set<string>();
    for (const path of await findDrops(this.#dataDir)) {
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      there.add(path);
      const stamp = `${found.size} ${found.mtimeMs}`;
      const before = this.#seen.get(path);
      if (before?.stamp !== stamp) this.#seen.set(path, { stamp, sinceMs: elapsedMs });
      else if (elapsedMs - before.sinceMs >= QUIET_MS && this.#refused.get(path) !== stamp) complete.push(path);
    }
    for (const path of this.#seen.keys()) if (!there.has(path)) this.#seen.delete(path);
    return complete;
  }

  /** Leaves a file alone until it changes. */
  refuse(path: string): void {
    const seen = this.#seen.get(path);
    if (seen) this.#refused.set(path, seen.stamp);
  }
}

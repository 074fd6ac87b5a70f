import type { Timer } from '../../domain/index.ts';
import { fileStamp, findDrops } from './find-drops.ts';

/** A file that has not changed for so long, in process time, is complete. */
const QUIET_MS = 2_000;
/** The same where somebody waits for it, and how long they do. */
const BRIEF_QUIET_MS = 500;
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 250;

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
  readonly #quietMs: number;
  readonly #seen = new Map<string, Seen>();
  /** Files that were refused, as they were then: not tried again until they change. */
  readonly #refused = new Map<string, string>();

  constructor(dataDir: string, quietMs = QUIET_MS) {
    this.#dataDir = dataDir;
    this.#quietMs = quietMs;
  }

  /** Files that are complete by now. @param elapsedMs process time */
  async look(elapsedMs: number): Promise<string[]> {
    const complete: string[] = [];
    const there = new Set<string>();
    for (const path of await findDrops(this.#dataDir)) {
      const stamp = await fileStamp(path);
      if (stamp === undefined) continue;
      there.add(path);
      const before = this.#seen.get(path);
      if (before?.stamp !== stamp) this.#seen.set(path, { stamp, sinceMs: elapsedMs });
      else if (elapsedMs - before.sinceMs >= this.#quietMs && this.#refused.get(path) !== stamp) complete.push(path);
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

/** Waits for the files that lie there now to stand still; those that do not within 30 s are `changing`. */
export async function settleDrops(dataDir: string, timer: Timer): Promise<{ complete: string[]; changing: string[] }> {
  const watcher = new DropWatcher(dataDir, BRIEF_QUIET_MS);
  const startMs = timer.elapsedMs();
  for (;;) {
    const complete = await watcher.look(timer.elapsedMs());
    const changing = (await findDrops(dataDir)).filter((path) => !complete.includes(path));
    if (changing.length === 0 || timer.elapsedMs() - startMs >= PATIENCE_MS) return { complete, changing };
    await timer.sleep(LOOK_EVERY_MS);
  }
}

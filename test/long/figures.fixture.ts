import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Least-squares slope of y over 0, 1, 2, ... */
export function slope(y: readonly number[]): number {
  const meanX = (y.length - 1) / 2;
  const meanY = y.reduce((sum, one) => sum + one, 0) / y.length;
  const [top, bottom] = y.reduce(([a, b], one, x) => [a + (x - meanX) * (one - meanY), b + (x - meanX) ** 2], [0, 0]);
  return top! / bottom!;
}

/** How often each word is there. */
export function countOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** What the production image sets for every process, so that memory is measured as it is there. */
export function imageEnv(): Record<string, string> {
  const stage = readFileSync('Dockerfile', 'utf8')
    .split(/^FROM /m)
    .find((text) => text.startsWith('base AS production'))!;
  const line = /^ENV (.+)$/m.exec(stage)![1]!;
  return Object.fromEntries(line.split(' ').map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
}

/** Resident memory of one process in whole MB between two decisions, over many looks: it swings by the second. */
export class MemoryRecord {
  readonly means: number[] = [];
  readonly lows: number[] = [];
  readonly highs: number[] = [];
  #looks: number[] = [];

  look(pid: number | undefined): void {
    const mb = residentMb(pid);
    if (mb !== undefined) this.#looks.push(mb);
  }

  /** A decision is made. */
  next(): void {
    const looks = this.#looks.splice(0);
    if (looks.length === 0) return;
    this.means.push(Math.round(looks.reduce((sum, one) => sum + one, 0) / looks.length));
    this.lows.push(Math.round(Math.min(...looks)));
    this.highs.push(Math.round(Math.max(...looks)));
  }
}

/** Resident memory of a process as Linux tells it; nothing where the process has gone. */
function residentMb(pid: number | undefined): number | undefined {
  try {
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined;
  }
}

/** All files under a folder that somebody may be changing. */
export const sizeMb = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1e6;

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

/** Resident memory of a process as Linux tells it; nothing where the process has gone. */
export function residentMb(pid: number | undefined): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** All files under a folder that somebody may be changing. */
export const sizeMb = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1e6;

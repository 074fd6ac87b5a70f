import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

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
function imageEnv(): Record<string, string> {
  const stage = readFileSync('Dockerfile', 'utf8')
    .split(/^FROM /m)
    .find((text) => text.startsWith('base AS production'))!;
  const line = /^ENV (.+)$/m.exec(stage)![1]!;
  return Object.fromEntries(line.split(' ').map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
}

/** Memory of a process in MB when its garbage had been collected, and what was resident just before. */
export interface HeldMemory {
  readonly pid: number;
  readonly before: number;
  readonly resident: number;
  readonly heap: number;
  readonly external: number;
}

/** Environment of a process that writes to a file what memory it holds, whenever it gets SIGUSR2 after it is ready. */
export function heldMemoryEnv(file: string): Record<string, string> {
  const image = imageEnv();
  const preload = pathToFileURL(resolve('test/long/held-memory.fixture.mjs'));
  return { ...image, NODE_OPTIONS: `${image.NODE_OPTIONS ?? ''} --import ${preload}`, ETS_TEST_HELD_MEMORY: file };
}

/** What one process wrote there, oldest first. */
export const heldMemory = (file: string, pid: number | undefined): HeldMemory[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HeldMemory)
    .filter((one) => one.pid === pid);

/** All files under a folder that somebody may be changing. */
export const sizeMb = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0) / 1e6;

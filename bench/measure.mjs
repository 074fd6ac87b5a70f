// Shared by the benches: repeated timing, the built command, and the optional folder of recorded data.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const recordedData = resolve(root, '../shared/data');
export const hasRecordedData = existsSync(recordedData);

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
};

/** Runs `work` once to warm up and `times` more; resolves to the median milliseconds and the last result. */
export async function timed(work, times = 5) {
  let result = await work();
  const ms = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    result = await work();
    ms.push(performance.now() - start);
  }
  return { ms: Math.round(median(ms) * 10) / 10, result };
}

/** The built command as a user runs it; throws where it fails. */
export function ets(...args) {
  const start = performance.now();
  const run = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0)
    throw new Error(`ets ${args[0]} ended with ${run.status}: ${run.stdout.slice(0, 400)} ${run.stderr.slice(-400)}`);
  return { ms: performance.now() - start, json: JSON.parse(run.stdout) };
}

export async function inTemporaryFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'ets-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR_MS, ManualClock } from '../domain/index.ts';
import { DataManager } from './data-manager.ts';

const SERIES = 'test:ETH:1h';
const here = (name: string) => new URL(name, import.meta.url).href;
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-crash-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** A process that appends one row a commit, hours `first`, `first + 1`, ..., and says each hour once its append returned. */
function startWriter(first: number, count: number): ChildProcess {
  const code = `
    import { DataManager } from ${JSON.stringify(here('./data-manager.ts'))};
    const manager = await DataManager.open(${JSON.stringify(dataDir)}, { clock: { nowMs: () => 1 } });
    const one = (value) => Float64Array.of(value);
    for (let hour = ${first}; hour < ${first + count}; hour++) {
      const timeMs = hour * ${HOUR_MS};
      await manager.append([{ dataset: 'price_data', series: '${SERIES}', periodMs: ${HOUR_MS}, source: 'test', timeMs: one(timeMs),
        endMs: one(timeMs + ${HOUR_MS}), availableTimeMs: one(timeMs + ${HOUR_MS}), numbers: { close: one(hour) } }]);
      if (hour % 5 === 4) await manager.compact();
      console.log(hour);
    }
    await manager.close();`;
  return spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function storedHours(): Promise<number[]> {
  const manager = await DataManager.open(dataDir, { clock: new ManualClock(2) });
  const read = await manager.readSeries('price_data', SERIES);
  expect(await manager.verify()).toEqual({ ok: true, problems: [] });
  await manager.close();
  return [...(read?.numbers.close ?? [])];
}

test('a writer killed at any moment loses nothing that it said was stored', async () => {
  let first = 0;
  for (let round = 0; round < 6; round++) {
    const writer = startWriter(first, 10_000);
    const ended = once(writer, 'exit');
    let said = first - 1;
    for await (const line of createInterface({ input: writer.stdout! })) {
      said = Number(line);
      if (said - first < 2 + round) continue;
      let spins = round * 400_000;
      while (spins > 0) spins--;
      writer.kill('SIGKILL');
    }
    await ended;
    const stored = await storedHours();
    expect(stored).toEqual([...stored.keys()]);
    expect(stored.length).toBeGreaterThan(said);
    first = stored.length;
  }
  const finisher = startWriter(first, 1);
  await once(finisher, 'exit');
  expect((await storedHours()).length).toBe(first + 1);
  const owned = new Set(Object.values(await readManifest()).map((part) => part.file));
  const found = readdirSync(join(dataDir, 'raw', 'price_data'), { recursive: true }).map(String);
  expect(found.filter((name) => /\.(parquet|tmp)$/.test(name) && !owned.has(name))).toEqual([]);
});

async function readManifest() {
  const manager = await DataManager.open(dataDir, { clock: new ManualClock(2) });
  const { price_data } = await manager.manifest();
  await manager.close();
  return price_data!.partitions;
}

test('two processes append at once, and a third reads all the while', async () => {
  const writers = [startWriter(0, 20), startWriter(1_000, 20)];
  const ended = Promise.all(writers.map((one) => once(one, 'exit')));
  for (const writer of writers) writer.stdout!.resume();
  const reader = await DataManager.open(dataDir, { clock: new ManualClock(2) });
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  let seen = 0;
  while (isRunning) {
    const rows = (await reader.readSeries('price_data', SERIES))?.rows ?? 0;
    expect(rows).toBeGreaterThanOrEqual(seen);
    seen = rows;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await reader.close();
  expect((await ended).map(([code]) => code)).toEqual([0, 0]);
  expect((await storedHours()).length).toBe(40);
});

function mountTiny(): boolean {
  try {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dataDir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a full disk is said, and what was stored stays', async (context) => {
  if (!mountTiny()) {
    context.skip('no small file system can be mounted here');
    return;
  }
  try {
    const manager = await DataManager.open(dataDir, { clock: new ManualClock(2) });
    const rows = (count: number) => {
      const timeMs = Float64Array.from({ length: count }, (_, i) => i * HOUR_MS);
      const endMs = timeMs.map((time) => time + HOUR_MS);
      const close = timeMs.map((_, i) => Math.sin(i));
      return {
        dataset: 'price_data',
        series: SERIES,
        periodMs: HOUR_MS,
        source: 'test',
        timeMs,
        endMs,
        availableTimeMs: endMs,
        numbers: { close },
      };
    };
    await manager.append([rows(10)]);
    await expect(manager.append([rows(100_000)])).rejects.toMatchObject({ code: 'storage.disk_full', exitCode: 3 });
    await manager.close();
    expect((await storedHours()).length).toBe(10);
  } finally {
    execFileSync('/usr/bin/umount', [dataDir]);
  }
});

test('what a crash left is removed by the next commit', async () => {
  const stray = join(dataDir, 'raw', 'price_data', 'test_ETH_1h');
  mkdirSync(stray, { recursive: true });
  writeFileSync(join(stray, 'part-lost.parquet'), 'half');
  writeFileSync(join(stray, '.part-lost.parquet.tmp'), 'half');
  await once(startWriter(0, 1), 'exit');
  expect(await storedHours()).toEqual([0]);
  expect(existsSync(join(stray, 'part-lost.parquet'))).toBe(false);
  expect(existsSync(join(stray, '.part-lost.parquet.tmp'))).toBe(false);
});

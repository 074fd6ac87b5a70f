import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DropWatcher } from './drop-watcher.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-watch-'));
  await mkdir(join(folder, 'raw', 'price_data'), { recursive: true });
  file = join(folder, 'raw', 'new.csv');
});
afterEach(() => rm(folder, { recursive: true }));

describe('DropWatcher', () => {
  it('gives a file when it has stood still, not while it grows', async () => {
    const watcher = new DropWatcher(folder);
    await writeFile(file, 'a');
    expect(await watcher.look(0)).toEqual([]);
    await appendFile(file, 'b');
    expect(await watcher.look(5_000)).toEqual([]);
    expect(await watcher.look(6_000)).toEqual([]);
    expect(await watcher.look(7_000)).toEqual([file]);
  });

  it('leaves a refused file alone until it changes, and tables always', async () => {
    const watcher = new DropWatcher(folder);
    await writeFile(file, 'a');
    await writeFile(join(folder, 'raw', 'price_data', 'part.parquet'), 'x');
    await watcher.look(0);
    expect(await watcher.look(3_000)).toEqual([file]);
    watcher.refuse(file);
    expect(await watcher.look(9_000)).toEqual([]);
    await appendFile(file, 'more');
    await watcher.look(10_000);
    expect(await watcher.look(13_000)).toEqual([file]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { ManualClock, type RowBatch } from '../../domain/index.ts';
import { RequestBudgets } from '../../extraction/index.ts';
import { type LoopbackServer, startLoopback } from '../../extraction/loopback-server.fixture.ts';
import type { AppParts } from '../app-parts.ts';
import { DataSourcesFile } from '../data-sources-file.ts';
import { ManualTimer } from '../trading-desk.fixture.ts';
import { OwnData } from './own-data.ts';

const NOW = Date.UTC(2024, 0, 1, 23);

let folder: string;
let server: LoopbackServer;
let hanging: number;
let isBroken: boolean;
let stored: string[];
let told: string[];
let timer: ManualTimer;
let own: OwnData;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ets-own-'));
  [hanging, isBroken, stored, told, timer] = [0, false, [], [], new ManualTimer()];
  server = await startLoopback((request, response) => {
    if (request.url === '/good') response.end(JSON.stringify([{ day: '2023-12-30', level: 1 }]));
    else hanging += 1;
  });
  const declared = ['good', 'one', 'two', 'three'].map(
    (name) => `  own_${name}: { type: api, endpoint: "${server.url}/${name}", refresh_interval: 60, schema: { interval: 1d } }\n`,
  );
  writeFileSync(join(folder, 'data_sources.yaml'), `data_sources:\n${declared.join('')}`);
  const store = {
    async append(batches: readonly RowBatch[]) {
      if (isBroken) throw new TypeError('a defect');
      stored.push(...batches.map(({ dataset }) => dataset));
      return batches.map(({ dataset, series }) => ({ dataset, series, rows: 1, stored: 1, duplicates: 0, revised: 0 }));
    },
    async quarantine() {},
  };
  const parts = {
    dataDir: folder,
    config: loadConfig({ env: {} }),
    clock: new ManualClock(NOW),
    timer,
    budgets: new RequestBudgets(timer),
    dataSources: new DataSourcesFile({}, join(folder, 'data_sources.yaml')),
    store,
    onProgress: () => undefined,
    signal: undefined,
  };
  own = new OwnData(parts as unknown as AppParts, (message) => void told.push(message));
});
afterEach(async () => {
  own.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

it('waits for sources that hang until the deadline, for all at once, and tells which', async () => {
  const looking = own.lookInTime();
  await expect.poll(() => [hanging, stored]).toEqual([3, ['own_good']]);
  timer.pass(15_000);
  await looking;
  expect(told.map((text) => text.split(':')[0])).toEqual(['own_one', 'own_two', 'own_three']);
});

it('waits no longer where a look in the background hangs already', async () => {
  own.lookBehind();
  await expect.poll(() => hanging).toBe(3);
  own.lookBehind();
  const looking = own.lookInTime();
  timer.pass(15_000);
  await looking;
  expect(hanging).toBe(3);
  expect(told).toHaveLength(3);
});

it('throws what nobody expected of a look in the background at the next one', async () => {
  isBroken = true;
  own.lookBehind();
  await expect.poll(() => timer.sleepers).toBeGreaterThan(0);
  await expect.poll(() => hanging).toBe(3);
  timer.pass(15_000);
  await expect
    .poll(() => {
      try {
        own.lookBehind();
        return 'nothing';
      } catch (error) {
        return String(error);
      }
    })
    .toBe('TypeError: a defect');
});

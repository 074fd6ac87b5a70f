import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, ManualClock, type RowBatch, systemTimer } from '../../domain/index.ts';
import { createExtractionAgent } from '../create-extraction-agent.ts';
import { type SmallWorld, startSmallWorld } from '../small-world.fixture.ts';
import type { ExtractionReport } from './extraction-agent.ts';

const NOW = Date.UTC(2024, 2, 1, 23);
const PAST = Date.UTC(2024, 1, 10);

class MemoryStore {
  readonly rows = new Map<string, Map<string, number>>();
  readonly batches: RowBatch[] = [];
  async append(batches: readonly RowBatch[]) {
    for (const batch of batches) {
      this.batches.push(batch);
      const table = this.rows.get(batch.series) ?? new Map<string, number>();
      this.rows.set(batch.series, table);
      batch.timeMs.forEach((time, i) => {
        table.set(`${time} ${batch.ids?.[i] ?? ''}`, time);
      });
    }
  }
  async quarantine(rows: readonly unknown[]) {
    expect(rows).toEqual([]);
  }
  async listSeries() {
    return [...this.rows.keys()].map((series) => ({ series }));
  }
  async readSeries() {
    return undefined;
  }
  count(series: string) {
    return this.rows.get(series)?.size ?? 0;
  }
}

let folder: string;
let world: SmallWorld;
let store: MemoryStore;
let clock: ManualClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-agent-'));
  world = await startSmallWorld(NOW);
  store = new MemoryStore();
  clock = new ManualClock(NOW);
});
afterEach(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

const openAgent = (limits: object = {}) =>
  createExtractionAgent({
    store,
    clock,
    timer: systemTimer,
    rng: () => 0.01 * createRng(1)(),
    urls: world.urls,
    stateFile: join(folder, 'state.json'),
    ...limits,
  });
const statuses = (report: ExtractionReport, day = 0) =>
  Object.fromEntries(report.days[day]!.datasets.map(({ dataset, status }) => [dataset, status]));

describe('ExtractionAgent', () => {
  it('reads a past day of every configured source and reports all five datasets', async () => {
    const report = await openAgent().extractDay(PAST);
    expect(report.days.map(({ date }) => date)).toEqual(['2024-02-10']);
    expect(statuses(report)).toEqual({
      price_data: 'ok',
      whale_data: 'ok',
      validator_data: 'ok',
      blockchain_data: 'ok',
      sentiment_data: 'ok',
    });
    expect(report.days[0]!.datasets.find(({ dataset }) => dataset === 'validator_data')?.notes).toEqual([
      'no source is configured',
    ]);
    expect(store.count('yahoo:ETH-USD:1h')).toBe(24);
    expect(store.count('yahoo:ETH-USD:1d')).toBe(1);
    expect(store.count('binance:ETHUSDT:1h')).toBe(24);
    expect(store.count('alternative_me:fear_greed:1d')).toBe(1);
    expect(store.count('node:ethereum:1h')).toBe(24);
    const hour = store.batches.find(({ series }) => series === 'node:ethereum:1h')!;
    expect(hour.numbers.block_count![0]).toBe(6);
    expect(hour.numbers.tx_count![0]).toBe(12);
    expect(hour.numbers.base_fee_gwei![0]).toBeCloseTo(22.5, 12);
    expect(hour.numbers.base_fee_p95_gwei![0]).toBe(25);
    expect(hour.numbers.utilization![0]).toBe(0.5);
    expect(hour.numbers.burnt_eth![0]).toBeCloseTo((6 * 22.5e9 * 15e6) / 1e18, 12);
  });

  it('asks nobody again for what is complete, also after a restart', async () => {
    await openAgent().backfill(PAST, PAST + 2 * DAY_MS);
    const asked = world.requests.length;
    const before = new Map([...store.rows].map(([series, rows]) => [series, rows.size]));
    const report = await openAgent().backfill(PAST, PAST + 2 * DAY_MS);
    expect(world.requests.length).toBe(asked);
    expect(new Map([...store.rows].map(([series, rows]) => [series, rows.size]))).toEqual(before);
    expect(statuses(report, 1)).toMatchObject({ price_data: 'skipped', blockchain_data: 'skipped', sentiment_data: 'skipped' });
  });

  it('takes the closed hours of a day that is not over, and completes it later', async () => {
    const today = Date.UTC(2024, 2, 1);
    const agent = openAgent();
    const first = await agent.extractDay(today);
    expect(statuses(first)).toMatchObject({ price_data: 'partial', blockchain_data: 'partial', sentiment_data: 'ok' });
    expect(store.count('yahoo:ETH-USD:1h')).toBe(23);
    expect(store.count('node:ethereum:1h')).toBe(22);
    for (const batch of store.batches) expect(Math.max(...batch.availableTimeMs)).toBeLessThanOrEqual(NOW);
    clock.moveTo(NOW + 2 * HOUR_MS);
    world.nowMs = NOW + 2 * HOUR_MS;
    const second = await agent.extractDay(today);
    expect(statuses(second)).toMatchObject({ price_data: 'ok', blockchain_data: 'ok' });
    expect(store.count('yahoo:ETH-USD:1h')).toBe(24);
    expect(store.count('node:ethereum:1h')).toBe(24);
  });

  it('takes an hour of the exchange as closed when it is over there, however far ahead this clock is', async () => {
    const today = Date.UTC(2024, 2, 1);
    const lastOpenMs = () => Math.max(...store.rows.get('binance:ETHUSDT:1h')!.values());
    world.nowMs = NOW - 1_000;
    const agent = openAgent({ datasets: ['price_data'] });
    await agent.extractDay(today);
    expect(lastOpenMs()).toBe(NOW - 2 * HOUR_MS);
    world.nowMs = NOW;
    await agent.extractDay(today);
    expect(lastOpenMs()).toBe(NOW - HOUR_MS);
    expect(store.count('binance:ETHUSDT:1h')).toBe(23);
  });

  it('reports a dead source and finishes the others', async () => {
    world.failing = '/rpc';
    const report = await openAgent().extractDay(PAST);
    expect(statuses(report)).toMatchObject({ price_data: 'ok', sentiment_data: 'ok', blockchain_data: 'failed' });
    expect(report.days[0]!.datasets.find(({ dataset }) => dataset === 'blockchain_data')?.error?.code).toBe('http.server_error');
    world.failing = undefined;
    expect(statuses(await openAgent().extractDay(PAST))).toMatchObject({ price_data: 'skipped', blockchain_data: 'ok' });
  });

  it('calls a dataset partial when one of its sources fails', async () => {
    world.failing = '/b';
    const report = await openAgent().extractDay(PAST);
    expect(statuses(report)).toMatchObject({ price_data: 'partial' });
    expect(store.count('yahoo:ETH-USD:1h')).toBe(24);
  });

  it('ends by itself when a source hangs', async () => {
    world.hanging = '/y';
    const started = systemTimer.elapsedMs();
    const report = await openAgent({ requestTimeoutMs: 300, sourceDayTimeoutMs: 4_000 }).extractDay(PAST);
    expect(systemTimer.elapsedMs() - started).toBeLessThan(30_000);
    expect(statuses(report)).toMatchObject({ price_data: 'partial', blockchain_data: 'ok' });
  });

  it('reads 400 days in a few large pieces', async () => {
    await openAgent().backfill(NOW - 400 * DAY_MS, NOW - DAY_MS);
    expect(store.count('yahoo:ETH-USD:1h')).toBe(400 * 24);
    expect(store.count('binance:ETHUSDT:1h')).toBe(400 * 24);
    expect(store.count('node:ethereum:1h')).toBe(400 * 24);
    expect(world.requests.length).toBeLessThan(1_500);
  });

  it('says what a backfill would cost and sends nothing; what is complete costs nothing', async () => {
    const agent = openAgent();
    const day = NOW - 40 * DAY_MS;
    const before = await agent.estimate(day, day + 9 * DAY_MS);
    expect(world.requests).toEqual([]);
    expect(before.find(({ source }) => source === 'node:ethereum:1h')).toMatchObject({ days: 10, requests: 180 });
    await agent.backfill(day, day + 4 * DAY_MS);
    const after = await agent.estimate(day, day + 9 * DAY_MS);
    expect(after.map(({ days }) => days)).toEqual(after.map(() => 5));
    expect((await agent.listSources()).every(({ complete }) => complete.length === 1)).toBe(true);
  });

  it('calls days partial that a node which is still syncing does not have yet, and says how far it is', async () => {
    world.nowMs = NOW - 5 * DAY_MS;
    const { days } = await openAgent().extractDay(NOW - 2 * DAY_MS, { datasets: ['blockchain_data'] });
    const chain = days[0]!.datasets.find(({ dataset }) => dataset === 'blockchain_data');
    expect(chain).toMatchObject({ status: 'partial', rows: 0, notes: [expect.stringContaining('the node is behind')] });
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drills/drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: false });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 60, from: base.folder });
});
afterEach(() => drill.close());

interface Position {
  readonly eth: string;
  readonly unrealisedPnlUsd: string | null;
  readonly markPriceUsd: string | null;
}

describe('what is recorded of a position', () => {
  it('is its unrealised profit too, everywhere, and stays over a compaction of the journal', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    drill.settings = ['retention.journalRecords=10', 'schedule.retention.when=every 1m'];
    drill.env = { ETS_API_TOKEN: 'token' };
    const given = await drill.ets('transfer', '--amount', '0.5', '--asset', 'ETH');
    expect(given).toMatchObject({ code: 0, json: { owned: { eth: '0.5' } } });
    for (let more = 0; more < 12; more++) expect(await drill.ets('transfer', '--amount', '0.000001')).toMatchObject({ code: 0 });
    const archive = drill.path('trades/journal/archive');
    expect(existsSync(archive)).toBe(false);
    const running = drill.launch('run');
    const { url } = (await running.ready)!;
    drill.sandbox.clock.moveTo(START_MS + 23 * HOUR_MS - MINUTE_MS);
    await expect.poll(() => drill.decisions().length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(1);
    await expect.poll(() => existsSync(archive), { timeout: 60_000, interval: 200 }).toBe(true);
    const position = (await (await fetch(`${url}/api/v1/positions`)).json()) as Position;
    expect(position).toMatchObject({ eth: '0.5', feesByAsset: {} });
    expect(Number(position.markPriceUsd)).toBeGreaterThan(0);
    expect(position.unrealisedPnlUsd).toMatch(/^-?\d+(\.\d+)?$/);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });

    const journal = (await drill.ets('journal')).json as { position: Position; records: number };
    expect(journal.position).toMatchObject({ eth: '0.5', feesByAsset: {}, markPriceUsd: expect.stringMatching(/^\d/) });
    const report = (await drill.ets('performance-report', '--format', 'json')).json;
    expect(report).toMatchObject({ unrealisedPnlUsd: journal.position.unrealisedPnlUsd, feesByAsset: {} });
    expect(await drill.ets('journal', 'verify')).toMatchObject({ code: 0 });
    const csv = join(drill.folder, 'tax.csv');
    expect(await drill.ets('journal', 'export', '--output', csv)).toMatchObject({ code: 0, json: { lines: 0 } });
    expect(readFileSync(csv, 'utf8')).toMatch(/^Date,/);
  });
});

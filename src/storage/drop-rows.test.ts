import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, ManualClock, type RowBatch } from '../domain/index.ts';
import { DataManager } from './data-manager.ts';

const MINUTES = 'binance:ETHUSDT:1m';
const HOURS = 'binance:ETHUSDT:1h';
let dataDir: string;
let clock: ManualClock;
let opened: DataManager[];
const open = async () => {
  const manager = await DataManager.open(dataDir, { clock });
  opened.push(manager);
  return manager;
};
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-drop-'));
  clock = new ManualClock(1_700_000_000_000);
  opened = [];
});
afterEach(async () => {
  for (const manager of opened) await manager.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const batch = (series: string, hours: readonly number[], value = 1): RowBatch => ({
  dataset: 'price_data',
  series,
  periodMs: HOUR_MS,
  source: `of ${value}`,
  timeMs: Float64Array.from(hours, (hour) => hour * HOUR_MS),
  endMs: Float64Array.from(hours, (hour) => (hour + 1) * HOUR_MS),
  availableTimeMs: Float64Array.from(hours, (hour) => (hour + 1) * HOUR_MS),
  numbers: { close: Float64Array.from(hours, () => value) },
});
const ten = [...Array(10).keys()];

describe('drop', () => {
  it('takes what ended before, with all revisions, of the series that are meant, and leaves the rest as it was', async () => {
    const manager = await open();
    await manager.append([batch(MINUTES, ten), batch(HOURS, ten)]);
    await manager.append([batch(MINUTES, [2, 7], 9)]);
    const reader = await open();
    expect((await reader.readSeries('price_data', MINUTES))?.rows).toBe(12);
    const request = { dataset: 'price_data', beforeMs: 6 * HOUR_MS, isSeries: (series: string) => series === MINUTES };
    expect(await manager.drop(request)).toEqual([{ dataset: 'price_data', series: MINUTES, rows: 6 }]);
    for (const one of [manager, reader, await open()]) {
      const read = await one.readSeries('price_data', MINUTES);
      expect([...read!.timeMs]).toEqual([5, 6, 7, 7, 8, 9].map((hour) => hour * HOUR_MS));
      expect([...read!.revision]).toEqual([0, 0, 0, 1, 0, 0]);
      expect((await one.readSeries('price_data', HOURS))?.rows).toBe(10);
      expect(await one.verify()).toEqual({ ok: true, problems: [] });
    }
    expect(await manager.readDropped()).toEqual([
      { dataset: 'price_data', series: MINUTES, beforeMs: 6 * HOUR_MS, atMs: clock.nowMs() },
    ]);
    expect(await manager.drop(request)).toEqual([]);
  });

  it('may take a series whole; what comes later begins it anew', async () => {
    const manager = await open();
    await manager.append([batch(MINUTES, [1, 2])]);
    expect(await manager.drop({ dataset: 'price_data', beforeMs: 100 * HOUR_MS })).toMatchObject([{ rows: 2 }]);
    expect(await manager.readSeries('price_data', MINUTES)).toBeUndefined();
    expect(readdirSync(join(dataDir, 'raw/price_data'), { recursive: true }).filter((x) => /parquet$/.test(String(x)))).toEqual(
      [],
    );
    await manager.append([batch(MINUTES, [200])]);
    expect((await (await open()).readSeries('price_data', MINUTES))?.rows).toBe(1);
    expect(await manager.readDropped()).toMatchObject([{ series: MINUTES, beforeMs: 100 * HOUR_MS }]);
    expect((await manager.verify()).ok).toBe(true);
  });

  it('of refused rows goes by when they were refused', async () => {
    const manager = await open();
    const refused = (row: string) => ({ dataset: 'price_data', series: HOURS, source: 'a', reason: 'bad', row });
    await manager.quarantine([refused('old')]);
    clock.moveTo(clock.nowMs() + 10 * HOUR_MS);
    await manager.quarantine([refused('new')]);
    expect(await manager.drop({ dataset: 'quarantine', beforeMs: clock.nowMs() - HOUR_MS })).toMatchObject([{ rows: 1 }]);
    expect((await manager.readQuarantine()).map(({ row }) => row)).toEqual(['new']);
    expect((await manager.verify()).ok).toBe(true);
  });

  it('goes on beside an append of another process and loses nothing of it', async () => {
    const [a, b] = [await open(), await open()];
    await a.append([batch(MINUTES, ten)]);
    await Promise.all([a.drop({ dataset: 'price_data', beforeMs: 5 * HOUR_MS }), b.append([batch(MINUTES, [20, 21])])]);
    expect([...(await a.readSeries('price_data', MINUTES))!.timeMs]).toEqual([4, 5, 6, 7, 8, 9, 20, 21].map((h) => h * HOUR_MS));
    expect((await b.verify()).ok).toBe(true);
  });
});

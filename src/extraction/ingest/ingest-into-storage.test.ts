import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { DataManager } from '../../storage/data-manager.ts';
import { ingestFile } from './ingest-file.ts';
import type { FileReport } from './ingest-types.ts';

const folder = join(import.meta.dirname, '../../../../shared/data');
const clock = new ManualClock(Date.UTC(2026, 0, 5));

describe.skipIf(!existsSync(folder))('recorded files in real storage (skipped where ../shared/data is not there)', () => {
  let dataDir = '';
  let store: DataManager;
  const ingestAll = async () => {
    const reports: FileReport[] = [];
    for (const name of readdirSync(folder).filter((name) => /\.csv(\.gz)?$/.test(name))) {
      reports.push(...(await ingestFile(join(folder, name), { store, clock })));
    }
    return reports;
  };
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'ingest-storage-'));
    store = await DataManager.open(dataDir, { clock });
  });
  afterAll(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('stores every row once, however often a file comes, and lists what it said it stored', async () => {
    const first = await ingestAll();
    expect(first.length).toBe(16);
    for (const report of first) {
      expect(report.stored + report.duplicates + report.quarantined + report.skipped).toBe(report.rows);
      expect([report.duplicates, report.quarantined]).toEqual([0, 0]);
    }
    const again = await ingestAll();
    expect(again.map((report) => report.stored)).toEqual(again.map(() => 0));
    expect(again.map((report) => report.duplicates)).toEqual(first.map((report) => report.stored));
    const listed = new Map((await store.listSeries()).map(({ dataset, series, rows }) => [`${dataset} ${series}`, rows]));
    expect(listed).toEqual(new Map(first.map(({ dataset, series, stored }) => [`${dataset} ${series}`, stored])));
  });

  it('reads the same values back', async () => {
    const hourly = await store.readSeries('price_data', 'binance:ETHUSDT:1h');
    expect(hourly).toMatchObject({ rows: 73376, volumeUnit: 'eth', quote: 'USDT', periodMs: 3_600_000 });
    expect([hourly!.timeMs[0], hourly!.knownFromMs[0], hourly!.numbers.low![0]]).toEqual([
      Date.UTC(2017, 7, 17, 4),
      Date.UTC(2017, 7, 17, 5),
      298,
    ]);
    const whales = await store.readSeries('whale_data', 'whale_alert:eth:tx');
    expect(whales).toMatchObject({ rows: 41, periodMs: 0 });
    expect(new Set(whales!.texts!.flow)).toEqual(new Set(['inflow', 'outflow', 'wallet', 'exchange']));
  });
});

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR_MS, ManualClock, type RowBatch } from '../domain/index.ts';
import { DataManager } from './data-manager.ts';
import { sha256 } from './manifest.ts';
import type { World } from './world.ts';

let dataDir: string;
const clock = new ManualClock(1_700_000_000_000);
const opened: DataManager[] = [];

async function open(world?: World, directory = dataDir): Promise<DataManager> {
  const manager = await DataManager.open(directory, { clock, ...(world && { world }) });
  opened.push(manager);
  return manager;
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-storage-[1]-'));
});
afterEach(async () => {
  for (const manager of opened.splice(0)) await manager.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const SERIES = 'binance:ETHUSDT:1h';
const hours = (list: readonly number[], value: (hour: number) => number = (hour) => hour + 0.5, series = SERIES): RowBatch => ({
  dataset: 'price_data',
  series,
  periodMs: HOUR_MS,
  volumeUnit: 'eth',
  source: "it's.csv",
  timeMs: Float64Array.from(list, (hour) => hour * HOUR_MS),
  endMs: Float64Array.from(list, (hour) => (hour + 1) * HOUR_MS),
  availableTimeMs: Float64Array.from(list, (hour) => (hour + 1) * HOUR_MS),
  numbers: { close: Float64Array.from(list, value), volume: Float64Array.from(list, () => Number.NaN) },
});
const partsOf = (dataset: string) =>
  readdirSync(join(dataDir, 'raw', dataset), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.parquet'));

test('rows appended in any split are read back the same by another process, before and after compaction', async () => {
  const orders = fc.shuffledSubarray([...Array(40).keys()], { minLength: 5 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 1, max: 12 }), async (order, size) => {
      const directory = join(dataDir, String(run++));
      const writer = await open(undefined, directory);
      for (let first = 0; first < order.length; first += size) await writer.append([hours(order.slice(first, first + size))]);
      const expected = [...order].sort((a, b) => a - b);
      const reader = await open(undefined, directory);
      for (const step of ['before', 'after']) {
        const read = await reader.readSeries('price_data', SERIES);
        expect([...read!.timeMs], step).toEqual(expected.map((hour) => hour * HOUR_MS));
        expect([...read!.numbers.close!]).toEqual(expected.map((hour) => hour + 0.5));
        expect(read!.numbers.volume!.every(Number.isNaN)).toBe(true);
        expect(await writer.readSeries('price_data', SERIES)).toEqual(read);
        await writer.compact();
      }
      expect(await writer.compact()).toEqual([]);
      expect(await reader.verify()).toEqual({ ok: true, problems: [] });
    }),
    { numRuns: 8 },
  );
});

test('the same append twice changes nothing, not even a file', async () => {
  const manager = await open();
  expect(await manager.append([hours([1, 2, 2, 3])])).toMatchObject([{ rows: 4, stored: 3, duplicates: 1, revised: 0 }]);
  const before = [await manager.manifest(), partsOf('price_data')];
  expect(await manager.append([hours([1, 2, 3])])).toMatchObject([{ rows: 3, stored: 0, duplicates: 3 }]);
  expect([await manager.manifest(), partsOf('price_data')]).toEqual(before);
});

test('an open reader sees commits and compactions of another one', async () => {
  const writer = await open();
  const reader = await open();
  await writer.append([hours([1])]);
  expect((await reader.readSeries('price_data', SERIES))?.rows).toBe(1);
  await writer.append([hours([1], () => 9)]);
  await writer.append([hours([3, 4])]);
  expect((await reader.readSeries('price_data', SERIES))?.revision).toEqual(Int32Array.of(0, 1, 0, 0));
  expect(await writer.compact()).toEqual([{ dataset: 'price_data', series: SERIES }]);
  const read = await reader.readSeries('price_data', SERIES, { fromMs: HOUR_MS + 1, toMs: 4 * HOUR_MS });
  expect([...read!.timeMs]).toEqual([3 * HOUR_MS]);
  expect(await reader.listSeries()).toMatchObject([
    {
      series: SERIES,
      rows: 3,
      revisions: 1,
      gaps: [{ fromMs: 2 * HOUR_MS, toMs: 3 * HOUR_MS, missing: 1 }],
      lastEndMs: 5 * HOUR_MS,
    },
  ]);
});

test('many commits leave few files', async () => {
  const manager = await open();
  for (let hour = 0; hour < 70; hour++) await manager.append([hours([hour])]);
  expect(partsOf('price_data').length).toBeLessThan(20);
  expect((await (await open()).readSeries('price_data', SERIES))?.rows).toBe(70);
});

test('two managers that append at once lose nothing', async () => {
  const [a, b] = [await open(), await open()];
  const work = [a, b].flatMap((manager, who) =>
    [...Array(10).keys()].map((turn) => manager.append([hours([turn, 100 * (who + 1) + turn])])),
  );
  const results = (await Promise.all(work)).flat();
  expect(results.reduce((sum, one) => sum + one.stored, 0)).toBe(30);
  expect((await a.readSeries('price_data', SERIES))?.rows).toBe(30);
  expect(await b.verify()).toEqual({ ok: true, problems: [] });
});

test('quarantine, verdicts and features come back as they went in', async () => {
  const manager = await open();
  const refused = { dataset: 'price_data', series: SERIES, source: 'a.csv', line: 7, reason: 'high < low', row: '1;2;"x"' };
  await manager.quarantine([refused, { ...refused, line: 8 }]);
  await manager.quarantine([refused]);
  expect(await manager.readQuarantine('price_data')).toEqual(
    [refused, { ...refused, line: 8 }].map((one) => ({ ...one, recordedMs: clock.nowMs() })),
  );
  expect(await manager.readQuarantine('whale_data')).toEqual([]);

  const finding = { rule: 'gap', severity: 'warning', message: 'an hour is missing' } as const;
  const verdict = { dataset: 'price_data', dayMs: 0, verdict: 'suspect', findings: [finding] } as const;
  await manager.writeVerdicts([verdict]);
  await manager.writeVerdicts([{ ...verdict, verdict: 'good', findings: [] }]);
  expect(await manager.readVerdicts('price_data')).toEqual([{ ...verdict, verdict: 'good', findings: [] }]);

  const frame = { timeMs: Float64Array.of(1, 2, 3), columns: { rsi_14: Float64Array.of(Number.NaN, 0.1, 1 / 3) } };
  await manager.writeFeatures(frame, 'old');
  await manager.writeFeatures(frame, 'abc');
  expect(await manager.readFeatures()).toEqual({ frame, codeHash: 'abc' });
  expect((await manager.readFeatures({ fromMs: 2, toMs: 3 }))?.frame.columns.rsi_14).toEqual(Float64Array.of(0.1));
  expect(await manager.verify()).toEqual({ ok: true, problems: [] });
});

test('a dataset of the user lives under external/ and is exported with its latest revisions', async () => {
  const manager = await open();
  const own = { ...hours([1, 2]), dataset: 'gas_index', series: 'me:gas:1h', texts: { note: ['a', null] } };
  await manager.append([own]);
  await manager.append([{ ...own, numbers: { close: Float64Array.of(1.5, 9) } }]);
  const path = join(dataDir, 'out', 'gas.csv');
  expect(await manager.export('gas_index', path)).toEqual({ path, rows: 2 });
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines[0]).toContain('series,timeMs,endMs,availableTimeMs,recordedMs,source,revision,restated,id,close,volume,note');
  expect(lines.slice(1).map((line) => line.split(',').slice(6))).toEqual([
    ['0', 'false', '""', '1.5', '', 'a'],
    ['1', 'false', '""', '9.0', '', ''],
  ]);
  expect((await manager.listSeries()).map((one) => one.dataset)).toEqual(['gas_index']);
  expect(readdirSync(join(dataDir, 'external', 'gas_index'))).toContain('manifest.json');
  await expect(manager.export('gas_index', join(dataDir, 'gas.xlsx'))).rejects.toMatchObject({ code: 'storage.export_format' });
  await expect(manager.export('whale_data', path)).rejects.toMatchObject({ code: 'storage.nothing_stored' });
});

test('worlds do not mix; reading asks nobody', async () => {
  const sandbox: World = { kind: 'sandbox', seed: 1, startMs: 0 };
  await (await open(sandbox)).append([hours([1])]);
  await expect(open({ kind: 'sandbox', seed: 2, startMs: 0 })).rejects.toMatchObject({
    code: 'storage.other_world',
    exitCode: 2,
  });
  const reader = await open();
  expect((await reader.readDataset('price_data')).length).toBe(1);
  await expect(reader.append([hours([2])])).rejects.toMatchObject({ code: 'storage.other_world' });
  expect((await reader.readSeries('price_data', SERIES))?.rows).toBe(1);
});

test('damaged files are named, whole ones stay readable', async () => {
  const writer = await open();
  await writer.append([hours([1, 2])]);
  await writer.append([hours([1], undefined, 'yahoo:ETH-USD:1h')]);
  const [part] = partsOf('price_data').filter((name) => name.startsWith('binance'));
  const path = join(dataDir, 'raw', 'price_data', part!);
  const content = readFileSync(path);
  const flipped = Buffer.from(content);
  flipped[40]! ^= 1;
  for (const damage of [() => writeFileSync(path, flipped), () => truncateSync(path, 20), () => writeFileSync(path, '')]) {
    damage();
    const reader = await open();
    await expect(reader.readSeries('price_data', SERIES)).rejects.toMatchObject({
      code: 'storage.partition_damaged',
      message: expect.stringContaining(part!),
    });
    expect((await reader.readSeries('price_data', 'yahoo:ETH-USD:1h'))?.rows).toBe(1);
    expect((await reader.verify()).problems).toMatchObject([{ series: SERIES, code: 'storage.partition_damaged' }]);
  }
  rmSync(path);
  await expect((await open()).readSeries('price_data', SERIES)).rejects.toMatchObject({ code: 'storage.partition_missing' });
  writeFileSync(path, content);
  expect(await (await open()).verify()).toEqual({ ok: true, problems: [] });
});

test('a damaged or newer manifest is refused, and nothing is written over it', async () => {
  await (await open()).append([hours([1, 2])]);
  const path = join(dataDir, 'raw', 'price_data', 'manifest.json');
  const whole = readFileSync(path, 'utf8');
  const body = { table: 'price_data' };
  const newer = JSON.stringify({ format: 99, checksum: sha256(JSON.stringify(body)), body });
  const cases = [
    [whole.slice(0, 50), 'storage.manifest_damaged'],
    ['', 'storage.manifest_damaged'],
    [whole.replace('"rows":2', '"rows":3'), 'storage.manifest_damaged'],
    [newer, 'storage.newer_format'],
  ] as const;
  for (const [text, code] of cases) {
    writeFileSync(path, text);
    const manager = await open();
    await expect(manager.readDataset('price_data')).rejects.toMatchObject({ code });
    await expect(manager.append([hours([3])])).rejects.toMatchObject({ code });
    expect((await manager.verify()).problems).toMatchObject([{ table: 'price_data', code }]);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
  writeFileSync(path, whole);
  expect((await (await open()).readSeries('price_data', SERIES))?.rows).toBe(2);
});

test('a file where a directory is needed, and batches that cannot be stored, change nothing', async () => {
  const file = join(dataDir, 'file');
  writeFileSync(file, 'x');
  await expect(open(undefined, file)).rejects.toMatchObject({ code: 'storage.not_a_directory', exitCode: 2 });
  await expect(open(undefined, join(file, 'deeper'))).rejects.toMatchObject({ code: 'storage.not_a_directory' });

  const manager = await open();
  await manager.append([hours([1])]);
  const before = await manager.manifest();
  const good = hours([2]);
  const bad: [Partial<RowBatch>, string][] = [
    [{ numbers: { close: new Float64Array(2) } }, 'storage.batch_invalid'],
    [{ numbers: { TimeMS: new Float64Array(1) } }, 'storage.batch_invalid'],
    [{ timeMs: Float64Array.of(Number.NaN) }, 'storage.batch_invalid'],
    [{ numbers: {}, texts: { close: ['x'] } }, 'storage.column_type_changed'],
    [{ volumeUnit: 'usd' }, 'storage.series_changed'],
    [{ dataset: '../x' }, 'storage.dataset_name'],
  ];
  for (const [change, code] of bad) await expect(manager.append([good, { ...good, ...change }])).rejects.toMatchObject({ code });
  expect(await manager.manifest()).toEqual(before);
  mkdirSync(join(dataDir, 'raw', 'whale_data'));
  writeFileSync(join(dataDir, 'raw', 'whale_data', 'binance_ETHUSDT_1h'), 'x');
  await expect(manager.append([{ ...good, dataset: 'whale_data' }])).rejects.toMatchObject({ code: 'storage.not_a_directory' });
  expect(await manager.verify()).toEqual({ ok: true, problems: [] });
});

test('a look at what has changed reads no file that was found intact, and finds each that was touched', async () => {
  const manager = await open();
  await manager.append([hours([1, 2, 3])]);
  expect(await manager.verifyChanged()).toEqual({ ok: true, problems: [] });
  const folder = join(dataDir, 'raw/price_data');
  const file = join(folder, partsOf('price_data')[0]!);
  const content = readFileSync(file);
  const { atime, mtime } = statSync(file);
  expect((await manager.verifyChanged()).ok).toBe(true);
  // A byte that rots changes neither size nor time: the daily whole look finds it, and `ets data verify` at once.
  const rotten = Buffer.from(content);
  rotten[10]! ^= 1;
  writeFileSync(file, rotten);
  utimesSync(file, atime, mtime);
  expect((await manager.verify()).problems).toMatchObject([{ code: 'storage.partition_damaged' }]);
  expect((await manager.verifyChanged()).ok).toBe(false);
  writeFileSync(file, content);
  expect((await manager.verifyChanged()).ok).toBe(true);
  await manager.append([hours([4])]);
  rmSync(file);
  expect((await manager.verifyChanged()).problems).toMatchObject([{ code: 'storage.partition_missing' }]);
});

test('what was refused is counted without being read', async () => {
  const manager = await open();
  expect(await manager.quarantinedCount()).toBe(0);
  const refused = { dataset: 'price_data', series: SERIES, source: 'a', reason: 'bad', row: '1' };
  await manager.quarantine([refused, { ...refused, row: '2' }]);
  await manager.quarantine([refused, { ...refused, row: '3' }]);
  expect(await manager.quarantinedCount()).toBe(3);
  expect(await manager.readQuarantine()).toHaveLength(3);
});

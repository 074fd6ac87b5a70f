import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, type RowBatch } from '../../domain/index.ts';
import { processDrops, processFiles } from './process-drops.ts';

let dataDir = '';
let stored: RowBatch[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-drop-'));
  stored = [];
  whileWaiting = () => undefined;
  mkdirSync(join(dataDir, 'raw/price_data'), { recursive: true });
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

let elapsedMs = 0;
let whileWaiting: () => void = () => undefined;
const deps = {
  clock: new ManualClock(Date.UTC(2025, 0, 1)),
  timer: {
    elapsedMs: () => elapsedMs,
    sleep: async (ms: number) => {
      elapsedMs += ms;
      whileWaiting();
    },
  },
  store: {
    append: async (batches: readonly RowBatch[]) => {
      stored.push(...batches);
      return batches.map(({ dataset, series, timeMs }) => ({
        dataset,
        series,
        rows: timeMs.length,
        stored: timeMs.length,
        duplicates: 0,
        revised: 0,
      }));
    },
    quarantine: async () => undefined,
  },
};

const candles = 'date,open,high,low,close,volume\n2024-01-01,1,2,0.5,1.5,10\n2024-01-02,1.5,2,1,1.2,11\n';

describe('processDrops', () => {
  it('merges a file lying in raw/ once and keeps the original', async () => {
    writeFileSync(join(dataDir, 'raw', 'new.csv'), candles);
    const first = await processDrops(dataDir, deps);
    expect(first.files.map((x) => [x.dataset, x.rows, x.stored])).toEqual([['price_data', 2, 2]]);
    expect(existsSync(join(dataDir, 'raw', 'new.csv'))).toBe(false);
    expect(readdirSync(join(dataDir, 'external/originals'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}-new\.csv$/)]);
    expect((await processDrops(dataDir, deps)).files).toEqual([]);
    expect(stored).toHaveLength(1);
  });

  it('leaves what it refuses where it is and says why; the others are merged', async () => {
    writeFileSync(join(dataDir, 'raw', 'a.csv'), 'nothing,known\n1,2\n');
    writeFileSync(join(dataDir, 'raw', 'b.csv'), candles);
    const report = await processDrops(dataDir, deps);
    expect(report.files).toHaveLength(1);
    expect(report.refused).toHaveLength(1);
    expect(report.refused[0]!.error.message.length).toBeGreaterThan(10);
    expect(existsSync(join(dataDir, 'raw', 'a.csv'))).toBe(true);
  });

  it('does not touch the partitions of a table, nor other files', async () => {
    writeFileSync(join(dataDir, 'raw/price_data', 'part.csv'), candles);
    writeFileSync(join(dataDir, 'raw', 'notes.txt'), 'hello');
    expect(await processDrops(dataDir, deps)).toEqual({ files: [], refused: [] });
  });

  it('waits for a file that is still being copied, and leaves one that never stands still', async () => {
    const half = candles.length - 20;
    writeFileSync(join(dataDir, 'raw', 'slow.csv'), candles.slice(0, half));
    whileWaiting = () => {
      writeFileSync(join(dataDir, 'raw', 'slow.csv'), candles);
      whileWaiting = () => undefined;
    };
    expect((await processDrops(dataDir, deps)).files).toMatchObject([{ rows: 2, stored: 2 }]);

    writeFileSync(join(dataDir, 'raw', 'endless.csv'), candles);
    whileWaiting = () => appendFileSync(join(dataDir, 'raw', 'endless.csv'), '2024-01-03,1,2,1,1.2,1\n');
    expect((await processDrops(dataDir, deps)).refused).toMatchObject([{ error: { code: 'ingest.file_changed' } }]);
    expect(existsSync(join(dataDir, 'raw', 'endless.csv'))).toBe(true);
    expect(stored).toHaveLength(1);
  });

  it('keeps a file in its place that changes while it is read', async () => {
    const file = join(dataDir, 'raw', 'late.csv');
    writeFileSync(file, candles);
    const growing = {
      ...deps,
      store: {
        ...deps.store,
        append: async (batches: readonly RowBatch[]) => {
          appendFileSync(file, '2024-01-03,1,2,1,1.2,1\n');
          return deps.store.append(batches);
        },
      },
    };
    expect((await processDrops(dataDir, growing)).refused).toMatchObject([{ error: { code: 'ingest.file_changed' } }]);
    expect(existsSync(file)).toBe(true);
    expect((await processDrops(dataDir, deps)).files).toMatchObject([{ rows: 3 }]);
  });

  it('passes over a file that has gone meanwhile', async () => {
    expect(await processFiles(dataDir, [join(dataDir, 'raw', 'gone.csv')], deps)).toEqual({ files: [], refused: [] });
  });
});

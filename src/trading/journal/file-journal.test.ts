import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { foldJournal, Ledger } from '../ledger.ts';
import { FileJournal, readJournal } from './file-journal.ts';
import { describeJournal, readAll, transferRecord } from './journal.contract.ts';
import { snapshotLedger } from './ledger-snapshot.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const segments = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort();
const firstSegment = () => join(folder, segments()[0]!);

async function writeTransfers(count: number, segmentBytes?: number): Promise<void> {
  const journal = await FileJournal.open(folder, segmentBytes === undefined ? {} : { segmentBytes });
  for (let n = journal.lastSeq + 1; n <= count; n++) await journal.append([transferRecord(n)]);
  await journal.close();
}

/** A program that appends until it is killed and prints the number of each record once it is acknowledged. */
const appendForEver = (target: string): string => `
  const { FileJournal } = await import(${JSON.stringify(new URL('./file-journal.ts', import.meta.url).href)});
  const journal = await FileJournal.open(${JSON.stringify(target)}, { segmentBytes: 4000 });
  for (;;) {
    const seq = await journal.append([{ type: 'transfer', atMs: 0, asset: 'USDT', amount: '1', valueUsd: '1', reason: 'test' }]);
    process.stdout.write(seq + '\\n');
  }`;

describe('FileJournal', () => {
  describeJournal(() => FileJournal.open(folder));

  it('goes on where it was closed, over several segments', async () => {
    await writeTransfers(20, 500);
    await writeTransfers(40, 500);
    expect(segments().length).toBeGreaterThan(5);
    const journal = await FileJournal.open(folder);
    expect((await readAll(journal)).map(({ seq, record }) => [seq, record.atMs])).toEqual(
      Array.from({ length: 40 }, (_, i) => [i + 1, i + 1]),
    );
    await journal.close();
  });

  it('drops an interrupted write at any byte, keeps all before it, and sets the torn bytes aside', async () => {
    await writeTransfers(3);
    const whole = readFileSync(firstSegment());
    const start = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (let cut = start; cut < whole.length; cut++) {
      writeFileSync(firstSegment(), whole.subarray(0, cut));
      const journal = await FileJournal.open(folder);
      expect(journal.repairedBytes).toBe(cut - start);
      expect(journal.lastSeq).toBe(2);
      await journal.append([transferRecord(3)]);
      await journal.close();
      expect(readFileSync(firstSegment())).toEqual(whole);
      if (cut > start) expect(readFileSync(join(folder, '000000000003.torn'))).toEqual(whole.subarray(start, cut));
    }
  });

  it('refuses a journal with any changed byte, and says which record', async () => {
    await writeTransfers(5);
    const whole = readFileSync(firstSegment());
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 2 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ flip;
        writeFileSync(firstSegment(), bytes);
        const seq = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
        await expect(readJournal(folder)).rejects.toMatchObject({ code: 'journal.damaged', details: { seq } });
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a journal with a line or a segment missing', async () => {
    await writeTransfers(20, 500);
    const lines = readFileSync(firstSegment(), 'utf8').split('\n');
    writeFileSync(firstSegment(), [lines[0], ...lines.slice(2)].join('\n'));
    await expect(FileJournal.open(folder)).rejects.toMatchObject({ code: 'journal.damaged' });
    rmSync(firstSegment());
    await expect(FileJournal.open(folder)).rejects.toMatchObject({ code: 'journal.records_missing' });
  });

  it('refuses to write when another process has written', async () => {
    const one = await FileJournal.open(folder);
    await one.append([transferRecord(1)]);
    const two = await FileJournal.open(folder);
    await two.append([transferRecord(2)]);
    await expect(one.append([transferRecord(2)])).rejects.toMatchObject({ code: 'journal.other_writer' });
    await two.append([transferRecord(3)]);
    expect((await readJournal(folder)).lastSeq).toBe(3);
    await one.close();
    await two.close();
  });

  it('takes a failed append back, so that nothing half-written stays', async () => {
    let failing = false;
    const crash = (point: string) => {
      if (failing && point === 'journal.after_write') throw new Error('ENOSPC');
    };
    const journal = await FileJournal.open(folder, { crash });
    await journal.append([transferRecord(1)]);
    failing = true;
    await expect(journal.append([transferRecord(2)])).rejects.toMatchObject({ code: 'journal.write_failed' });
    failing = false;
    expect(journal.lastSeq).toBe(1);
    await journal.append([transferRecord(2)]);
    expect((await readJournal(folder)).entries.map(({ record }) => record.atMs)).toEqual([1, 2]);
    await journal.close();
  });

  it('compacts into a checkpoint that folds to the same state, and goes on after it', async () => {
    await writeTransfers(20, 500);
    const journal = await FileJournal.open(folder);
    const before = await foldJournal(journal.entries());
    await journal.compact(snapshotLedger(before), 99);
    await journal.compact(snapshotLedger(before), 99);
    await journal.append([transferRecord(7)]);
    await journal.close();
    const { entries } = await readJournal(folder);
    expect(entries.map(({ record }) => record.type)).toEqual(['checkpoint', 'transfer']);
    const after = new Ledger();
    for (const { record } of entries) after.apply(record);
    expect(after.cashUsd).toEqual(before.cashUsd.plus(7));
    expect(after.cashUsd).toEqual(money(217));
  });

  it('loses nothing when compaction is interrupted at any step', async () => {
    for (const step of ['journal.before_write', 'journal.after_write', 'journal.after_fsync'] as const) {
      rmSync(folder, { recursive: true });
      await writeTransfers(20, 500);
      const journal = await FileJournal.open(folder, {
        crash: (point) => {
          if (point === step) throw new Error('interrupted');
        },
      });
      const before = await foldJournal(journal.entries());
      await expect(journal.compact(snapshotLedger(before), 99)).rejects.toThrow();
      const after = new Ledger();
      for (const { record } of (await readJournal(folder)).entries) after.apply(record);
      expect(after.cashUsd).toEqual(before.cashUsd);
      await journal.close();
      const again = await FileJournal.open(folder);
      await again.compact(snapshotLedger(before), 99);
      expect((await readJournal(folder)).entries).toHaveLength(1);
      await again.close();
    }
  });

  it('survives kill -9 while appending: every acknowledged record is there', async () => {
    const script = appendForEver(folder);
    for (let round = 0; round < 3; round++) {
      const acknowledged = await new Promise<number>((resolve, reject) => {
        const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
        let last = 0;
        child.stdout?.on('data', (chunk: string) => {
          last = Math.max(last, ...chunk.split('\n').map(Number));
          if (last % 100 > 30 + round * 7) child.kill('SIGKILL');
        });
        child.on('error', reject);
        child.on('exit', () => resolve(last));
      });
      expect(acknowledged).toBeGreaterThan(0);
      const journal = await FileJournal.open(folder);
      expect(journal.lastSeq).toBeGreaterThanOrEqual(acknowledged);
      await journal.close();
    }
  });

  it('opens an empty file and a missing folder as an empty journal', async () => {
    await writeTransfers(1);
    truncateSync(firstSegment(), 0);
    expect((await readJournal(folder)).lastSeq).toBe(0);
    expect((await readJournal(join(folder, 'nowhere'))).lastSeq).toBe(0);
  });
});

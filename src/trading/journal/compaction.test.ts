import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { attributeTrades } from '../attribution.ts';
import { COMPACTION_POINTS } from '../crash-point.ts';
import { foldJournal, type Ledger } from '../ledger.ts';
import { makeIntent } from '../plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { taxCsv } from '../tax-export.ts';
import { tradeHistory } from '../trade-history.ts';
import { FileJournal, readJournal, readWholeJournal } from './file-journal.ts';
import { transferRecord } from './journal.contract.ts';
import type { JournalRecord } from './journal-record.ts';
import { snapshotLedger } from './ledger-snapshot.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-compaction-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A trade: 1 ETH bought and sold, each as an order of its own. */
function trade(serial: number): JournalRecord[] {
  return (['buy', 'sell'] as const).flatMap((side): JournalRecord[] => {
    const atMs = serial * 10 + (side === 'buy' ? 1 : 2);
    const intent = makeIntent({
      decisionId: `d${serial}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money('1'),
      priceUsd: money(side === 'buy' ? '2000' : '2100'),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: atMs,
      validUntilMs: atMs,
      reason: 'test',
      modelId: null,
    });
    const { clientOrderId } = intent;
    const priceUsd = side === 'buy' ? '2001' : '2099';
    const fee = { feeAmount: '2', feeAsset: 'USDT', feeUsd: '2' };
    const fill = { tradeId: `t${atMs}`, clientOrderId, side, quantity: '1', priceUsd, ...fee, executedAtMs: atMs };
    return [
      { type: 'order_planned', atMs, intent },
      { type: 'order_submitting', atMs, clientOrderId, sendBeforeMs: atMs },
      { type: 'fill', atMs, fill },
    ];
  });
}

const ledgerNow = async (): Promise<Ledger> => foldJournal((await readJournal(folder)).entries);
/** What people export from the journal. */
async function exports() {
  const entries = await readWholeJournal(folder);
  const ledger = await foldJournal(entries);
  return { tax: taxCsv(entries, ledger), attribution: attributeTrades(entries), history: tradeHistory(ledger) };
}

async function write(...records: JournalRecord[]): Promise<void> {
  const journal = await FileJournal.open(folder, { segmentBytes: 600 });
  for (const record of records) await journal.append([record]);
  await journal.close();
}

async function compact(): Promise<void> {
  const journal = await FileJournal.open(folder, { segmentBytes: 600 });
  await journal.compact(snapshotLedger(await foldJournal(journal.entries())), 1);
  expect(journal.length).toBe(1);
  await journal.close();
}

const segments = (place = folder) => (existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.ndjson')) : []);

describe('a journal that was compacted', () => {
  it('still exports every trade, its fills, and where its profit came from', async () => {
    await write(transferRecord(1), ...trade(1), ...trade(2));
    const before = await exports();
    expect(before.tax.trim().split('\n')).toHaveLength(5);
    await compact();
    expect(await exports()).toEqual(before);
    await compact();
    await compact();
    expect(await exports()).toEqual(before);
    await write(...trade(3));
    const after = await exports();
    expect(after.tax.startsWith(before.tax)).toBe(true);
    expect(after.attribution).toHaveLength(3);
    expect(after.attribution.map(({ pnlUsd }) => pnlUsd)).toEqual(['94', '94', '94']);
    expect(tradeHistory(await ledgerNow())).toEqual(after.history);
  });

  it('goes on from the checkpoint where the archive is gone', async () => {
    await write(transferRecord(1), ...trade(1));
    await compact();
    rmSync(join(folder, 'archive'), { recursive: true });
    await write(...trade(2));
    const { tax, history } = await exports();
    expect(tax.trim().split('\n')).toHaveLength(3);
    expect(history).toHaveLength(2);
  });

  it('keeps what the last comparison with the exchange found', async () => {
    const differences = [{ kind: 'foreign_order', subject: 'x', journal: '0', venue: '1', explained: true, action: 'shown' }];
    await write(transferRecord(1), { type: 'reconciliation', atMs: 5, differences });
    await compact();
    expect((await ledgerNow()).lastReconciliation).toEqual({ type: 'reconciliation', atMs: 5, differences });
  });

  it('is whole whichever of its old segments a crash left behind', async () => {
    await write(transferRecord(1), ...trade(1), ...trade(2));
    expect(segments().length).toBeGreaterThan(2);
    const before = await exports();
    const expected = snapshotLedger(await ledgerNow());
    await compact();
    // The second one came back, as after a crash of the machine that lost a rename.
    const [, second] = segments(join(folder, 'archive')).sort();
    renameSync(join(folder, 'archive', second!), join(folder, second!));
    expect(snapshotLedger(await ledgerNow())).toEqual(expected);
    expect(await exports()).toEqual(before);
    await compact();
    expect(segments()).toHaveLength(1);
  });
});

/** Compacts the journal in a process of its own, which kills itself at a point. */
function compactAndDie(point: string): Promise<string | null> {
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `
    const { FileJournal } = await import(${module('./file-journal.ts')});
    const { foldJournal } = await import(${module('../ledger.ts')});
    const { snapshotLedger } = await import(${module('./ledger-snapshot.ts')});
    const crash = (point) => { if (point === ${JSON.stringify(point)}) process.kill(process.pid, 'SIGKILL'); };
    const open = await FileJournal.open(${JSON.stringify(folder)}, { segmentBytes: 600 });
    const ledger = await foldJournal(open.entries());
    await open.close();
    const journal = await FileJournal.open(${JSON.stringify(folder)}, { segmentBytes: 600, crash });
    await journal.compact(snapshotLedger(ledger), 1);
    await journal.close();`;
  return new Promise((done) => {
    const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
    child.on('close', (_code, signal) => done(signal));
  });
}

describe('a compaction that is killed', () => {
  it.each([...COMPACTION_POINTS, 'journal.before_write', 'journal.after_write', 'journal.after_fsync'])(
    'at %s loses nothing, and the next one ends it',
    async (point) => {
      await write(transferRecord(1), ...trade(1), ...trade(2));
      const before = await exports();
      const expected = snapshotLedger(await ledgerNow());
      expect(await compactAndDie(point)).toBe('SIGKILL');
      expect(snapshotLedger(await ledgerNow())).toEqual(expected);
      expect(await exports()).toEqual(before);
      await write(...trade(3));
      expect((await ledgerNow()).closedTrades).toHaveLength(3);
      await compact();
      expect(segments()).toHaveLength(1);
      expect((await exports()).attribution).toHaveLength(3);
    },
  );
});

describe('a segment that cannot be begun', () => {
  it('leaves the one before to be written to, and a journal that can be read', async () => {
    const journal = await FileJournal.open(folder, { segmentBytes: 100 });
    await journal.append([transferRecord(1)]);
    // A folder stands where the next segment would be.
    const place = join(folder, '000000000002.ndjson');
    mkdirSync(place);
    await expect(journal.append([transferRecord(2)])).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(journal.append([transferRecord(2)])).rejects.toMatchObject({ code: 'EISDIR' });
    rmdirSync(place);
    expect(await journal.append([transferRecord(2)])).toBe(2);
    await journal.close();
    expect((await readJournal(folder)).lastSeq).toBe(2);
  });

  it('is made anew where nothing was written to it', async () => {
    const journal = await FileJournal.open(folder);
    await journal.append([transferRecord(1), transferRecord(2)]);
    await journal.close();
    // What a failure to make it durable leaves, after which the segment before went on.
    writeFileSync(join(folder, '000000000002.ndjson'), '');
    const again = await FileJournal.open(folder);
    expect(again.lastSeq).toBe(2);
    await again.append([transferRecord(3)]);
    await again.close();
    expect((await readJournal(folder)).lastSeq).toBe(3);
  });
});

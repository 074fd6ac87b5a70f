import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { ManualClock, systemTimer } from '../domain/index.ts';
import { RequestBudgets } from '../extraction/index.ts';
import { ModelRegistry } from '../model/index.ts';
import { DataManager } from '../storage/index.ts';
import { FileJournal, foldJournal, HaltSwitch, type JournalRecord, snapshotLedger } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { DataSourcesFile } from './data-sources-file.ts';
import { verifyJournal } from './journal-command.ts';
import { RegistryModelStore } from './registry-model-store.ts';
import { tradeCommand } from './trade-command.ts';

const clock = new ManualClock(Date.UTC(2024, 0, 1));
let parts: AppParts;
beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ets-trade-'));
  parts = {
    dataDir,
    config: loadConfig({ env: {} }),
    env: {},
    clock,
    timer: systemTimer,
    budgets: new RequestBudgets(systemTimer),
    world: { kind: 'real' as const },
    isSimulated: false,
    dataSources: DataSourcesFile.none(),
    endpoints: undefined,
    urls: {},
    store: await DataManager.open(dataDir, { clock, timer: systemTimer, world: { kind: 'real' } }),
    onProgress: () => undefined,
    signal: undefined,
  };
});
afterEach(async () => {
  await parts.store.close();
  rmSync(parts.dataDir, { recursive: true, force: true });
});

const given = (amount: string): JournalRecord => ({
  type: 'transfer',
  atMs: 1,
  asset: 'USDT',
  amount,
  valueUsd: amount,
  reason: 'capital',
});
const journalPath = (...names: string[]) => join(parts.dataDir, PATHS.journal, ...names);
const damage = (path: string, from: string, to: string) => writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));

describe('tradeCommand', () => {
  it('halts for what must not be believed, and fails for it', async () => {
    const journal = await FileJournal.open(journalPath());
    await journal.append([given('10000'), given('1')]);
    await journal.close();
    damage(journalPath('000000000001.ndjson'), '10000', '90000');
    const models = await RegistryModelStore.open(new ModelRegistry(join(parts.dataDir, PATHS.models), clock), () => undefined);
    await expect(tradeCommand(parts, models)).rejects.toMatchObject({ code: 'journal.damaged' });
    const halt = await new HaltSwitch(join(parts.dataDir, PATHS.halt)).current();
    expect(halt).toMatchObject({ by: 'system', why: expect.stringMatching(/^journal\.damaged: /) });
  });
});

describe('verifyJournal', () => {
  /** A journal that was compacted after three transfers, and one more since. */
  const compacted = async (checkpointUsd = '10003') => {
    const journal = await FileJournal.open(journalPath());
    await journal.append([given('10000'), given('1'), given('2')]);
    const fold = await foldJournal([{ seq: 1, record: given(checkpointUsd) }]);
    await journal.compact(snapshotLedger(fold), 2);
    await journal.append([given('4')]);
    await journal.close();
  };

  it('reads what was archived too', async () => {
    await compacted();
    expect(await verifyJournal(parts)).toMatchObject({ verified: true, records: 5, readFrom: 1, tornBytes: 0 });
  });

  it('finds a damaged archive, although what counts is whole', async () => {
    await compacted();
    damage(journalPath('archive', '000000000001.ndjson'), '10000', '90000');
    await expect(verifyJournal(parts)).rejects.toMatchObject({ code: 'journal.damaged' });
  });

  it('finds an archive that adds up to something else', async () => {
    await compacted('10002');
    await expect(verifyJournal(parts)).rejects.toMatchObject({
      code: 'journal.archive_differs',
      details: { checkpoint: expect.stringContaining('10006'), archive: expect.stringContaining('10007') },
    });
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { ManualClock, money, systemTimer } from '../domain/index.ts';
import { ChallengerFile, ModelRegistry } from '../model/index.ts';
import { DataManager } from '../storage/index.ts';
import { BINANCE_ETHUSDT_FILTERS, FileJournal, makeIntent } from '../trading/index.ts';
import type { AppParts } from './app-parts.ts';
import { type UpkeepParts, upkeepJobs } from './daemon/upkeep-jobs.ts';
import { pruneModels } from './prune-models.ts';

const START_MS = Date.UTC(2024, 0, 1);
const scores = { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };
const about = (n: number) => ({
  trainedUntilMs: START_MS + n * 604_800_000,
  features: ['a'],
  featureCodeHash: 'f',
  canonical: { series: 'binance:ETHUSDT:1h', reason: 'hourly' },
  procedureHash: 'p',
  procedure: {},
  trainDays: 365,
  rows: 364,
  classes: [100, 120, 144] as [number, number, number],
  metrics: scores,
  baseline: scores,
  gate: { decision: 'promoted' as const, reason: 'better', checks: [] },
});

let dataDir = '';
let registry: ModelRegistry;
/** Eight versions, oldest first; the last two served, a trade of the first is open and the second is on trial. */
let ids: string[];
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-prune-'));
  const clock = new ManualClock(START_MS);
  registry = new ModelRegistry(join(dataDir, 'models'), clock);
  ids = [];
  for (let n = 0; n < 8; n++) {
    clock.moveTo(START_MS + n * 1_000);
    ids.push((await registry.save(Uint8Array.of(n), about(n))).modelId);
  }
  await registry.promote(ids[6]!, 'first');
  await registry.promote(ids[7]!, 'better');
  await new ChallengerFile(registry.folder).begin({ modelId: ids[1]!, sinceMs: START_MS });
  await openTradeOf(ids[0]!);
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** A journal with a position that a model opened and that is still held. */
async function openTradeOf(modelId: string): Promise<void> {
  const journal = await FileJournal.open(join(dataDir, 'trades/journal'));
  const intent = makeIntent({
    ...{ decisionId: 'd', leg: 'entry', attempt: 1, symbol: 'ETHUSDT', mode: 'paper', side: 'buy', quantity: money(2) },
    ...{ priceUsd: money(2_000), filters: BINANCE_ETHUSDT_FILTERS, nowMs: 1, validUntilMs: 2, reason: 'test', modelId },
  });
  const { clientOrderId } = intent;
  const fill = {
    ...{ tradeId: '1', clientOrderId, side: intent.side, quantity: '2', priceUsd: '2000' },
    ...{ feeAmount: '0', feeAsset: 'USDT', feeUsd: '0', executedAtMs: 5 },
  };
  await journal.append([
    { type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' },
    { type: 'order_planned', atMs: 1, intent },
    { type: 'order_submitting', atMs: 1, clientOrderId, sendBeforeMs: 2 },
    { type: 'fill', atMs: 5, fill },
  ]);
  await journal.close();
}

const left = async () => (await registry.list()).map(({ modelId }) => ids.indexOf(modelId));

describe('removing old models', () => {
  it('keeps the one that opened the position held, the one on trial, those that served, and those in use', async () => {
    expect(await pruneModels({ dataDir }, registry, 3, [ids[3]!])).toEqual([ids[2], ids[4]]);
    expect(await left()).toEqual([0, 1, 3, 5, 6, 7]);
  });

  it('removes nothing where it is not known which one is on trial', async () => {
    writeFileSync(join(registry.folder, 'challenger.json'), '{');
    await expect(pruneModels({ dataDir }, registry, 2)).rejects.toMatchObject({ code: 'registry.challenger_damaged' });
    expect(await left()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('needs no journal, and no trial', async () => {
    rmSync(join(dataDir, 'trades'), { recursive: true });
    rmSync(join(registry.folder, 'challenger.json'));
    await pruneModels({ dataDir }, registry, 2);
    expect(await left()).toEqual([6, 7]);
  });
});

describe('the retention of the daemon', () => {
  it('keeps the same, and the model that stands in for the current one', async () => {
    const clock = new ManualClock(START_MS);
    const store = await DataManager.open(dataDir, { clock, timer: systemTimer });
    const parts = {
      dataDir,
      config: loadConfig({ env: {}, overrides: ['retention.models=2'] }),
      env: {},
      timer: systemTimer,
      clock,
      store,
    } as unknown as AppParts;
    const session = { cycle: { model: () => ({ modelId: ids[3] }) }, journalLength: () => 0 };
    const daemon = { registry, session } as unknown as UpkeepParts['daemon'];
    const jobs = upkeepJobs({ parts, daemon, alerts: {}, fetching: {} } as unknown as UpkeepParts);
    await jobs.find(({ name }) => name === 'retention')!.run(new AbortController().signal);
    await store.close();
    expect(await left()).toEqual([0, 1, 3, 6, 7]);
  });
});

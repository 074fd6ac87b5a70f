import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decideAt, runDailyCycle } from '../src/app/daily-cycle.ts';
import { loadView } from '../src/app/load-view.ts';
import { openPredictionHistory } from '../src/app/prediction-history.ts';
import type { Challenger } from '../src/app/retrain.ts';
import { runScheduledCycle } from '../src/app/scheduled-cycle.ts';
import type { ServedPrediction } from '../src/app/served-outcomes.ts';
import type { ServingModel } from '../src/app/serving-model.ts';
import { openTradingSession, type TradingSession } from '../src/app/trading-session.ts';
import { loadConfig } from '../src/config/index.ts';
import { DAY_MS, ManualClock } from '../src/domain/index.ts';
import { type EnsembleModel, trainableRows } from '../src/model/index.ts';
import type { DecisionRecord } from '../src/trading/index.ts';
import { END_MS, simulatedHistory } from './simulated-history.fixture.ts';

const FIRST_MS = END_MS - 6 * DAY_MS + 23 * 3_600_000;
const CANONICAL = 'binance:ETHUSDT:1h';
const SHARES = [0.3, 0.3, 0.4] as const;

let history: Awaited<ReturnType<typeof simulatedHistory>>;
beforeAll(async () => {
  history = await simulatedHistory({ seed: 2, edge: 0, days: 40 });
});
afterAll(() => history.close());

/** A model of that name which answers with whatever `say` gives. */
const model = (modelId: string, say: () => Float64Array): ServingModel => ({
  modelId,
  artifactSha256: 'none',
  trainedUntilMs: FIRST_MS - DAY_MS,
  trainDays: 365,
  canonical: CANONICAL,
  ensemble: { featureNames: [], classShares: SHARES, predictProba: say } as unknown as EnsembleModel,
});
const incumbent = model('incumbent', () => Float64Array.of(0.8, 0.1, 0.1));

interface Asked {
  readonly served?: readonly ServedPrediction[];
  readonly overrides?: readonly string[];
  /** Where the account lies; that of the history unless told. */
  readonly dataDir?: string;
}

async function withSession(
  { served = [], overrides = [], dataDir = history.parts.dataDir }: Asked,
  work: (session: TradingSession) => Promise<void>,
) {
  const clock = new ManualClock(END_MS);
  const config = loadConfig({ env: {}, overrides: ['model.trees=50', ...overrides] });
  const parts = { ...history.parts, clock, config, dataDir };
  const session = await openTradingSession(parts, {
    mode: 'paper',
    model: () => incumbent,
    served: () => served,
    quote: async (atMs) => ({ priceUsd: (await loadView(parts, atMs)).lastClose(CANONICAL, atMs), atMs: clock.nowMs() }),
  });
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

describe('the predictions that are kept of a daily cycle', () => {
  const onTrial = (say: () => Float64Array): { challenger: () => Challenger } => ({
    challenger: () => ({ model: model('challenger', say), sinceMs: FIRST_MS - DAY_MS }),
  });

  it('are those of the model that serves and, in the shadow, of the challenger, once each', async () => {
    await withSession({}, async (session) => {
      const log = await openPredictionHistory(history.parts.dataDir);
      const trial = onTrial(() => Float64Array.of(0.1, 0.8, 0.1));
      const cycle = () => runScheduledCycle(session, trial, log, FIRST_MS, failOn);
      expect(await cycle()).toMatchObject({ isRepeat: false, record: { modelId: 'incumbent', decision: { action: 'BUY' } } });
      expect(await cycle()).toMatchObject({ isRepeat: true });
      const again = await openPredictionHistory(history.parts.dataDir);
      const said = { decisionTimeMs: FIRST_MS, baseline: SHARES, recordedMs: END_MS };
      expect(again.served.predictions).toEqual([{ ...said, modelId: 'incumbent', probabilities: [0.8, 0.1, 0.1] }]);
      expect(again.shadow.predictions).toEqual([{ ...said, modelId: 'challenger', probabilities: [0.1, 0.8, 0.1] }]);
    });
  });

  it('lack a day on which the challenger throws; the decision is made, and somebody is told', async () => {
    const dueMs = FIRST_MS + DAY_MS;
    await withSession({}, async (session) => {
      const log = await openPredictionHistory(history.parts.dataDir);
      const trial = onTrial(() => {
        throw new TypeError('no such column');
      });
      const told: string[] = [];
      const { record } = await runScheduledCycle(session, trial, log, dueMs, (why) => told.push(why));
      expect(record).toMatchObject({ modelId: 'incumbent', decision: { label: 'BUY' } });
      expect(told).toEqual(['the challenger challenger did not predict: no such column']);
      expect(log.served.predictions.map(({ decisionTimeMs }) => decisionTimeMs)).toEqual([FIRST_MS, dueMs]);
      expect(log.shadow.predictions.map(({ decisionTimeMs }) => decisionTimeMs)).toEqual([FIRST_MS]);
      expect(existsSync(join(history.parts.dataDir, 'trades/trade_history.json'))).toBe(true);
    });
  });

  it('are only those of the model that serves where none is on trial', async () => {
    const dueMs = FIRST_MS + 2 * DAY_MS;
    await withSession({}, async (session) => {
      const log = await openPredictionHistory(history.parts.dataDir);
      await runScheduledCycle(session, { challenger: () => undefined }, log, dueMs, failOn);
      expect([log.served.predictions.length, log.shadow.predictions.length]).toEqual([3, 1]);
    });
  });
});

describe('a model whose predictions turned out far worse than they claimed', () => {
  const dueMs = FIRST_MS + 4 * DAY_MS;
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'ets-drift-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  /** Days of the past on which the model was sure of one class, and wrong or right. */
  async function said(isWrong: boolean): Promise<ServedPrediction[]> {
    const { set } = (await loadView(history.parts, dueMs)).table(CANONICAL);
    return trainableRows(set, 0, dueMs).map((row) => {
      const sure = isWrong ? (set.label[row]! + 1) % 3 : set.label[row]!;
      const probabilities = [0, 1, 2].map((label) => (label === sure ? 0.9 : 0.05)) as [number, number, number];
      return { decisionTimeMs: set.timeMs[row]!, modelId: 'incumbent', probabilities };
    });
  }

  /** What a decision would be, with what had been said before it. */
  async function decided(isWrong: boolean, overrides: string[] = []) {
    const records: DecisionRecord[] = [];
    await withSession({ served: await said(isWrong), overrides, dataDir }, async ({ cycle }) => {
      records.push(await decideAt(cycle, await cycle.market.view(dueMs), 'drifting', dueMs, true));
    });
    return records[0]!;
  }

  it('buys half as much, unless told otherwise', async () => {
    const sound = await decided(false);
    expect(sound.conditions.drift?.level).not.toBe('act');
    expect(sound.sizing.targetExposure).toBe(0.5);
    const drifted = await decided(true);
    expect(drifted.conditions.drift).toMatchObject({ level: 'act' });
    expect(drifted).toMatchObject({ sizing: { targetExposure: 0.25, side: 'buy' } });
    expect((await decided(true, ['risk.exposureAtDrift=1'])).sizing.targetExposure).toBe(0.5);
    expect((await decided(true, ['risk.exposureAtDrift=0.2'])).sizing.targetExposure).toBeCloseTo(0.1, 12);
  });

  it('gives up half of what it holds', async () => {
    await withSession({ dataDir }, ({ cycle }) => runDailyCycle(cycle, dueMs - DAY_MS).then(() => undefined));
    await withSession({ dataDir, served: await said(true) }, async ({ cycle }) => {
      const { record, exposure } = await runDailyCycle(cycle, dueMs);
      expect(record).toMatchObject({ sizing: { side: 'sell', targetExposure: 0.25 } });
      expect(exposure).toBeCloseTo(0.25, 2);
    });
  });

  it('buys nothing where nothing is kept of the exposure, or drift may not go so far', async () => {
    const nothing = await decided(true, ['risk.exposureAtDrift=0']);
    expect(nothing.intents).toEqual([]);
    const refused = await decided(true, ['risk.maxDrift=watch']);
    expect(refused.risk).toMatchObject({ allowed: false, reasons: [{ rule: 'drift_level', value: 1, limit: 0.5 }] });
    expect((await decided(false, ['risk.maxDrift=watch'])).risk.allowed).toBe(true);
  });
});

function failOn(why: string): never {
  throw new Error(`nobody should be told: ${why}`);
}

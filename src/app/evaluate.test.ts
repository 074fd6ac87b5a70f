import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { DAY_MS, HOUR_MS, type Matrix, systemClock, systemTimer } from '../domain/index.ts';
import { RequestBudgets } from '../extraction/index.ts';
import { PredictionLog } from '../model/index.ts';
import { DataManager, type World } from '../storage/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { DataSourcesFile } from './data-sources-file.ts';
import { evaluate } from './evaluate.ts';
import type { ServingModel } from './serving-model.ts';

const START_MS = Date.UTC(2023, 0, 1, 23);
const DAYS = 150;
/** What Ether does from one 23:00 to the next, over and over: BUY, SELL and HOLD are right in turn. */
const MOVES = [0.05, -0.05, 0];
const SERIES = 'binance:ETHUSDT:1h';
const startMs = START_MS - 23 * HOUR_MS + 90 * DAY_MS;
const endMs = startMs + 29 * DAY_MS;
const world: World = { kind: 'real' };

let folder = '';
let store: DataManager;
let parts: AppParts;

function candles(): string {
  const lines = ['time,open,high,low,close,volume'];
  let price = 1_500;
  for (let hour = 0; hour < 24 * DAYS; hour++) {
    const open = price;
    price *= Math.exp(MOVES[Math.floor(hour / 24) % 3]! / 24);
    const [high, low] = [Math.max(open, price), Math.min(open, price)];
    lines.push([START_MS + hour * HOUR_MS, open, high, low, price, 1_000].join(','));
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ets-evaluate-'));
  const dataDir = join(folder, 'data');
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, candles());
  const config = loadConfig({ env: {}, overrides: ['model.trainDays=60', 'gate.windowDays=30'] });
  const app = await openApp({ dataDir, config, env: {} });
  await app.ingest([file], {});
  await app.close();
  store = await DataManager.open(dataDir, { clock: systemClock, timer: systemTimer, world });
  parts = {
    ...{ dataDir, config, env: {}, clock: systemClock, timer: systemTimer, world, store, signal: undefined },
    ...{ budgets: new RequestBudgets(systemTimer), dataSources: DataSourcesFile.none(), isSimulated: false },
    ...{ endpoints: undefined, urls: {} as AppParts['urls'], onProgress: () => undefined },
  };
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** A model that says the same every day, or what `of` makes of the row's number. */
const saying = (modelId: string, of: (row: number) => readonly number[], trainedUntilMs = startMs): ServingModel =>
  ({
    ...{ modelId, trainedUntilMs, trainDays: 60, canonical: SERIES },
    ensemble: {
      featureNames: [],
      classShares: [1 / 3, 1 / 3, 1 / 3],
      predictProba: ({ rows }: Matrix) => Float64Array.from(Array.from({ length: rows }, (_, row) => [...of(row)]).flat()),
    },
  }) as unknown as ServingModel;

const constant = saying('constant', () => [0.5, 0.25, 0.25]);
const loss = -(Math.log(0.5) + 2 * Math.log(0.25)) / 3;

describe('evaluating a model', () => {
  it('scores the days of the period, exactly, with an interval each', async () => {
    const { rows, metrics, baseline, intervals, skill, warnings, conformal } = await evaluate(parts, constant, {
      startMs,
      endMs,
    });
    expect(rows).toBe(30);
    expect(metrics).toMatchObject({
      logLoss: expect.closeTo(loss, 12),
      brier: expect.closeTo((0.375 + 0.875 + 0.875) / 3, 12),
      accuracy: expect.closeTo(1 / 3, 12),
      balancedAccuracy: expect.closeTo(1 / 3, 12),
      mcc: 0,
      ece: expect.closeTo(0.5 - 1 / 3, 12),
      classwiseEce: expect.closeTo((1 / 6 + 1 / 12 + 1 / 12) / 3, 12),
      confusion: [
        [10, 0, 0],
        [10, 0, 0],
        [10, 0, 0],
      ],
      perClass: [
        { precision: expect.closeTo(1 / 3, 12), recall: 1 },
        { precision: null, recall: 0 },
        { precision: null, recall: 0 },
      ],
    });
    expect(baseline).toMatchObject({ logLoss: expect.closeTo(Math.log(3), 12), accuracy: expect.closeTo(1 / 3, 12) });
    const { perClass, ...whole } = intervals;
    for (const [name, interval] of Object.entries(whole)) expect(interval.mean).toBe(metrics[name as keyof typeof whole]);
    expect(whole.logLoss.low < loss && loss < whole.logLoss.high).toBe(true);
    expect(perClass[0]!.recall).toEqual({ mean: 1, low: 1, high: 1 });
    expect(perClass[1]!.precision).toBeNull();
    expect(conformal.nominal).toBe(0.9);
    expect(skill).toMatchObject({ verdict: 'none', rows: 30 });
    expect(warnings).toEqual([]);
  });

  it('counts persistence in the window of the model, whatever the configuration says today', async () => {
    const persistence = async (trainDays: number, model: ServingModel) => {
      const config = { ...parts.config, model: { ...parts.config.model, trainDays } };
      return (await evaluate({ ...parts, config }, model, { startMs, endMs })).persistence;
    };
    const own = await persistence(60, constant);
    expect(own).toMatchObject({ days: 30, accuracy: 1 });
    expect(await persistence(1, constant)).toEqual(own);
    expect(await persistence(60, { ...constant, trainDays: 1 })).toBeNull();
  });

  it('compares with class shares, persistence, what was served and the current model, by Diebold and Mariano', async () => {
    const log = await PredictionLog.open(join(parts.dataDir, PATHS.predictions));
    const served = [0.25, 0.5, 0.25] as [number, number, number];
    for (let day = 0; day < 3; day++) {
      const decisionTimeMs = startMs + day * DAY_MS + 23 * HOUR_MS;
      await log.record({ decisionTimeMs, modelId: 'm', probabilities: served, baseline: served, recordedMs: decisionTimeMs });
    }
    const current = saying('current', () => [0.25, 0.25, 0.5], startMs + 2 * DAY_MS);
    const result = await evaluate(parts, constant, { startMs, endMs }, current);
    expect(result.classShares).toMatchObject({ days: 30, gain: { mean: expect.closeTo(Math.log(3) - loss, 12) } });
    expect(result.skill.dieboldMariano).toBe(result.classShares.dieboldMariano);
    expect(result.classShares.dieboldMariano).toBeLessThan(0);
    expect(result.persistence).toMatchObject({ days: 30, accuracy: 1, dieboldMariano: expect.any(Number) });
    expect(result.persistence!.dieboldMariano).toBeLessThan(-3);
    expect(result.served).toMatchObject({ days: 3, logLoss: expect.closeTo(loss, 12) });
    expect(result.current).toMatchObject({
      modelId: 'current',
      days: 30,
      logLoss: expect.closeTo(loss, 12),
      dieboldMariano: expect.closeTo(0, 9),
    });
    expect(result.warnings).toEqual([expect.stringContaining("2 of these days lie in the current model's own training window")]);
    expect((await evaluate(parts, constant, { startMs, endMs }, constant)).current).toBeNull();
  });

  it('finds the skill of a model that knows, follows it net of costs, and says where its days are its own', async () => {
    const knowing = (shift: number) =>
      saying('knowing', (row) => [0, 1, 2].map((label) => (label === (row + shift) % 3 ? 0.9 : 0.05)), endMs);
    const all = await Promise.all([0, 1, 2].map((shift) => evaluate(parts, knowing(shift), { startMs, endMs })));
    const [right] = all.filter(({ metrics }) => metrics.accuracy === 1);
    expect(right).toMatchObject({
      metrics: {
        mcc: expect.closeTo(1, 12),
        ece: expect.closeTo(0.1, 12),
        perClass: new Array(3).fill({ precision: 1, recall: 1 }),
      },
      skill: { verdict: 'found' },
      trading: { buySignals: 10 },
    });
    expect(right!.trading.netReturnPerDay.mean).toBeCloseTo((10 * Math.expm1(0.05) - 20 * 0.0015) / 30, 4);
    expect(right!.warnings).toEqual([expect.stringContaining("29 of these days lie in the model's own training window")]);
  });

  it('refuses a period without known outcomes', async () => {
    const later = endMs + 400 * DAY_MS;
    await expect(evaluate(parts, constant, { startMs: later, endMs: later })).rejects.toMatchObject({
      code: 'evaluate.nothing_to_score',
    });
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { DAY_MS, HOLD, HOUR_MS } from '../domain/index.ts';
import { CATALOGUE } from '../features/index.ts';

const START_MS = Date.UTC(2023, 0, 1);
const untilMs = START_MS + 150 * DAY_MS;
const fixture = new URL('../model/interchange/fixtures/lightgbm.txt', import.meta.url);

let folder = '';
let app: App;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-flat-'));
  const lines = Array.from({ length: 24 * 155 }, (_, hour) => [START_MS + hour * HOUR_MS, 1500, 1500, 1500, 1500, 900].join(','));
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, `${['time,open,high,low,close,volume', ...lines].join('\n')}\n`);
  const overrides = ['model.trainDays=100', 'gate.windowDays=35', 'model.trees=10', 'model.folds=3'];
  app = await openApp({ dataDir: join(folder, 'data'), config: loadConfig({ env: {}, overrides }), env: {} });
  await app.ingest([file], {});
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('a market that stands still', () => {
  it('teaches a model to hold, which claims no skill', async () => {
    const { classes, metrics, baseline, modelId, gate } = await app.train({ untilMs, fetch: false });
    expect(classes).toMatchObject({ buy: 0, sell: 0 });
    expect(gate).toMatchObject({ decision: 'promoted', reason: 'first' });
    expect(metrics.accuracy).toBe(1);
    for (const score of [metrics.logLoss, metrics.brier, metrics.ece, baseline.logLoss]) expect(score).toBeGreaterThanOrEqual(0);
    expect((await app.showModel(modelId)).skill).toBe('unknown');
    const { probabilities, class: likeliest } = await app.predict(untilMs + DAY_MS);
    expect(likeliest).toBe(HOLD);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  });

  it('is searched without a result that looks like one', async () => {
    const request = { trials: 8, learner: 'logistic-regression', untilMs, folds: 4 };
    const { best, deflatedSharpe, sharpe } = await app.tune(request);
    expect(best.value).toBeGreaterThan(0);
    expect([sharpe, deflatedSharpe]).toEqual([null, null]);
  });

  it('has no class shares for a model that knows three classes', async () => {
    const [a, b, c] = CATALOGUE.map(({ name }) => name);
    const text = await readFile(fixture, 'utf8');
    const file = join(folder, 'model.txt');
    await writeFile(file, text.replace('feature_names=signal steps other', `feature_names=${a} ${b} ${c}`));
    await expect(app.importModel({ file, trainedUntilMs: untilMs })).rejects.toMatchObject({ code: 'import.class_missing' });
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { createRng, DAY_MS, HOUR_MS, normal } from '../domain/index.ts';

const START_MS = Date.UTC(2023, 0, 1);
const untilMs = START_MS + 250 * DAY_MS;

let folder = '';
let app: App;

/** Hourly candles whose days turn round: after a rise of [23:00, 23:00) comes a fall, and the other way. */
function turningCandles(days: number): string {
  const rng = createRng(6);
  const lines = ['time,open,high,low,close,volume'];
  let close = 1_500;
  let opened = close;
  let pull = 0;
  for (let hour = 0; hour < 24 * days; hour++) {
    if (hour % 24 === 23) {
      pull = Math.log(close / opened) > 0 ? -0.0015 : 0.0015;
      opened = close;
    }
    const open = close;
    close *= Math.exp(pull + 0.004 * normal(rng));
    lines.push(
      [START_MS + hour * HOUR_MS, open, Math.max(open, close) * 1.0005, Math.min(open, close) * 0.9995, close, 900].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-explain-'));
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, turningCandles(260));
  const overrides = ['model.threads=1', 'model.trees=10', 'model.folds=3', 'model.trainDays=200', 'gate.windowDays=30'];
  app = await openApp({ dataDir: join(folder, 'data'), config: loadConfig({ env: {}, overrides }), env: {} });
  await app.ingest([file], {});
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('explaining a prediction', () => {
  it('refuses while there is no model', async () => {
    await expect(app.explainPrediction(untilMs)).rejects.toMatchObject({ code: 'predict.no_model' });
  });

  it('adds up to what is predicted, by features and by families', async () => {
    await app.train({ untilMs, fetch: false });
    const atMs = untilMs + 5 * DAY_MS;
    const { probabilities } = await app.predict(atMs);
    const { base, features, families } = await app.explainPrediction(atMs);
    for (const k of [0, 1, 2] as const) {
      const byFeature = features.reduce((sum, { moved }) => sum + moved[k], base[k]);
      const byFamily = Object.values(families).reduce((sum, moved) => sum + moved[k], base[k]);
      expect(byFeature).toBeCloseTo(probabilities[k], 9);
      expect(byFamily).toBeCloseTo(probabilities[k], 9);
    }
    expect(features.some(({ moved }) => Math.abs(moved[0]) > 0.005)).toBe(true);
    expect(await app.explainPrediction(atMs)).toEqual({ base, features, families });
  });
});

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { createRng, DAY_MS, HOUR_MS, normal } from '../domain/index.ts';

const START_MS = Date.UTC(2023, 0, 1);
const HOURS = 24 * 330;
const untilMs = START_MS + 320 * DAY_MS;

let folder = '';
let app: App;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-tune-'));
  const rng = createRng(5);
  let close = 1_500;
  const lines = Array.from({ length: HOURS }, (_, hour) => {
    const open = close;
    close *= Math.exp(0.006 * normal(rng));
    const [high, low] = [Math.max(open, close) * 1.001, Math.min(open, close) * 0.999];
    return [START_MS + hour * HOUR_MS, open, high, low, close, 1_000].join(',');
  });
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, ['time,open,high,low,close,volume', ...lines, ''].join('\n'));
  const config = loadConfig({ env: {}, overrides: ['model.threads=1'] });
  app = await openApp({ dataDir: join(folder, 'data'), config, env: {} });
  await app.ingest([file], {});
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

const request = { trials: 16, study: 'walk', learner: 'logistic-regression', untilMs, days: 280, folds: 4 };

describe('tuning stored data', () => {
  it('finds settings, keeps every trial, and says what the result is worth', async () => {
    const result = await app.tune(request);
    expect(result).toMatchObject({ study: 'walk', trials: 16, simulated: false, learner: 'logistic-regression' });
    expect(result.best.params).toEqual({ l2: expect.any(Number) });
    expect(result.best.value).toBeGreaterThan(0.5);
    expect(result.defaults?.baseline).toBe(result.best.baseline);
    expect(result.overfittingProbability).toBeGreaterThanOrEqual(0);
    const lines = (await readFile(result.file, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(17);
  });

  it('goes on with the study of that name as it was begun', async () => {
    const first = await app.tune(request);
    const again = await app.tune({ trials: 24, study: 'walk', days: 280 });
    expect(again.trials).toBe(24);
    expect(again.trainedUntilMs).toBe(untilMs);
    expect(again.best.value).toBeLessThanOrEqual(first.best.value);
  });

  it.each([
    ['tuning.study_differs', { ...request, seed: 77 }],
    ['tuning.study_differs', { ...request, learner: 'extra-trees' }],
    ['tuning.space_missing', { ...request, study: 'other', learner: 'oracle' }],
    ['tuning.space_missing', { ...request, study: 'other', learner: '../../package' }],
    ['tuning.bad_name', { ...request, study: '../walk' }],
    ['tuning.name_missing', { trials: 1, space: 'own.yaml' }],
    ['train.too_little_history', { ...request, study: 'other', days: 3_000 }],
  ])('refuses with %s', async (code, options) => {
    await expect(app.tune(options)).rejects.toMatchObject({ code });
  });

  it('lets a training take its best settings', async () => {
    const { best } = await app.tune(request);
    const shape = { untilMs, days: 280, fetch: false };
    const { procedure } = await app.train({ ...shape, studies: ['walk'] });
    expect(procedure.learners).toEqual({ 'logistic-regression': { l2: best.params.l2 } });
    await expect(app.train({ ...shape, studies: ['nowhere'] })).rejects.toMatchObject({ code: 'tuning.study_missing' });
  }, 60_000);

  it("takes a search space of one's own, and refuses a wrong one by its path", async () => {
    const file = join(folder, 'own.yaml');
    await writeFile(file, 'learner: logistic-regression\nparameters:\n  l2: { low: 5, high: 6 }\n');
    const { best, defaults } = await app.tune({ ...request, trials: 8, study: 'own', learner: undefined, space: file });
    expect(best.params.l2).toBeGreaterThanOrEqual(5);
    expect(defaults).toBeNull();
    await writeFile(file, 'learner: logistic-regression\nparameters:\n  l2: { low: 9, high: 6 }\n');
    const wrong = app.tune({ ...request, study: 'wrong', learner: undefined, space: file });
    await expect(wrong).rejects.toMatchObject({
      code: 'tuning.space_invalid',
      message: expect.stringContaining('parameters.l2'),
    });
  });
});

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
    expect(again.searchedUntilMs).toBe(first.searchedUntilMs);
  });

  it('searches none of the days that a training with the result is scored on', async () => {
    const { searchedUntilMs, rows } = await app.tune(request);
    expect(searchedUntilMs).toBe(untilMs - 90 * DAY_MS);
    expect(rows).toBeLessThanOrEqual(280 - 90);
    expect(rows).toBeGreaterThan(180);
  });

  it('measures what the signals of every trial would have returned, and counts the trials of all studies', async () => {
    const result = await app.tune(request);
    const [, ...lines] = (await readFile(result.file, 'utf8')).trim().split('\n');
    for (const { folds } of lines.map((line) => JSON.parse(line))) {
      for (const { returns } of folds) expect(returns.meanSquare).toBeGreaterThanOrEqual(returns.mean ** 2);
    }
    const before = result.searchedTrials;
    expect(before).toBeGreaterThanOrEqual(result.trials);
    const { searchedTrials } = await app.tune({ ...request, trials: 8, study: 'again' });
    expect(searchedTrials).toBe(before + 8);
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
    const { search, metrics, modelId } = await app.train({ ...shape, studies: ['walk'] });
    const searchedUntilMs = untilMs - 90 * DAY_MS;
    expect(search).toMatchObject({ studies: ['walk'], trials: 24, searchedUntilMs });
    expect((await app.showModel(modelId)).search).toEqual(search);
    expect(metrics.days).toBeGreaterThan(80);
    expect((await app.train(shape)).search).toBeNull();
    await expect(app.train({ ...shape, studies: ['nowhere'] })).rejects.toMatchObject({ code: 'tuning.study_missing' });
  }, 60_000);

  it('does not score settings on days that they were chosen on', async () => {
    const { metrics, modelId, gate } = await app.train({
      untilMs: untilMs - 60 * DAY_MS,
      days: 220,
      fetch: false,
      studies: ['walk'],
    });
    expect(metrics.days).toBeGreaterThan(25);
    expect(metrics.days).toBeLessThanOrEqual(30);
    const earlier = await app.train({ untilMs: untilMs - 90 * DAY_MS, days: 190, fetch: false, studies: ['walk'] });
    expect(earlier.metrics).toEqual({ accuracy: null, logLoss: null, brier: null, ece: null, days: 0 });
    expect((await app.showModel(earlier.modelId)).skill).toBe('unknown');
    expect([gate.decision, earlier.gate]).toEqual([
      'kept',
      expect.objectContaining({ decision: 'kept', reason: 'too_few_days' }),
    ]);
    expect((await app.showModel(modelId)).search!.searchedUntilMs).toBe(untilMs - 90 * DAY_MS);
  }, 120_000);

  it('holds a study that an earlier version searched up to its end against every day before that', async () => {
    const { file } = await app.tune({ ...request, trials: 8, study: 'old' });
    const [head, ...lines] = (await readFile(file, 'utf8')).split('\n');
    const { searchedUntilMs: _, ...before } = JSON.parse(head!);
    await writeFile(file, [JSON.stringify(before), ...lines].join('\n'));
    const { modelId, metrics } = await app.train({ untilMs, days: 280, fetch: false, studies: ['old'] });
    expect(metrics.days).toBe(0);
    expect(await app.showModel(modelId)).toMatchObject({ skill: 'unknown', search: { searchedUntilMs: untilMs } });
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

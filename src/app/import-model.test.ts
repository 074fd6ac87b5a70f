import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, openApp } from '../app.ts';
import { loadConfig } from '../config/index.ts';
import { createRng, DAY_MS, HOUR_MS, normal } from '../domain/index.ts';
import { CATALOGUE } from '../features/index.ts';

const START_MS = Date.UTC(2023, 0, 1);
const untilMs = START_MS + 250 * DAY_MS;
const fixture = new URL('../model/interchange/fixtures/lightgbm.txt', import.meta.url);

let folder = '';
let app: App;
let text = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-import-'));
  const rng = createRng(8);
  let close = 1_500;
  const lines = Array.from({ length: 24 * 260 }, (_, hour) => {
    const open = close;
    close *= Math.exp(0.006 * normal(rng));
    const [high, low] = [Math.max(open, close) * 1.0005, Math.min(open, close) * 0.9995];
    return [START_MS + hour * HOUR_MS, open, high, low, close, 900].join(',');
  });
  const file = join(folder, 'eth_usdt_1h_binance.csv');
  await writeFile(file, `${['time,open,high,low,close,volume', ...lines].join('\n')}\n`);
  app = await openApp({
    dataDir: join(folder, 'data'),
    config: loadConfig({ env: {}, overrides: ['model.trainDays=200'] }),
    env: {},
  });
  await app.ingest([file], {});
  text = await readFile(fixture, 'utf8');
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

async function saved(names: string): Promise<string> {
  const file = join(folder, 'model.txt');
  await writeFile(file, text.replace('feature_names=signal steps other', `feature_names=${names}`));
  return file;
}

describe('importing a model', () => {
  it('keeps it as a version that serves only once it is promoted, and then predicts', async () => {
    const names = CATALOGUE.filter(({ family }) => family === 'returns')
      .slice(0, 3)
      .map(({ name }) => name);
    const imported = await app.importModel({ file: await saved(names.join(' ')), trainedUntilMs: untilMs });
    expect(imported).toMatchObject({ features: names, skill: 'unknown', gate: { decision: 'kept', reason: 'imported' } });
    expect((await app.listModels()).map(({ modelId, current }) => [modelId, current])).toEqual([[imported.modelId, false]]);
    await app.promoteModel(imported.modelId);
    const { probabilities, modelId } = await app.predict(untilMs + 5 * DAY_MS);
    expect(modelId).toBe(imported.modelId);
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
    const { base, features: parts } = await app.explainPrediction(untilMs + 5 * DAY_MS);
    expect(parts.reduce((sum, { moved }) => sum + moved[0], base[0])).toBeCloseTo(probabilities[0], 9);
  });

  it('takes columns of the table that its refusal names', async () => {
    const refusal = await app.importModel({ file: await saved('a b c'), trainedUntilMs: untilMs }).catch((error) => error);
    expect(refusal.hint).toMatch(/`ets features build`.*`ets data export featured_data FILE\.csv`/);
    await app.buildFeatures();
    const table = join(folder, 'table.csv');
    const { rows } = await app.exportData('featured_data', table);
    const [head, ...lines] = (await readFile(table, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(rows);
    const names = head!.split(',').filter((name) => CATALOGUE.some((feature) => feature.name === name));
    expect(names.length).toBeGreaterThan(50);
    const imported = await app.importModel({ file: await saved(names.slice(-3).join(' ')), trainedUntilMs: untilMs });
    expect(imported.features).toEqual(names.slice(-3));
  });

  it('refuses columns that are no features here, and files that are not there', async () => {
    await expect(app.importModel({ file: await saved('a b c'), trainedUntilMs: untilMs })).rejects.toMatchObject({
      code: 'import.unknown_feature',
    });
    await expect(app.importModel({ file: join(folder, 'none.txt'), trainedUntilMs: untilMs })).rejects.toMatchObject({
      code: 'import.unreadable_file',
    });
  });
});

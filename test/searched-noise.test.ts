import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openApp } from '../src/app.ts';
import { loadConfig } from '../src/config/index.ts';
import { createRng, DAY_MS, HOUR_MS, normal } from '../src/domain/index.ts';

const START_MS = Date.UTC(2022, 0, 1);
const DAYS = 400;
const untilMs = START_MS + DAYS * DAY_MS;
const TRAIN_DAYS = 365;

/** Hours of a price that walks at random. */
function noise(seed: number): string {
  const rng = createRng(seed, 0x0153);
  let price = 1_500;
  const lines = Array.from({ length: 24 * (DAYS + 2) }, (_, hour) => {
    const open = price;
    price *= Math.exp(0.007 * normal(rng));
    const [high, low] = [Math.max(open, price) * 1.001, Math.min(open, price) * 0.999];
    return [START_MS + hour * HOUR_MS, open, high, low, price, 1_000 * (1 + rng())].join(',');
  });
  return `${['time,open,high,low,close,volume', ...lines].join('\n')}\n`;
}

/** A long search for whatever fits noise, and a training with what it found. */
async function searchAndTrain(seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'ets-noise-'));
  const overrides = ['model.trees=10', 'model.folds=3'];
  const app = await openApp({ dataDir: join(folder, 'data'), config: loadConfig({ env: {}, overrides }), env: {} });
  try {
    const file = join(folder, 'eth_usdt_1h_binance.csv');
    await writeFile(file, noise(seed));
    await app.ingest([file], {});
    const space = join(folder, 'space.yaml');
    await writeFile(
      space,
      [
        'learner: gradient-boosted-trees',
        'parameters:',
        '  rounds: { low: 2, high: 20, scale: log, integer: true }',
        '  learningRate: { low: 0.02, high: 0.3, scale: log }',
        '  minLeafSamples: { low: 5, high: 60, scale: log, integer: true }',
        '  columnSample: { low: 0.05, high: 1, scale: log }',
        'fixed: { seed: 1, maxBins: 255, maxLeaves: 7 }',
        '',
      ].join('\n'),
    );
    const found = await app.tune({ trials: 120, study: 'long', space, untilMs, days: TRAIN_DAYS, folds: 4, seed });
    const { modelId, metrics, search } = await app.train({ untilMs, days: TRAIN_DAYS, fetch: false, studies: ['long'] });
    return { found, metrics, search, manifest: await app.showModel(modelId) };
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a long search in noise', () => {
  it.each([1, 2, 3])('does not make skill: world %d', { timeout: 240_000 }, async (seed) => {
    const { found, metrics, search, manifest } = await searchAndTrain(seed);
    expect(found.trials).toBeGreaterThanOrEqual(50);
    expect(found.best.value).toBeLessThan(found.best.baseline);
    expect(found.searchedUntilMs).toBe(untilMs - 90 * DAY_MS);
    expect(search!.searchedUntilMs).toBe(found.searchedUntilMs);
    expect(metrics.days).toBeGreaterThan(80);
    expect(metrics.days).toBeLessThanOrEqual((untilMs - found.searchedUntilMs) / DAY_MS);
    expect(manifest.skill).toBe('none');
  });
});

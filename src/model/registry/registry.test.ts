import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { ModelRegistry } from './model-registry.ts';
import { PredictionLog } from './prediction-log.ts';

let folder = '';
let clock: ManualClock;
let registry: ModelRegistry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-registry-'));
  clock = new ManualClock(1_700_000_000_000);
  registry = new ModelRegistry(folder, clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scores = { accuracy: 0.4, logLoss: 1.05, brier: 0.65, ece: null, days: 88 };
const about = (n: number) => ({
  trainedUntilMs: 1_690_000_000_000 + n * 604_800_000,
  features: ['a', 'b'],
  featureCodeHash: 'f'.repeat(64),
  canonical: { series: 'binance:ETHUSDT:1h', reason: 'hourly' },
  procedureHash: 'p',
  procedure: { trees: 10 },
  trainDays: 365,
  rows: 364,
  classes: [100, 120, 144] as [number, number, number],
  metrics: scores,
  baseline: scores,
  gate: { decision: 'promoted' as const, reason: 'first', checks: [] },
});

async function saved(n: number): Promise<string> {
  clock.moveTo(clock.nowMs() + 1_000);
  return (await registry.save(Uint8Array.of(1, 2, n), about(n))).modelId;
}

describe('ModelRegistry', () => {
  it('names a version by its content, and gives its bytes back', async () => {
    const id = await saved(1);
    expect(await saved(1)).toBe(id);
    expect([...(await registry.load(id)).artifact]).toEqual([1, 2, 1]);
    expect(readFileSync(join(folder, id, 'MODEL.md'), 'utf8')).toContain('is unscored');
    expect(await registry.list()).toHaveLength(1);
  });

  it('promotes, rolls back, and lists what is current', async () => {
    const [a, b] = [await saved(1), await saved(2)];
    await registry.promote(a, 'first');
    await registry.promote(b, 'better');
    expect((await registry.list()).map((x) => [x.modelId, x.current])).toEqual([
      [a, false],
      [b, true],
    ]);
    expect((await registry.rollback()).modelId).toBe(a);
    expect(await registry.currentId()).toBe(a);
  });

  it('serves the predecessor where the current model is damaged, and says why', async () => {
    const [a, b] = [await saved(1), await saved(2)];
    await registry.promote(a, 'first');
    await registry.promote(b, 'better');
    writeFileSync(join(folder, b, 'artifact.bin'), 'noise');
    await expect(registry.load(b)).rejects.toMatchObject({ code: 'registry.artifact_damaged' });
    const current = await registry.loadCurrent();
    expect(current?.manifest.modelId).toBe(a);
    expect(current?.fallbackReason).toContain('damaged');
    rmSync(join(folder, a), { recursive: true });
    await expect(registry.loadCurrent()).rejects.toMatchObject({ code: 'registry.no_usable_model' });
  });

  it('refuses a newer format, an unknown id, and a path instead of an id', async () => {
    const id = await saved(1);
    writeFileSync(join(folder, id, 'manifest.json'), JSON.stringify({ version: 99 }));
    await expect(registry.show(id)).rejects.toMatchObject({ code: 'registry.newer_format' });
    await expect(registry.show('m20990101-none')).rejects.toMatchObject({ code: 'registry.no_such_model', exitCode: 2 });
    await expect(registry.show('../../etc')).rejects.toMatchObject({ code: 'registry.no_such_model' });
    await expect(registry.rollback()).rejects.toMatchObject({ code: 'registry.nothing_before' });
  });

  it('never prunes the current version, its predecessor or a protected one', async () => {
    const ids = [];
    for (let n = 0; n < 6; n++) ids.push(await saved(n));
    await registry.promote(ids[0]!, 'first');
    await registry.promote(ids[2]!, 'better');
    expect(await registry.prune(1, [ids[3]!])).toEqual([ids[1], ids[4]]);
    expect(existsSync(join(folder, ids[0]!))).toBe(true);
  });
});

describe('PredictionLog', () => {
  const prediction = (day: number, modelId = 'm') => ({
    decisionTimeMs: day * 86_400_000,
    modelId,
    probabilities: [0.5, 0.25, 0.25] as const,
    baseline: [0.3, 0.3, 0.4] as const,
    recordedMs: day,
  });

  it('keeps the first prediction of a decision through restarts and a torn last line', async () => {
    const path = join(folder, 'predictions.ndjson');
    const log = await PredictionLog.open(path);
    await log.record(prediction(2));
    await log.record(prediction(1));
    await log.record(prediction(2, 'other'));
    appendFileSync(path, '{"decisionTimeMs":3,"mod');
    const again = await PredictionLog.open(path);
    await again.record(prediction(3));
    const third = await PredictionLog.open(path);
    expect(third.predictions.map((x) => [x.decisionTimeMs / 86_400_000, x.modelId])).toEqual([
      [1, 'm'],
      [2, 'm'],
      [3, 'm'],
    ]);
  });

  it('refuses a damaged middle', async () => {
    const path = join(folder, 'predictions.ndjson');
    writeFileSync(path, 'noise\n{}\n');
    await expect(PredictionLog.open(path)).rejects.toMatchObject({ code: 'predictions.damaged' });
  });
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { ModelRegistry } from './model-registry.ts';

let folder = '';
let clock: ManualClock;
let registry: ModelRegistry;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-verdicts-'));
  clock = new ManualClock(1_700_000_000_000);
  registry = new ModelRegistry(folder, clock);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scoresOf = (days: number, logLoss: number | null) => ({ accuracy: 0.4, logLoss, brier: 0.65, ece: null, days });
const about = {
  trainedUntilMs: 1_690_000_000_000,
  features: ['a', 'b'],
  featureCodeHash: 'old',
  canonical: { series: 'binance:ETHUSDT:1h', reason: 'hourly' },
  procedureHash: 'p',
  procedure: { trees: 10 },
  trainDays: 365,
  rows: 364,
  classes: [100, 120, 144] as [number, number, number],
  metrics: scoresOf(88, 1.05),
  baseline: scoresOf(88, 1.06),
  skill: 'found' as const,
  conformal: { coverage: 0.9, threshold: 0.7, scores: [0.5, 0.7] },
  gate: {
    decision: 'promoted' as 'promoted' | 'kept',
    reason: 'first',
    checks: [] as { name: string; passed: boolean; value: number; limit: number }[],
  },
};
type About = typeof about;
const train = (more: Partial<{ [K in keyof About]: unknown }> = {}) => {
  clock.moveTo(clock.nowMs() + 1_000);
  return registry.saveTrained(Uint8Array.of(1, 2, 3), { ...about, ...more } as About);
};
const refused = {
  metrics: scoresOf(59, 0.93),
  baseline: scoresOf(59, 0.94),
  skill: 'none',
  featureCodeHash: 'new',
  conformal: { coverage: 0.9, threshold: 0.8, scores: [0.8] },
  gate: { decision: 'kept', reason: 'too_few_days', checks: [{ name: 'days', passed: false, value: 0, limit: 30 }] },
};
const file = () => join(folder, 'verdicts.ndjson');

describe('a training whose bytes are already stored', () => {
  it('keeps its verdict with its numbers, and the one before', async () => {
    const { modelId } = await train();
    const onDisk = readFileSync(join(folder, modelId, 'manifest.json'), 'utf8');
    expect((await train(refused)).modelId).toBe(modelId);
    const { verdicts, damagedLines } = await registry.verdicts(modelId);
    expect(damagedLines).toEqual([]);
    expect(verdicts).toMatchObject([
      { modelId, atMs: 1_700_000_001_000, gate: about.gate, metrics: about.metrics, skill: 'found', conformal: about.conformal },
      { modelId, atMs: 1_700_000_002_000, ...refused },
    ]);
    expect(readFileSync(join(folder, modelId, 'manifest.json'), 'utf8')).toBe(onDisk);
  });

  it('is what show, load, list and export tell', async () => {
    const { modelId } = await train();
    const again = await train(refused);
    expect(again).toMatchObject({ ...refused, createdMs: 1_700_000_001_000, rows: 364 });
    expect(await registry.show(modelId)).toEqual(again);
    expect((await registry.load(modelId)).manifest).toEqual(again);
    expect(await registry.list()).toEqual([{ ...again, current: false }]);
    await registry.export(modelId, join(folder, 'copy'));
    expect(await new ModelRegistry(join(folder, 'copy'), clock).show(modelId)).toEqual(again);
  });

  it('with no day to score leaves the scores that there are, and its verdict and skill count', async () => {
    await train();
    const { conformal: _, ...unscored } = {
      ...refused,
      metrics: scoresOf(0, null),
      baseline: scoresOf(0, null),
      skill: 'unknown',
    };
    const { metrics, conformal, skill, gate } = await train({ ...unscored, conformal: undefined });
    expect({ metrics, conformal, skill, gate }).toEqual({
      ...{ metrics: about.metrics, conformal: about.conformal },
      ...{ skill: 'unknown', gate: refused.gate },
    });
  });

  it('says nothing of a version that was damaged and is stored anew', async () => {
    const { modelId } = await train();
    await train(refused);
    writeFileSync(join(folder, modelId, 'artifact.bin'), 'noise');
    expect(await train()).toMatchObject({ skill: 'found', gate: { reason: 'first' }, createdMs: 1_700_000_003_000 });
    expect((await registry.verdicts()).verdicts.map(({ isRepeat }) => isRepeat)).toEqual([false, true, false]);
  });

  it('drops the mark of a search that the newest scores had not', async () => {
    const search = { studies: ['s'], trials: 8, searchedUntilMs: 1, overfittingProbability: null };
    expect(await train({ search } as object)).toMatchObject({ search });
    expect(await train(refused)).not.toHaveProperty('search');
  });
});

describe('the file of verdicts', () => {
  it('may have damaged lines: they are named, and stop nothing', async () => {
    const { modelId } = await train();
    appendFileSync(file(), 'noise\n{"modelId":"x"}\n');
    await train(refused);
    const known = await registry.verdicts();
    expect(known.verdicts.map(({ gate }) => gate.reason)).toEqual(['first', 'too_few_days']);
    expect(known.damagedLines).toEqual([2, 3]);
    expect((await registry.show(modelId)).skill).toBe('none');
  });

  it('may end in a line that a crash has torn: the next verdict is whole', async () => {
    await train();
    await train(refused);
    const { length } = readFileSync(file());
    truncateSync(file(), length - 20);
    expect((await registry.verdicts()).damagedLines).toEqual([2]);
    expect((await registry.list())[0]?.skill).toBe('found');
    await train(refused);
    const known = await registry.verdicts();
    expect([known.verdicts.map(({ gate }) => gate.reason), known.damagedLines]).toEqual([['first', 'too_few_days'], [2]]);
  });

  it('may be all noise, or not there: manifests say what they say', async () => {
    const { modelId } = await train();
    await train(refused);
    writeFileSync(file(), Buffer.from([0, 255, 10, 0]));
    expect((await registry.show(modelId)).skill).toBe('found');
    expect(await registry.verdicts()).toEqual({ verdicts: [], damagedLines: [1, 2] });
    rmSync(file());
    expect(await registry.verdicts()).toEqual({ verdicts: [], damagedLines: [] });
    expect((await registry.show(modelId)).skill).toBe('found');
  });

  it('holds what JSON has no number for as null', async () => {
    const checks = [{ name: 'data age in days', passed: false, value: Number.POSITIVE_INFINITY, limit: 3 }];
    const { gate } = await train({ gate: { decision: 'kept', reason: 'out_of_bounds', checks } });
    expect(gate.checks).toEqual([{ ...checks[0], value: null }]);
    expect((await registry.verdicts()).damagedLines).toEqual([]);
  });
});

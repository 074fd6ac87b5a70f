import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS, normal } from '../domain/index.ts';
import type { Procedure } from './ensemble-builder.ts';
import { artifactSha256, EnsembleModel } from './ensemble-model.ts';
import { ModelTrainer, STEP_DAYS } from './model-trainer.ts';
import type { TrainingSet } from './training-set.ts';
import { MemoryWalkForwardCache } from './walk-forward-cache.ts';

const START_MS = Date.UTC(2023, 0, 1, 23);

/** `days` of decisions whose label follows the first feature; the third feature is never known. */
function plantedSet(days: number, seed = 1): TrainingSet {
  const rng = createRng(seed);
  const names = ['signal', 'noise', 'absent'];
  const data = new Float64Array(days * 3);
  const label = new Uint8Array(days);
  const timeMs = Float64Array.from({ length: days }, (_, i) => START_MS + i * DAY_MS);
  for (let i = 0; i < days; i++) {
    const signal = normal(rng);
    data.set([signal, normal(rng), Number.NaN], i * 3);
    const outcome = signal + 0.5 * normal(rng);
    label[i] = outcome > 0.5 ? 0 : outcome < -0.5 ? 1 : 2;
  }
  return { names, timeMs, matrix: { data, rows: days, columns: 3, names }, label, labelKnownMs: timeMs.map((t) => t + DAY_MS) };
}

function truncated(set: TrainingSet, days: number): TrainingSet {
  const { columns, data, names } = set.matrix;
  const matrix = { data: data.slice(0, days * columns), rows: days, columns, ...(names ? { names } : {}) };
  return {
    names: set.names,
    timeMs: set.timeMs.slice(0, days),
    matrix,
    label: set.label.slice(0, days),
    labelKnownMs: set.labelKnownMs.slice(0, days),
  };
}

const options = () => ({
  procedure: { trees: 10, folds: 3, purgeRows: 1, seed: 1 },
  trainDays: 200,
  scoredDays: 30,
  threads: 1,
  cache: new MemoryWalkForwardCache(),
});

describe('ModelTrainer', () => {
  it('leaves out features that are never known and predicts better than class shares', async () => {
    const set = plantedSet(240);
    const untilMs = START_MS + 210 * DAY_MS;
    const model = await new ModelTrainer(options()).fit(set, untilMs);
    expect(model.featureNames).toEqual(['signal', 'noise']);
    const probabilities = model.predictProba(set.matrix);
    let gain = 0;
    for (let i = 211; i < 240; i++)
      gain += Math.log(probabilities[i * 3 + set.label[i]!]!) - Math.log(model.classShares[set.label[i]!]!);
    expect(gain / 29).toBeGreaterThan(0.1);
  });

  it('gives the same bytes whatever rows follow the training window', async () => {
    const set = plantedSet(240);
    const untilMs = START_MS + 210 * DAY_MS;
    const full = await new ModelTrainer(options()).fit(set, untilMs);
    const cut = await new ModelTrainer(options()).fit(truncated(set, 210), untilMs);
    expect(artifactSha256(full.toBytes())).toBe(artifactSha256(cut.toBytes()));
  });

  it('reads back to the same bytes and predictions', async () => {
    const set = plantedSet(220);
    const model = await new ModelTrainer(options()).fit(set, START_MS + 210 * DAY_MS);
    const again = EnsembleModel.fromBytes(model.toBytes());
    expect([...again.toBytes()]).toEqual([...model.toBytes()]);
    expect([...again.predictProba(set.matrix)]).toEqual([...model.predictProba(set.matrix)]);
  });

  it('scores the last days out of sample, and a week later makes one new step', async () => {
    const set = plantedSet(260);
    const untilMs = START_MS + 220 * DAY_MS;
    let made = 0;
    const cache = new MemoryWalkForwardCache();
    const counted = {
      get: (key: string) => cache.get(key),
      set: async (key: string, values: Float64Array) => {
        made += 1;
        await cache.set(key, values);
      },
    };
    const trainer = new ModelTrainer({ ...options(), cache: counted });
    const first = await trainer.walkForward(set, untilMs);
    expect(first).toHaveLength(30);
    expect(first.every((x) => x.decisionTimeMs >= untilMs - 30 * DAY_MS && x.decisionTimeMs < untilMs)).toBe(true);
    expect(made).toBe(5);
    await trainer.walkForward(set, untilMs + STEP_DAYS * DAY_MS);
    expect(made).toBe(6);
  });

  it('takes settings, weights, a logistic meta-classifier with a feature, and says which learners it left out', async () => {
    const set = plantedSet(220);
    const untilMs = START_MS + 210 * DAY_MS;
    const plain = options();
    const trained = (more: Partial<Procedure>) =>
      new ModelTrainer({ ...plain, procedure: { ...plain.procedure, ...more } }).fit(set, untilMs);
    const bytes = new Map<string, string>();
    for (const [name, more] of Object.entries({
      plain: {},
      learner: { learners: { 'gradient-boosted-trees': { learningRate: 0.2 } } },
      recency: { weights: { halfLifeDays: 30 } },
      balance: { weights: { isClassBalanced: true } },
      logistic: { meta: 'logistic' as const },
      passed: { meta: 'logistic' as const, passThrough: ['signal', 'not there'] },
    })) {
      bytes.set(artifactSha256((await trained(more)).toBytes()), name);
    }
    expect([...bytes.values()]).toEqual(['plain', 'learner', 'recency', 'balance', 'logistic', 'passed']);
    const fewer = await trained({ dropsUnhelpful: true });
    expect(fewer.dropped.length).toBeGreaterThan(0);
    expect(fewer.dropped[0]).toMatch(/^\w+: the out-of-fold log loss is [\d.]+ nats without it, [\d.]+ with it$/);
    expect(EnsembleModel.fromBytes(fewer.toBytes()).dropped).toEqual(fewer.dropped);
    await expect(trained({ passThrough: ['signal'] })).rejects.toMatchObject({ code: 'learner.bad_setting' });
    await expect(trained({ learners: { 'random-forest': { leaves: 3 } } })).rejects.toMatchObject({
      code: 'tuning.unknown_setting',
    });
  });

  /** The planted days with other features, labels or both. */
  const changed = (days: number, value: (row: number, column: number) => number, label?: (row: number) => number) => {
    const set = plantedSet(days);
    const data = Float64Array.from(set.matrix.data, (_, at) => value(Math.floor(at / 3), at % 3));
    return {
      ...set,
      matrix: { ...set.matrix, data },
      ...(label && { label: Uint8Array.from(set.label, (_, row) => label(row)) }),
    };
  };
  const untilDay = (day: number) => START_MS + day * DAY_MS;
  const noise = createRng(9);

  it.each([
    [
      'one outcome only',
      changed(
        260,
        () => normal(noise),
        () => 2,
      ),
    ],
    [
      'outcomes of which one came once',
      changed(
        260,
        () => normal(noise),
        (row) => (row === 100 ? 0 : row % 2 === 0 ? 1 : 2),
      ),
    ],
    ['days that are all the same but for one', changed(260, (row) => (row === 60 ? 1 : 0))],
    ['days that come again and again', changed(260, (row, column) => Math.sin((row % 4) + column))],
    [
      'a feature of two values beside constant and missing ones',
      changed(260, (row, column) => [row % 2, 7, Number.NaN][column]!),
    ],
    ['values beyond all measure', changed(260, (row, column) => (row % 2 === 0 ? 1e150 : -1e150) * (column + 1))],
  ])('learns and scores with %s', async (_, set) => {
    const model = await new ModelTrainer(options()).fit(set, untilDay(220));
    const probabilities = EnsembleModel.fromBytes(model.toBytes()).predictProba(set.matrix);
    const predictions = await new ModelTrainer(options()).walkForward(set, untilDay(220));
    const rows = [...predictions.map((one) => one.probabilities), ...predictions.map(({ baseline }) => baseline)];
    for (let row = 0; row < 260; row++) rows.push([...probabilities.subarray(row * 3, row * 3 + 3)] as [number, number, number]);
    for (const row of rows) {
      expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
      expect(row[0] + row[1] + row[2]).toBeCloseTo(1, 9);
    }
    expect(predictions).toHaveLength(30);
  });

  it('expects what always came, where one outcome is all there was', async () => {
    const set = changed(
      260,
      () => normal(noise),
      () => 2,
    );
    const model = await new ModelTrainer(options()).fit(set, untilDay(220));
    expect(model.predictProba(set.matrix)[3 * 240 + 2]).toBeGreaterThan(0.9);
  });

  it('learns from fewer days than features', async () => {
    const names = Array.from({ length: 90 }, (_, column) => `feature ${column}`);
    const set = plantedSet(70);
    const data = Float64Array.from({ length: 70 * 90 }, () => normal(noise));
    const wide = { ...set, names, matrix: { data, rows: 70, columns: 90, names } };
    const model = await new ModelTrainer(options()).fit(wide, untilDay(70));
    expect(model.featureNames).toHaveLength(90);
    const total = model.predictProba(wide.matrix).reduce((sum, p) => sum + p, 0);
    expect(total).toBeCloseTo(70, 6);
  });

  it.each([
    ['in which no feature varies', 'training.no_features', changed(260, () => 7)],
    ['in which no feature is known', 'training.no_features', changed(260, () => Number.NaN)],
    ['with an infinite value', 'learner.infinite_value', changed(260, (row) => (row === 100 ? Number.POSITIVE_INFINITY : row))],
    [
      'with a label that is no class',
      'learner.label_out_of_range',
      changed(
        260,
        (row) => row,
        (row) => (row === 100 ? 3 : 1),
      ),
    ],
  ])('refuses a window %s', async (_, code, set) => {
    await expect(new ModelTrainer(options()).fit(set, untilDay(220))).rejects.toMatchObject({ name: 'ModelError', code });
  });

  it('refuses a window with too few labelled days', async () => {
    await expect(new ModelTrainer(options()).fit(plantedSet(40), START_MS + 40 * DAY_MS)).rejects.toMatchObject({
      code: 'training.too_few_rows',
    });
  });
});

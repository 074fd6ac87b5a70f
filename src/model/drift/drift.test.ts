import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { assessDrift } from './assess-drift.ts';
import { fitFeatureReference, measureFeatureDrift } from './feature-drift.ts';
import { measureLabelShift } from './label-shift.ts';
import { cumulativeExcess } from './loss-drift.ts';
import { fitRankReference, measureNovelty, measureRankDrift } from './rank-drift.ts';

const NAMES = ['quick', 'slow', 'often_missing', 'constant'];

/** A quick, a slow, a partly missing and a constant feature; `shift` moves the first two. */
function world(rows: number, seed: number, shift = 0): Matrix {
  const rng = createRng(seed);
  let slow = 0;
  const data = new Float64Array(rows * 4);
  for (let row = 0; row < rows; row++) {
    slow = 0.97 * slow + 0.25 * normal(rng);
    data.set([normal(rng) + shift, slow + shift, rng() < 0.3 ? Number.NaN : normal(rng), 5], row * 4);
  }
  return { data, rows, columns: 4, names: NAMES };
}
const levelOf = (training: Matrix, recent: Matrix) =>
  assessDrift({ features: measureFeatureDrift(fitFeatureReference(training), recent) }).level;

describe('feature drift', () => {
  it('rarely alarms where nothing but slow features wander, and acts where they have moved away', () => {
    const levels = Array.from({ length: 60 }, (_, seed) => {
      const all = world(395, seed + 1);
      const training = { ...all, data: all.data.slice(0, 365 * 4), rows: 365 };
      return levelOf(training, { ...all, data: all.data.slice(365 * 4), rows: 30 });
    });
    expect(levels.filter((level) => level === 'act').length).toBeLessThanOrEqual(3);
    expect(levels.filter((level) => level !== 'ok').length).toBeLessThanOrEqual(12);
    const moved = Array.from({ length: 20 }, (_, seed) => levelOf(world(365, seed), world(30, seed + 500, 4)));
    expect(moved.filter((level) => level === 'act').length).toBeGreaterThanOrEqual(19);
  });

  it('names the features that moved, and sees values going missing', () => {
    const reference = fitFeatureReference(world(365, 1));
    const recent = world(40, 2);
    for (let row = 10; row < 40; row++) recent.data[row * 4] = Number.NaN;
    const drift = measureFeatureDrift(reference, recent);
    expect(drift.features[0]!.name).toBe('quick');
    expect(drift.features.find(({ name }) => name === 'constant')!.stability).toBeLessThan(0.05);
    expect(drift.features.every(({ stability }) => stability >= 0)).toBe(true);
  });

  it('looks at the newest rows alone', () => {
    const reference = fitFeatureReference(world(365, 1));
    const quiet = world(30, 3);
    const before = world(50, 4, 9);
    const longer = { ...quiet, rows: 80, data: Float64Array.of(...before.data, ...quiet.data) };
    expect(measureFeatureDrift(reference, longer)).toEqual(measureFeatureDrift(reference, quiet));
  });

  it('refuses too few rows and other columns', () => {
    expect(() => fitFeatureReference(world(59, 1))).toThrow(expect.objectContaining({ code: 'drift.too_few_rows' }));
    const reference = fitFeatureReference(world(365, 1));
    expect(() => measureFeatureDrift(reference, world(29, 2))).toThrow(expect.objectContaining({ code: 'drift.columns_differ' }));
    const narrow = { data: new Float64Array(90), rows: 30, columns: 3 };
    expect(() => measureFeatureDrift(reference, narrow)).toThrow(expect.objectContaining({ code: 'drift.columns_differ' }));
  });
});

describe('rank drift and novelty', () => {
  const rankDrift = (training: Matrix, recent: Matrix) => measureRankDrift(fitRankReference(training, recent.rows), recent);

  it('see a shift that stays within a bin, and are seldom beyond what the window itself did', () => {
    const times = Array.from({ length: 40 }, (_, seed) => rankDrift(world(365, seed), world(30, seed + 500)).timesLargest);
    expect(times.filter((value) => value > 1).length).toBeLessThanOrEqual(20);
    const flat = (rows: number, from: number) => ({
      ...world(rows, 1),
      data: world(rows, 1).data.map((_, at) => from + ((at * 7) % 11) / 110),
    });
    expect(rankDrift(flat(365, 0), flat(30, 0.05)).timesLargest).toBeGreaterThan(1.5);
  });

  it('name a day beyond the window in all it does, and not one of its own', () => {
    const training = world(365, 2);
    const reference = fitRankReference(training, 30);
    expect(measureNovelty(reference, training.data.subarray(0, 4)).timesLargest).toBeLessThanOrEqual(1);
    expect(measureNovelty(reference, Float64Array.of(9, 9, 9, 5)).timesLargest).toBeGreaterThan(1);
    expect(measureNovelty(reference, new Float64Array(4).fill(Number.NaN)).distance).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: 1, max: 5, noNaN: true }), fc.double({ min: 1, max: 5, noNaN: true }), (a, b) => {
        const far = (value: number) => measureNovelty(reference, Float64Array.of(value, 0, 0, 5)).distance;
        expect(far(Math.max(a, b))).toBeGreaterThanOrEqual(far(Math.min(a, b)));
      }),
      { seed: 4, numRuns: 40 },
    );
  });
});

describe('label shift', () => {
  const drawn = (days: number, seed: number, hold: number) => {
    const rng = createRng(seed);
    return Uint8Array.from({ length: days }, () => (rng() < hold ? 2 : rng() < 0.5 ? 0 : 1));
  };

  it('is beyond what the window did where outcomes changed, and seldom where they did not', () => {
    const usual = Array.from({ length: 60 }, (_, i) => measureLabelShift(drawn(365, i, 0.4), drawn(30, 900 + i, 0.4), 3));
    expect(usual.filter(({ timesLargest }) => timesLargest > 1).length).toBeLessThanOrEqual(6);
    const changed = Array.from({ length: 20 }, (_, i) => measureLabelShift(drawn(365, i, 0.4), drawn(30, 900 + i, 0.95), 3));
    expect(changed.filter(({ timesLargest }) => timesLargest > 1.5).length).toBeGreaterThanOrEqual(18);
  });

  it("is Pearson's chi-square", () => {
    const training = Uint8Array.from({ length: 297 }, (_, i) => i % 3);
    expect(measureLabelShift(training, new Uint8Array(30), 3).distance).toBeCloseTo((20 ** 2 + 2 * 10 ** 2) / 10, 9);
  });
});

describe('loss drift', () => {
  const drawn = (days: number, seed: number, worse = 0) => {
    const rng = createRng(seed);
    return Float64Array.from({ length: days }, () => 1.05 + 0.35 * normal(rng) + worse);
  };
  const expected = { mean: 1.05, deviation: 0.35 };

  it('stays low in a usual quarter and rises within weeks of a real decline', () => {
    const levels = Array.from(
      { length: 100 },
      (_, i) => assessDrift({ excessLoss: cumulativeExcess(expected, drawn(90, 10 + i)) }).level,
    );
    expect(levels.filter((level) => level === 'act').length).toBeLessThanOrEqual(4);
    expect(levels.filter((level) => level === 'watch').length).toBeLessThan(30);
    const declined = Array.from(
      { length: 100 },
      (_, i) => assessDrift({ excessLoss: cumulativeExcess(expected, drawn(45, 10 + i, 0.25)) }).level,
    );
    expect(declined.filter((level) => level === 'act').length).toBeGreaterThan(80);
  });

  it('is never below 0, forgets after good days, and one day does not raise an alarm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 34, noNaN: true }), { maxLength: 60 }), (losses) => {
        expect(cumulativeExcess(expected, Float64Array.from(losses))).toBeGreaterThanOrEqual(0);
        const good = [...losses, ...new Array<number>(losses.length * 4).fill(0)];
        expect(cumulativeExcess(expected, Float64Array.from(good))).toBe(0);
      }),
      { seed: 1 },
    );
    expect(assessDrift({ excessLoss: cumulativeExcess(expected, Float64Array.of(34.5)) }).level).toBe('ok');
  });

  it('counts the deviations beyond a quarter, at most three of a day', () => {
    expect(cumulativeExcess({ mean: 1, deviation: 0.5 }, Float64Array.of(1.5, 2, 100))).toBeCloseTo(0.75 + 1.75 + 2.75, 12);
  });
});

describe('assessDrift', () => {
  it('takes the worst of what is known, with a reason for each', () => {
    const features = { distance: 1, unusual: 0.99, timesLargest: 1.1, features: [{ name: 'a', stability: 1 }] };
    expect(assessDrift({})).toEqual({ level: 'ok', reasons: [] });
    expect(assessDrift({ features, excessLoss: 1 })).toMatchObject({
      level: 'watch',
      reasons: [expect.stringContaining('a most')],
    });
    expect(assessDrift({ features, excessLoss: 13 })).toMatchObject({
      level: 'act',
      reasons: [expect.any(String), expect.stringContaining('13.0')],
    });
    expect(assessDrift({ features: { ...features, timesLargest: 1.6 } }).level).toBe('act');
    const beyond = (timesLargest: number) => ({ distance: 1, unusual: 1, timesLargest });
    expect(assessDrift({ ranks: beyond(0.9), labels: beyond(1) }).level).toBe('ok');
    expect(assessDrift({ novelty: beyond(1.2) })).toMatchObject({ level: 'watch', reasons: [expect.stringContaining('1.20')] });
    expect(assessDrift({ novelty: beyond(1.2), labels: beyond(1.6) }).level).toBe('act');
  });
});

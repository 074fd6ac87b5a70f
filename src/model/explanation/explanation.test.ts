import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { CALIBRATOR_KINDS, type Calibrator } from '../calibration/calibrator.ts';
import { buildEnsemble } from '../ensemble-builder.ts';
import { EnsembleModel } from '../ensemble-model.ts';
import { GradientBoostedTrees } from '../learners/gradient-boosted-trees.ts';
import { LogisticRegression } from '../learners/logistic-regression.ts';
import { RandomForest } from '../learners/random-forest.ts';
import { StackingClassifier } from '../stacking/stacking-classifier.ts';
import { randomTree } from '../trees/random-tree.fixture.ts';
import { TreeContributions } from '../trees/tree-contributions.ts';
import { leafOf } from '../trees/tree-set.ts';
import { explainRow } from './explain-row.ts';
import { permutationImportance } from './permutation-importance.ts';
import { secants } from './secants.ts';

const NAMES = ['signal', 'noise', 'other', 'constant'];

function rows(count: number, seed: number): { X: Matrix; y: Uint8Array } {
  const rng = createRng(seed);
  const data = Float64Array.from({ length: count * 4 }, (_, at) => (at % 4 === 3 ? 1 : normal(rng)));
  const y = Uint8Array.from({ length: count }, (_, row) => {
    const score = 2 * data[row * 4]! + 0.5 * data[row * 4 + 2]! + 0.5 * normal(rng);
    return score > 0.7 ? 0 : score < -0.7 ? 1 : 2;
  });
  return { X: { data, rows: count, columns: 4, names: NAMES }, y };
}
const training = rows(240, 1);
const background: Matrix = { ...training.X, data: training.X.data.subarray(0, 80), rows: 20 };
let model: EnsembleModel;

beforeAll(async () => {
  const stack = await buildEnsemble({ trees: 20, folds: 3, purgeRows: 1, seed: 1 }, NAMES, 1).fit(training.X, training.y);
  model = new EnsembleModel(NAMES, [1 / 3, 1 / 3, 1 / 3], stack);
});

const anyRow = fc
  .array(fc.oneof(fc.double({ min: -4, max: 4, noNaN: true }), fc.constant(Number.NaN)), { minLength: 4, maxLength: 4 })
  .map((values) => Float64Array.from(values));

/** Shapley values by their definition, over every coalition. */
function shapley(value: (has: readonly boolean[]) => number, players: number): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: players }, (_, player) => {
    let sum = 0;
    for (let coalition = 0; coalition < 1 << players; coalition++) {
      if ((coalition >> player) & 1) continue;
      const has = Array.from({ length: players }, (_, i) => ((coalition >> i) & 1) === 1);
      const size = has.filter(Boolean).length;
      const weight = (factorial(size) * factorial(players - size - 1)) / factorial(players);
      sum += weight * (value(has.map((one, i) => one || i === player)) - value(has));
    }
    return sum;
  });
}

describe('contributions of trees', () => {
  it('are the Shapley values that every coalition of columns gives', () => {
    const value = fc.oneof(fc.constantFrom(-1, 0, 1, 2), fc.constant(Number.NaN));
    const row = fc.array(value, { minLength: 5, maxLength: 5 }).map((values) => Float64Array.from(values));
    fc.assert(
      fc.property(fc.nat(1e6), row, row, (seed, from, to) => {
        const trees = randomTree(createRng(seed), 5, 5);
        const found = new Float64Array(5);
        new TreeContributions(trees, 5).add(0, from, to, found, 1, 0, 1);
        const expected = shapley((has) => {
          const mixed = Float64Array.from(has, (one, i) => (one ? to[i]! : from[i]!));
          return trees.values[leafOf(trees, 0, mixed, 0)]!;
        }, 5);
        for (let i = 0; i < 5; i++) expect(found[i]!).toBeCloseTo(expected[i]!, 12);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('secants', () => {
  it('give each of two factors half of their product', () => {
    const product = (z: Float64Array) => Float64Array.of(z[0]! * z[1]!);
    expect([...secants(product, Float64Array.of(0, 0), Float64Array.of(2, 3))]).toEqual([1.5, 1]);
  });

  it('are slopes where an input hardly moved', () => {
    const bent = (z: Float64Array) => Float64Array.of(Math.sin(z[0]!) + z[1]! ** 2);
    const [first, second] = secants(bent, Float64Array.of(1, 0), Float64Array.of(1 + 1e-15, 3));
    expect(first).toBeCloseTo(Math.cos(1), 6);
    expect(second).toBeCloseTo(3, 12);
  });

  it('refuse more inputs than there is time for', () => {
    const many = new Float64Array(13);
    expect(() => secants((z) => z, many, many)).toThrow(expect.objectContaining({ code: 'explanation.too_many_inputs' }));
  });
});

describe('contributions', () => {
  it('add up to the prediction of the whole ensemble, calibration included', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const { base, values, prediction } = explainRow(model, row, background);
        expect(prediction).toEqual(model.predictProba({ data: row, rows: 1, columns: 4, names: NAMES }));
        for (let k = 0; k < 3; k++) {
          const moved = [0, 1, 2, 3].reduce((sum, column) => sum + values[column * 3 + k]!, base[k]!);
          expect(moved).toBeCloseTo(prediction[k]!, 9);
        }
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it.each(CALIBRATOR_KINDS)(
    'add up through a logistic meta-classifier with a feature of its own, and %s calibration',
    async (kind) => {
      const stack = await new StackingClassifier({
        base: { boosting: new GradientBoostedTrees({ rounds: 10, minLeafSamples: 5 }), forest: new RandomForest({ trees: 20 }) },
        meta: new LogisticRegression({ l2: 1 }),
        passThrough: [2],
        folds: 3,
      }).fit(training.X, training.y);
      const numbers: Record<Calibrator['kind'], number[]> = {
        temperature: [0.7],
        dirichlet: [1.2, 0, -0.1, 0.2, 0.1, 0.8, 0, 0, 0, 0.1, 1.1, -0.2],
        isotonic: [0, 1, 2].flatMap(() => [3, 0, 0.4, 1, 0.1, 0.5, 0.8]),
      };
      const calibrator = { kind, numbers: Float64Array.from(numbers[kind]) };
      Object.assign(stack, { calibration: { calibrator, weight: 0.8, shares: Float64Array.of(0.3, 0.3, 0.4) } });
      fc.assert(
        fc.property(anyRow, anyRow, (from, to) => {
          const moved = stack.contributions(from, to);
          const [before, after] = [from, to].map((data) => stack.predictProba({ data, rows: 1, columns: 4 }));
          for (let k = 0; k < 3; k++) {
            const sum = [0, 1, 2, 3].reduce((all, column) => all + moved[column * 3 + k]!, 0);
            expect(sum).toBeCloseTo(after![k]! - before![k]!, 7);
          }
        }),
        { seed: 2, numRuns: 30 },
      );
    },
  );

  it('give nothing to what changes nothing, and most to what decides', () => {
    const { values } = explainRow(model, Float64Array.of(2.5, 0.1, 0, 1), background);
    expect(values[0]).toBeGreaterThan(0.3);
    expect(Math.abs(values[3]!)).toBeLessThan(0.1);
    expect([...values.subarray(9)]).toEqual([0, 0, 0]);
  });

  it('are the exact Shapley values of a linear model before its softmax, in proportion', async () => {
    const fitted = await new LogisticRegression({ l2: 1 }).fit(training.X, training.y);
    const moved = fitted.contributions(Float64Array.of(0, 0, 0, 1), Float64Array.of(1, 0, 0, 1));
    const change = (k: number) =>
      fitted.predictProba({ data: Float64Array.of(1, 0, 0, 1), rows: 1, columns: 4 })[k]! -
      fitted.predictProba({ data: Float64Array.of(0, 0, 0, 1), rows: 1, columns: 4 })[k]!;
    for (let k = 0; k < 3; k++) expect(moved[k]).toBeCloseTo(change(k), 10);
    expect([...moved.subarray(3)].every((value) => value === 0)).toBe(true);
  });

  it('refuse a row of other columns, no background, and a meta-classifier of trees', async () => {
    const mismatch = expect.objectContaining({ code: 'explanation.shape_mismatch' });
    expect(() => explainRow(model, new Float64Array(3), training.X)).toThrow(mismatch);
    const none = { data: new Float64Array(0), rows: 0, columns: 4 };
    expect(() => explainRow(model, new Float64Array(4), none)).toThrow(mismatch);
    const stack = await new StackingClassifier({
      base: { forest: new RandomForest({ trees: 5 }) },
      meta: new RandomForest({ trees: 5 }),
      folds: 2,
    }).fit(training.X, training.y);
    expect(() => stack.contributions(new Float64Array(4), new Float64Array(4))).toThrow(
      expect.objectContaining({ code: 'explanation.not_smooth' }),
    );
  });
});

describe('permutation importance', () => {
  it('ranks the signal first with an interval above 0, and says of noise that it may be nothing', () => {
    const later = rows(300, 2);
    const found = permutationImportance(
      (X) => model.predictProba(X),
      later.X,
      later.y,
      [[0], [1], [2], [3], [0, 2]],
      createRng(1),
    );
    expect(found.map(({ columns }) => columns)[0]).toEqual([0, 2]);
    expect(found[1]!.columns).toEqual([0]);
    expect(found[0]!.interval[0]).toBeGreaterThan(0.1);
    const noise = found.find(({ columns }) => columns[0] === 1)!;
    expect(Math.abs(noise.rise)).toBeLessThan(0.03);
    expect(found.find(({ columns }) => columns[0] === 3)).toMatchObject({ rise: 0, interval: [0, 0] });
  });
});

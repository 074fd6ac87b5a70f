import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { GradientBoostedTrees } from '../learners/gradient-boosted-trees.ts';
import { binColumns } from './binning.ts';
import { type BoostedTrees, type BoostingGrowth, fitBoosting } from './fit-boosting.ts';
import { boundedOutput, childBounds, type MonotoneConstraints, UNBOUNDED } from './monotone.ts';
import { packGradients } from './packed-gradients.ts';
import { PlainGrower } from './plain-grower.ts';
import { createTrainingWindow } from './training-window.ts';
import { leafOf, TreeSetBuilder } from './tree-set.ts';

const CLASSES = 3;
const COLUMNS = 4;

const growth: BoostingGrowth = {
  ...{ rounds: 12, learningRate: 0.3, maxLeaves: 15, maxDepth: Number.POSITIVE_INFINITY, minLeafSamples: 3, l2: 0, minGain: 0 },
  ...{ columnSample: 1, rowSample: 1, earlyStopping: null, monotone: null, seed: 1 },
};

/** Classes swing with the first column and fall with the second, so that a tree left alone breaks most directions. */
function swingingRows(rows: number, seed: number, missing = 0): { readonly X: Matrix; readonly y: Uint8Array } {
  const rng = createRng(seed);
  const data = Float64Array.from({ length: rows * COLUMNS }, () => normal(rng));
  const y = Uint8Array.from({ length: rows }, (_, row) => {
    const score = Math.sin(3 * data[row * COLUMNS]!) - 0.7 * data[row * COLUMNS + 1]! + 0.4 * normal(rng);
    return score > 0.4 ? 0 : score < -0.4 ? 1 : 2;
  });
  return { X: { data: data.map((value) => (rng() < missing ? Number.NaN : value)), rows, columns: COLUMNS }, y };
}

const grow = (settings: Partial<BoostingGrowth>, X: Matrix, y: Uint8Array, weights?: Float64Array): BoostedTrees =>
  fitBoosting({ ...growth, ...settings }, createTrainingWindow(X, y, CLASSES, weights, { maxBins: 255, ranks: false }));

function rawScore({ start, trees }: BoostedTrees, values: Float64Array, label: number): number {
  let score = start[label]!;
  for (let tree = label; tree < trees.roots.length; tree += CLASSES)
    score += trees.values[leafOf(trees, trees.roots[tree]!, values, 0)]!;
  return score;
}

/** Raw scores of a class while one column rises from below all values to above, the others as in one row. */
function scoresAlong(model: BoostedTrees, { data }: Matrix, row: number, column: number, label: number): number[] {
  const values = data.slice(row * COLUMNS, (row + 1) * COLUMNS);
  return Array.from({ length: 141 }, (_, i) => {
    values[column] = -3.5 + i / 20;
    return rawScore(model, values, label);
  });
}

const turns = (scores: readonly number[], direction: number): number =>
  scores.slice(1).filter((score, i) => direction * (score - scores[i]!) < 0).length;

describe('boosting with monotone constraints', () => {
  it('never moves a raw score against its direction, whatever else is set', () => {
    const direction = fc.constantFrom(-1 as const, 0 as const, 1 as const);
    const settings = fc.record({
      l2: fc.constantFrom(0, 5),
      minGain: fc.constantFrom(0, 0.5),
      maxDepth: fc.constantFrom(2, Number.POSITIVE_INFINITY),
      columnSample: fc.constantFrom(0.5, 1),
      rowSample: fc.constantFrom(0.6, 1),
    });
    const directions = fc.tuple(direction, direction, direction, direction);
    let bound = 0;
    fc.assert(
      fc.property(
        directions,
        settings,
        fc.nat(1000),
        fc.constantFrom(0, 0.2),
        fc.boolean(),
        (monotone, given, seed, missing, weighted) => {
          const { X, y } = swingingRows(150, seed, missing);
          const weights = weighted ? Float64Array.from({ length: 150 }, (_, row) => row % 3) : undefined;
          const model = grow({ ...given, monotone }, X, y, weights);
          monotone.forEach((wanted, column) => {
            for (let label = 0; label < CLASSES; label++) {
              for (let row = 0; row < 20; row++) {
                const scores = scoresAlong(model, X, row, column, label);
                expect(turns(scores, wanted)).toBe(0);
                if (wanted !== 0 && scores[0] !== scores.at(-1)) bound++;
              }
            }
          });
        },
      ),
      { seed: 1, numRuns: 40 },
    );
    expect(bound).toBeGreaterThan(500);
  });

  it('moves raw scores both ways where nothing binds them', () => {
    const { X, y } = swingingRows(300, 5);
    const scores = scoresAlong(grow({}, X, y), X, 0, 0, 0);
    expect(turns(scores, 1)).toBeGreaterThan(0);
    expect(turns(scores, -1)).toBeGreaterThan(0);
  });

  it('grows the trees of the free search where the bound column has nothing to split', () => {
    const { X, y } = swingingRows(400, 7, 0.1);
    const dull = { ...X, data: X.data.map((value, at) => (at % COLUMNS === 3 ? 2 : value)) };
    const free = grow({ l2: 1, minGain: 0.1 }, dull, y);
    const bound = grow({ l2: 1, minGain: 0.1, monotone: [0, 0, 0, 1] }, dull, y);
    expect(bound.trees.feature).toEqual(free.trees.feature);
    expect(bound.trees.threshold).toEqual(free.trees.threshold);
    expect(bound.trees.values).toEqual(free.trees.values);
    bound.importance.forEach((gain, column) => {
      expect(gain).toBeCloseTo(free.importance[column]!, 6);
    });
  });

  it('makes the same bytes for directions of 0 as for none', async () => {
    const { X, y } = swingingRows(200, 9);
    const bytes = async (monotone?: MonotoneConstraints) =>
      (await new GradientBoostedTrees({ rounds: 5, ...(monotone && { monotone }) }).fit(X, y)).toBytes();
    expect(await bytes([0, 0, 0, 0])).toEqual(await bytes());
    expect(await bytes({ 1: [0, 0, 0, 0] })).toEqual(await bytes());
  });

  it('leaves a column unused whose every effect runs against its direction', () => {
    const rng = createRng(3);
    const data = Float64Array.from({ length: 400 }, (_, row) => Math.floor(row / 2));
    const y = Uint8Array.from({ length: 200 }, (_, row) => (row + 20 * normal(rng) > 100 ? 0 : 1));
    const X = { data: data.map((value, at) => (at % 2 === 0 ? value : normal(rng))), rows: 200, columns: 2 };
    const of = (monotone: MonotoneConstraints) =>
      fitBoosting(
        { ...growth, rounds: 1, maxLeaves: 2, monotone },
        createTrainingWindow(X, y, 2, undefined, { maxBins: 255, ranks: false }),
      ).importance;
    expect(of({ 0: [1, 0], 1: [-1, 0] })[0]).toBeGreaterThan(10);
    expect(of({ 0: [-1, 0], 1: [1, 0] })[0]).toBe(0);
  });

  it('binds only the classes that it names, and so can bind a probability', async () => {
    const { X, y } = swingingRows(400, 11);
    const down = [0, -1, 0, 0] as const;
    const up = [0, 1, 0, 0] as const;
    const fitted = await new GradientBoostedTrees({ rounds: 20, minLeafSamples: 5, monotone: { 0: down, 1: up, 2: up } }).fit(
      X,
      y,
    );
    for (let row = 0; row < 30; row++) {
      const data = new Float64Array(141 * COLUMNS);
      for (let i = 0; i < 141; i++) {
        data.set(X.data.subarray(row * COLUMNS, (row + 1) * COLUMNS), i * COLUMNS);
        data[i * COLUMNS + 1] = -3.5 + i / 20;
      }
      const first = fitted.predictProba({ data, rows: 141, columns: COLUMNS }).filter((_, at) => at % CLASSES === 0);
      for (let i = 1; i < 141; i++) expect(first[i]! - first[i - 1]!).toBeLessThanOrEqual(1e-15);
      expect(first[140]!).toBeLessThan(first[0]!);
    }
    const one = grow({ monotone: { 0: [1, 0, 0, 0] } }, X, y);
    expect(turns(scoresAlong(one, X, 0, 0, 0), 1)).toBe(0);
    expect(turns(scoresAlong(one, X, 0, 0, 1), 1)).toBeGreaterThan(0);
    expect(turns(scoresAlong(one, X, 0, 0, 1), -1)).toBeGreaterThan(0);
  });

  it('loses little by a direction that is true', async () => {
    const known = swingingRows(600, 13);
    const later = swingingRows(600, 14);
    const lossOf = async (monotone?: MonotoneConstraints) => {
      const learner = new GradientBoostedTrees({ rounds: 40, maxLeaves: 7, ...(monotone && { monotone }) });
      const probabilities = (await learner.fit(known.X, known.y)).predictProba(later.X);
      return -later.y.reduce((sum, label, row) => sum + Math.log(probabilities[row * CLASSES + label]!), 0) / 600;
    };
    const free = await lossOf();
    expect(await lossOf({ 0: [0, -1, 0, 0], 1: [0, 1, 0, 0] })).toBeLessThan(free * 1.03);
    expect(await lossOf({ 0: [0, 1, 0, 0], 1: [0, -1, 0, 0] })).toBeGreaterThan(free * 1.1);
  });

  it('still parts missing values from known ones by a bound column', () => {
    const data = Float64Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? Number.NaN : row));
    const y = Uint8Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? 0 : 1));
    const window = createTrainingWindow({ data, rows: 200, columns: 1 }, y, 2, undefined, { maxBins: 255, ranks: false });
    for (const direction of [1, -1] as const) {
      const { trees } = fitBoosting({ ...growth, rounds: 1, monotone: [direction] }, window);
      const outputFor = (value: number, tree: number) =>
        trees.values[leafOf(trees, trees.roots[tree]!, Float64Array.of(value), 0)]!;
      for (const tree of [0, 1]) expect(new Set([1, 2, 50, 199].map((value) => outputFor(value, tree))).size).toBe(1);
      expect(outputFor(Number.NaN, 0)).toBeGreaterThan(outputFor(50, 0));
      expect(outputFor(Number.NaN, 1)).toBeLessThan(outputFor(50, 1));
    }
  });

  it('divides the outputs of two leaves at their middle, ridge penalty and all', () => {
    const rows = 40;
    const byColumn = Float64Array.from({ length: rows }, (_, row) => row);
    const gradients = Float64Array.from(byColumn, (value) => (value < 20 ? 0.5 : -0.25));
    const binning = binColumns(byColumn, rows, 1);
    const grower = new PlainGrower(binning, { ...growth, maxLeaves: 2, l2: 6 }, [Int8Array.of(1)]);
    const { gradients: packed, order } = grower;
    packGradients(gradients, new Float64Array(rows).fill(0.2), packed);
    order.set(byColumn);
    const leaves = grower.grow(new TreeSetBuilder(), rows, new Float64Array(1), 0);
    const unit = packed.gradientUnit / packed.hessianUnit;
    const middle = (-10 / (4 + 6) + 5 / (4 + 6)) / 2;
    expect(leaves.map(({ begin, end }) => [begin, end])).toEqual([
      [0, 20],
      [20, 40],
    ]);
    expect(leaves[0]!.bounds.high * unit).toBeCloseTo(middle, 5);
    expect(leaves[1]!.bounds.low).toBe(leaves[0]!.bounds.high);
    expect([leaves[0]!.bounds.low, leaves[1]!.bounds.high]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('refuses other directions, and those that fit neither columns nor classes', async () => {
    const { X, y } = swingingRows(60, 15);
    const wrong: readonly number[] = [0, 2, 0, 0];
    expect(() => new GradientBoostedTrees({ monotone: wrong as MonotoneConstraints })).toThrow(
      expect.objectContaining({ code: 'learner.bad_setting' }),
    );
    const unfit: readonly MonotoneConstraints[] = [[1, 0, 0], { 1: [1] }, { 3: [0, 0, 0, 1] }];
    for (const monotone of unfit) {
      await expect(new GradientBoostedTrees({ monotone }).fit(X, y)).rejects.toMatchObject({
        name: 'ModelError',
        code: 'learner.constraint_mismatch',
      });
    }
  });
});

describe('bounds of outputs', () => {
  it('hold an output where the loss is least within them', () => {
    expect(boundedOutput(UNBOUNDED, 6, 3)).toBe(-2);
    expect(boundedOutput({ low: -1, high: 1 }, 6, 3)).toBe(-1);
    expect(boundedOutput({ low: -1, high: 1 }, -6, 3)).toBe(1);
  });

  it('divide at the middle of the children by direction, and pass through without one', () => {
    expect(childBounds({ low: -5, high: 5 }, 1, 1, 3)).toEqual([
      { low: -5, high: 2 },
      { low: 2, high: 5 },
    ]);
    expect(childBounds({ low: -5, high: 5 }, -1, 3, 1)).toEqual([
      { low: 2, high: 5 },
      { low: -5, high: 2 },
    ]);
    expect(childBounds({ low: -5, high: 5 }, 0, 3, 1)).toEqual([
      { low: -5, high: 5 },
      { low: -5, high: 5 },
    ]);
  });
});

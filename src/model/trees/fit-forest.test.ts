import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { canGrowCompiled, growCompiled } from './compiled-forest.ts';
import { type ForestGrowth, fitForest } from './fit-forest.ts';
import { growPlain } from './plain-forest.ts';
import { createTrainingWindow, selectRows, type TrainingWindow } from './training-window.ts';
import type { TreeSet } from './tree-set.ts';

const growth: ForestGrowth = {
  trees: 3,
  minLeafSamples: 1,
  maxDepth: Number.POSITIVE_INFINITY,
  columnSample: null,
  seed: 1,
  splits: 'best',
};

/** Columns of few and of many values beside each other. */
const MIXED = 0;

interface Problem {
  readonly rows: number;
  readonly columns: number;
  /** Different values of a column, or `MIXED`. */
  readonly kinds: number;
  readonly missing: number;
  readonly seed: number;
}

function problem({ rows, columns, kinds, missing, seed }: Problem, weight: number | null, classes = 3): TrainingWindow {
  const rng = createRng(seed);
  const kindsOf = (at: number) => (kinds === MIXED ? [1, 2, 7, 10_000][(at % columns) % 4]! : kinds);
  const data = Float64Array.from({ length: rows * columns }, (_, at) =>
    rng() < missing ? Number.NaN : Math.floor(rng() * kindsOf(at)),
  );
  const labels = Uint8Array.from({ length: rows }, () => Math.floor(rng() * 3));
  const weights = weight === null ? undefined : new Float64Array(rows).fill(weight);
  return createTrainingWindow({ data, rows, columns }, labels, classes, weights, { maxBins: 255, ranks: true });
}

const problems = fc.record({
  rows: fc.integer({ min: 1, max: 150 }),
  columns: fc.constantFrom(1, 3, 9),
  kinds: fc.constantFrom(1, 2, 7, 1000),
  missing: fc.constantFrom(0, 0.1, 0.6),
  seed: fc.nat(100_000),
});
const chosen = fc.record({
  splits: fc.constantFrom<'best' | 'random'>('best', 'random'),
  minLeafSamples: fc.constantFrom(1, 4),
  maxDepth: fc.constantFrom(1, 4, Number.POSITIVE_INFINITY),
  columnSample: fc.constantFrom(null, 1),
});

const grown = (of: Problem, settings: Partial<ForestGrowth>, weight: number | null) => {
  const window = problem(of, weight);
  return fitForest({ ...growth, ...settings }, window, 0, growth.trees).trees;
};

describe('compiled forests', () => {
  const wide = fc.record({
    rows: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 150, max: 700 })),
    columns: fc.constantFrom(1, 3, 9, 30),
    kinds: fc.constantFrom(1, 2, 7, 60, 10_000, MIXED, MIXED),
    missing: fc.constantFrom(0, 0.1, 0.6, 1),
    seed: fc.nat(100_000),
  });

  it('are those of the plain grower to the last bit, on the whole window and on some of its rows', () => {
    let nodes = 0;
    fc.assert(
      fc.property(wide, chosen, fc.constantFrom(1, 2, 3), fc.boolean(), (of, settings, classes, isPart) => {
        const relabelled = problem(of, null);
        const whole = { ...relabelled, classes, labels: relabelled.labels.map((label) => label % classes) };
        const window = isPart
          ? selectRows(
              whole,
              Int32Array.from({ length: Math.ceil(of.rows / 2) }, (_, i) => 2 * i),
            )
          : whole;
        const settled = { ...growth, ...settings };
        expect(canGrowCompiled(settled, window)).toBe(true);
        const compiled = growCompiled(settled, window, 1, 4);
        expect(compiled).toEqual(growPlain(settled, window, 1, 4));
        nodes += compiled!.trees.feature.length;
      }),
      { seed: 8, numRuns: 300 },
    );
    expect(nodes).toBeGreaterThan(8_000);
  });
});

describe('weighted forests', () => {
  it('are those of no weights where all rows weigh 4, as sums of powers of two are exact', () => {
    let nodes = 0;
    fc.assert(
      fc.property(problems, chosen, (of, settings) => {
        const weighted = grown(of, settings, 4);
        const plain = grown(of, settings, null);
        expect(weighted.roots).toHaveLength(plain.roots.length);
        expect(weighted.feature).toEqual(plain.feature);
        expect(weighted.threshold).toEqual(plain.threshold);
        expect(weighted.missingLeft).toEqual(plain.missingLeft);
        weighted.values.forEach((value, at) => {
          expect(value).toBeCloseTo(plain.values[at]!, 12);
        });
        nodes += plain.feature.length;
      }),
      { seed: 3, numRuns: 150 },
    );
    expect(nodes).toBeGreaterThan(3000);
  });

  it('grow the same trees for classes that do not fit one number, of which no row is', () => {
    const of = { rows: 120, columns: 5, kinds: 30, missing: 0.1, seed: 4 };
    const trees = fitForest({ ...growth, splits: 'random' }, problem(of, null, 6), 0, 3).trees;
    const three = fitForest({ ...growth, splits: 'random' }, problem(of, null), 0, 3).trees;
    expect(trees.feature).toEqual(three.feature);
    expect(trees.values).toHaveLength(2 * three.values.length);
  });

  it('follow rows that weigh more, and give rows of no weight no say', () => {
    const rows = 100;
    const data = Float64Array.from({ length: rows }, (_, row) => row % 10);
    const labels = Uint8Array.from({ length: rows }, (_, row) => (row < 50 ? 0 : 1));
    const shareOf = (first: number, splits: 'best' | 'random') => {
      const weights = Float64Array.from({ length: rows }, (_, row) => (row < 50 ? first : 1));
      const window = createTrainingWindow({ data, rows, columns: 1 }, labels, 2, weights, { maxBins: 255, ranks: true });
      const { trees } = fitForest({ ...growth, maxDepth: 0, splits }, window, 0, 1);
      return trees.values[0]!;
    };
    for (const splits of ['best', 'random'] as const) {
      expect(shareOf(0, splits)).toBe(0);
      expect(shareOf(9, splits)).toBeGreaterThan(0.85);
    }
    expect(shareOf(3, 'random')).toBeCloseTo(0.75, 12);
  });
});

describe('limits of forests', () => {
  const of = { rows: 300, columns: 4, kinds: 50, missing: 0.05, seed: 9 };

  const depthOf = (trees: TreeSet, node: number): number =>
    trees.feature[node]! < 0 ? 0 : 1 + Math.max(depthOf(trees, trees.left[node]!), depthOf(trees, trees.right[node]!));

  it.each([null, 4])('bind depth and rows of leaves, with weights of %s', (weight) => {
    for (const splits of ['best', 'random'] as const) {
      const deepest = (settings: Partial<ForestGrowth>) => {
        const trees = grown(of, { ...settings, splits }, weight);
        return Math.max(...[...trees.roots].map((root) => depthOf(trees, root)));
      };
      expect(deepest({ maxDepth: 3 })).toBe(3);
      expect(deepest({})).toBeGreaterThan(3);
      expect(deepest({ minLeafSamples: 151 })).toBe(0);
      expect(deepest({ minLeafSamples: 20 })).toBeLessThan(deepest({}));
    }
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { CompiledGrower } from './compiled-grower.ts';
import { type BoostingGrowth, fitBoosting } from './fit-boosting.ts';
import { PlainGrower } from './plain-grower.ts';
import { columnsOf, type DrawnTree, depthOf, drawTree, leavesOf, referenceBoosting } from './reference-boosting.fixture.ts';
import { createTrainingWindow, type TrainingWindow } from './training-window.ts';

const CLASSES = 3;

const growth: BoostingGrowth = {
  ...{ rounds: 2, learningRate: 0.3, maxLeaves: 15, maxDepth: Number.POSITIVE_INFINITY, minLeafSamples: 2, l2: 0, minGain: 0 },
  ...{ columnSample: 1, rowSample: 1, earlyStopping: null, monotone: null, seed: 1 },
};

/** Values that repeat, so that rows share bins; labels that follow the first two columns a little. */
function problem(rows: number, columns: number, kinds: number, missing: number, weighted: boolean, seed: number): TrainingWindow {
  const rng = createRng(seed);
  const data = Float64Array.from({ length: rows * columns }, () => (rng() < missing ? Number.NaN : Math.floor(rng() * kinds)));
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const [a = 0, b = 0] = data.subarray(row * columns, row * columns + 2);
    return rng() < 0.5 ? Math.floor(rng() * CLASSES) : ((a || 0) + (columns > 1 ? b || 0 : 0)) % CLASSES;
  });
  const weights = weighted ? Float64Array.from({ length: rows }, () => 0.25 + rng()) : undefined;
  return createTrainingWindow({ data, rows, columns }, labels, CLASSES, weights, { maxBins: 255, ranks: false });
}

const plain = (settings: BoostingGrowth, window: TrainingWindow) =>
  fitBoosting(settings, window, (...given) => new PlainGrower(...given));
const compiled = (settings: BoostingGrowth, window: TrainingWindow) =>
  fitBoosting(settings, window, (binning, limits) => new CompiledGrower(binning, limits));

const drawn = ({ trees }: ReturnType<typeof fitBoosting>): DrawnTree[] => [...trees.roots].map((root) => drawTree(trees, root));

/** The same columns, thresholds and directions; leaf values up to 1e-12. */
function expectSameTree(found: DrawnTree, wanted: DrawnTree): void {
  if ('value' in found || 'value' in wanted) {
    if (!('value' in found && 'value' in wanted)) throw new Error('one tree splits where the other does not');
    expect(Math.abs(found.value - wanted.value)).toBeLessThan(1e-12);
    return;
  }
  const { column, threshold, missingLeft } = wanted;
  expect({ column: found.column, threshold: found.threshold, missingLeft: found.missingLeft }).toEqual({
    column,
    threshold,
    missingLeft,
  });
  expectSameTree(found.left, wanted.left);
  expectSameTree(found.right, wanted.right);
}

const settings = fc.record({
  maxLeaves: fc.constantFrom(1, 2, 5, 31, 400),
  maxDepth: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
  minLeafSamples: fc.constantFrom(1, 3, 10),
  l2: fc.constantFrom(0, 0.7, 5),
  minGain: fc.constantFrom(0, 0.3),
  columnSample: fc.constantFrom(0.4, 1),
  rowSample: fc.constantFrom(0.6, 1),
  seed: fc.nat(1000),
});

/** Many rows per bin lead to histograms and subtraction, few to the search without them; nine columns to two blocks. */
const problems = fc.record({
  rows: fc.integer({ min: 1, max: 140 }),
  columns: fc.constantFrom(1, 3, 4, 9, 17),
  kinds: fc.constantFrom(1, 2, 5, 40, 1000),
  missing: fc.constantFrom(0, 0.05, 0.5),
  weighted: fc.boolean(),
  seed: fc.nat(1_000_000),
});

describe.each([
  ['the plain grower', plain],
  ['the compiled grower', compiled],
])('boosting with %s', (_, boost) => {
  it('grows the trees of the plainest grower there is', () => {
    let splits = 0;
    fc.assert(
      fc.property(problems, settings, ({ rows, columns, kinds, missing, weighted, seed }, chosen) => {
        const window = problem(rows, columns, kinds, missing, weighted, seed);
        const all = { ...growth, ...chosen };
        const found = drawn(boost(all, window));
        const wanted = referenceBoosting(all, window).flat();
        expect(found).toHaveLength(wanted.length);
        found.forEach((tree, i) => {
          expectSameTree(tree, wanted[i]!);
        });
        splits += wanted.reduce((sum, tree) => sum + leavesOf(tree) - 1, 0);
      }),
      { seed: 11, numRuns: 300 },
    );
    expect(splits).toBeGreaterThan(2500);
  });
});

describe('both growers', () => {
  it('give the same bytes on larger problems, histograms and leaves of few rows', () => {
    fc.assert(
      fc.property(
        fc.record({ rows: fc.integer({ min: 300, max: 900 }), kinds: fc.constantFrom(3, 60, 100_000), seed: fc.nat(1000) }),
        settings,
        ({ rows, kinds, seed }, chosen) => {
          const window = problem(rows, 13, kinds, 0.02, seed % 2 === 0, seed);
          const all = { ...growth, ...chosen, rounds: 3 };
          expect(compiled(all, window)).toEqual(plain(all, window));
        },
      ),
      { seed: 12, numRuns: 40 },
    );
  });

  it('are chosen so that constrained trees are those of the plain one', () => {
    const direction = fc.constantFrom<-1 | 0 | 1>(-1, 0, 1);
    fc.assert(
      fc.property(fc.array(direction, { minLength: 5, maxLength: 5 }), settings, fc.nat(1000), (monotone, chosen, seed) => {
        const window = problem(200, 5, 30, 0.05, seed % 2 === 0, seed);
        const all = { ...growth, ...chosen, monotone };
        expect(fitBoosting(all, window)).toEqual(plain(all, window));
      }),
      { seed: 13, numRuns: 40 },
    );
  });
});

describe('limits of boosted trees', () => {
  const window = problem(400, 6, 50, 0.03, false, 5);
  const grown = (chosen: Partial<BoostingGrowth>, of = window) => drawn(fitBoosting({ ...growth, ...chosen }, of));

  it('binds leaves and depth, which without limits are exceeded', () => {
    expect(Math.max(...grown({ maxLeaves: 7 }).map(leavesOf))).toBe(7);
    expect(Math.max(...grown({ maxDepth: 3 }).map(depthOf))).toBe(3);
    const free = grown({ maxLeaves: 400, minLeafSamples: 1 });
    expect(Math.min(...free.map(leavesOf))).toBeGreaterThan(15);
    expect(Math.min(...free.map(depthOf))).toBeGreaterThan(3);
  });

  it('binds rows of leaves: in the first round, where hessians are equal, each side has that many', () => {
    const rowsByLeaf = (minLeafSamples: number) => {
      const { trees } = fitBoosting({ ...growth, rounds: 1, minLeafSamples, maxLeaves: 400 }, window);
      return [...trees.roots].flatMap((root) => {
        const tree = drawTree(trees, root);
        const counts = new Map<DrawnTree, number>();
        for (let row = 0; row < window.rows; row++) {
          let at = tree;
          while (!('value' in at)) {
            const value = window.data[row * window.columns + at.column]!;
            at = (Number.isNaN(value) ? at.missingLeft : value <= at.threshold) ? at.left : at.right;
          }
          counts.set(at, (counts.get(at) ?? 0) + 1);
        }
        return [...counts.values()];
      });
    };
    expect(Math.min(...rowsByLeaf(40))).toBeGreaterThanOrEqual(40);
    expect(Math.min(...rowsByLeaf(5))).toBeLessThan(40);
  });

  it('makes fewer splits where each has to gain more, and none where no split gains so much', () => {
    const leaves = (minGain: number) => grown({ minGain, maxLeaves: 400 }).reduce((sum, tree) => sum + leavesOf(tree), 0);
    expect(leaves(1)).toBeLessThan(leaves(0));
    expect(leaves(1)).toBeGreaterThan(6);
    expect(leaves(1e6)).toBe(6);
  });

  it('shrinks a leaf by its ridge penalty', () => {
    const [root] = grown({ maxLeaves: 1, rounds: 1, learningRate: 1 }, problem(30, 2, 3, 0, true, 2));
    const [ridged] = grown({ maxLeaves: 1, rounds: 1, learningRate: 1, l2: 10 }, problem(30, 2, 3, 0, true, 2));
    const [free, held] = [root, ridged].map((tree) => ('value' in tree! ? tree.value : Number.NaN)) as [number, number];
    expect(Math.abs(free)).toBeLessThan(1e-4);
    expect(Math.abs(held)).toBeLessThanOrEqual(Math.abs(free));
    const most = (l2: number) => Math.max(...grown({ l2, rounds: 1 }).map(largest));
    expect(most(50)).toBeLessThan(most(0) / 2);
  });

  it('uses the columns it drew, and no others', () => {
    const trees = grown({ columnSample: 0.34, rounds: 20, maxLeaves: 400 });
    for (const tree of trees) expect(new Set(columnsOf(tree)).size).toBeLessThanOrEqual(2);
    expect(new Set(trees.flatMap(columnsOf)).size).toBe(6);
  });
});

const largest = (tree: DrawnTree): number =>
  'value' in tree ? Math.abs(tree.value) : Math.max(largest(tree.left), largest(tree.right));

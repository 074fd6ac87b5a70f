import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Rng } from '../../domain/index.ts';
import { CompactTrees } from './compact-trees.ts';
import { leafOf, type TreeSet, TreeSetBuilder } from './tree-set.ts';
import { TreeSums } from './tree-sums.ts';

const COLUMNS = 3;
const AWKWARD = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, Number.MAX_VALUE, -Number.MAX_VALUE],
  ...[Number.MIN_VALUE, -Number.MIN_VALUE, 1, 1 + Number.EPSILON, 1 - Number.EPSILON / 2, 1e150, -1e-150],
];

type Draw = (rng: Rng) => number;
const pick: Draw = (rng) => AWKWARD[Math.floor(rng() * AWKWARD.length)]!;
const fraction: Draw = (rng) => 2 * rng() - 1;
const whole: Draw = (rng) => Math.floor(rng() * 5) - 2;
const KINDS: readonly Draw[] = [pick, fraction, whole, (rng) => [pick, fraction, whole][Math.floor(rng() * 3)]!(rng)];

/** Trees that lean to one side or the other, with any thresholds and leaf values, a few of the latter often. */
function drawnTrees(rng: Rng, trees: number, depth: number, leafSize: number, draw: Draw): TreeSet {
  const builder = new TreeSetBuilder();
  const grow = (node: number, level: number): void => {
    if (level >= depth || rng() < 0.2) {
      const value = () => (rng() < 0.5 ? pick(rng) : fraction(rng));
      builder.setLeaf(node, Array.from({ length: leafSize }, value), leafSize);
      return;
    }
    const [left, right] = [builder.addNode(), builder.addNode()];
    builder.split(node, Math.floor(rng() * COLUMNS), draw(rng), rng() < 0.5, left, right);
    grow(left, level + 1 + Math.floor(rng() * 4));
    grow(right, level + 1 + Math.floor(rng() * 4));
  };
  for (let tree = 0; tree < trees; tree++) {
    builder.beginTree();
    grow(builder.addNode(), 0);
  }
  return builder.finish();
}

const bitsOf = (values: Float64Array): string[] =>
  [...new BigUint64Array(values.slice().buffer)].map((bits) => bits.toString(16));

/** Drawn trees and rows; each value of a row is a threshold, next to one, or anything. */
const drawnCase = fc.record({
  seed: fc.integer(),
  trees: fc.integer({ min: 0, max: 11 }),
  depth: fc.integer({ min: 0, max: 14 }),
  leafSize: fc.constantFrom(1, 3),
  kind: fc.nat(KINDS.length - 1),
});

function draw({ seed, trees, depth, leafSize, kind }: typeof drawnCase extends fc.Arbitrary<infer T> ? T : never, rows: number) {
  const rng = createRng(seed);
  const set = drawnTrees(rng, trees, depth, leafSize, KINDS[kind]!);
  const data = Float64Array.from({ length: rows * COLUMNS }, () => {
    const threshold = set.threshold[Math.floor(rng() * set.threshold.length)] ?? 0;
    const near = [threshold, threshold * (1 + Number.EPSILON), threshold * (1 - Number.EPSILON)];
    return rng() < 0.5 ? near[Math.floor(rng() * 3)]! : KINDS[3]!(rng);
  });
  return { set, data };
}

describe('CompactTrees', () => {
  it('reaches the leaf that the plain walk reaches, for any thresholds and values', () => {
    fc.assert(
      fc.property(drawnCase, (drawn) => {
        const { set, data } = draw(drawn, 20);
        const compact = CompactTrees.of(set, COLUMNS, drawn.leafSize)!;
        const valuesAt = (values: Float64Array, from: number) => [...values.subarray(from, from + drawn.leafSize)];
        for (let row = 0; row < data.length; row += COLUMNS) {
          const found = [...compact.leavesOf(data, row)].flatMap((leaf) => valuesAt(compact.values, leaf));
          const plain = [...set.roots].flatMap((root) => valuesAt(set.values, leafOf(set, root, data, row)));
          expect(bitsOf(Float64Array.from(found))).toEqual(bitsOf(Float64Array.from(plain)));
        }
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('keeps each sequence of leaf values once, and 0 apart from -0', () => {
    const builder = new TreeSetBuilder();
    for (const value of [0, -0, 0.25, 0, 0.25, -0]) {
      builder.beginTree();
      builder.setLeaf(builder.addNode(), [value, 1], 2);
    }
    const compact = CompactTrees.of(builder.finish(), 1, 2)!;
    expect(bitsOf(compact.values)).toEqual(bitsOf(Float64Array.of(0, 1, -0, 1, 0.25, 1)));
    expect([...compact.leavesOf(Float64Array.of(1), 0)]).toEqual([0, 2, 4, 0, 4, 2]);
  });

  it('is not made where a word has no room for key and rank', () => {
    const builder = new TreeSetBuilder();
    for (let tree = 0; tree < 9_000; tree++) {
      builder.beginTree();
      const [root, left, right] = [builder.addNode(), builder.addNode(), builder.addNode()];
      builder.split(root, 0, tree, false, left, right);
      for (const leaf of [left, right]) builder.setLeaf(leaf, [leaf], 1);
    }
    expect(CompactTrees.of(builder.finish(), 65_536, 1)).toBeNull();
    expect(CompactTrees.of(builder.finish(), 4_096, 1)).not.toBeNull();
  });

  it('is not made of nodes with two parents, of which it would be a power of two', () => {
    const builder = new TreeSetBuilder();
    builder.beginTree();
    for (let node = 0; node < 60; node++) builder.split(builder.addNode(), 0, node, true, node + 1, node + 1);
    builder.setLeaf(builder.addNode(), [1], 1);
    expect(CompactTrees.of(builder.finish(), 1, 1)).toBeNull();
  });
});

describe('TreeSums', () => {
  it('adds the same leaves in the same order for one row, for few and for many', () => {
    fc.assert(
      fc.property(drawnCase, (drawn) => {
        const rows = 300;
        const { set, data } = draw(drawn, rows);
        const { leafSize } = drawn;
        const plain = new Float64Array(rows * 3).fill(0.1);
        for (let row = 0; row < rows; row++) {
          set.roots.forEach((root, tree) => {
            const leaf = leafOf(set, root, data, row * COLUMNS);
            for (let k = 0; k < leafSize; k++) plain[row * 3 + ((tree * leafSize + k) % 3)]! += set.values[leaf + k]!;
          });
        }
        for (const step of [1, 7, rows]) {
          const sums = new TreeSums(set, leafSize, 3);
          const into = new Float64Array(rows * 3).fill(0.1);
          for (let row = 0; row < rows; row += step) {
            const end = Math.min(rows, row + step);
            const X = { data: data.subarray(row * COLUMNS, end * COLUMNS), rows: end - row, columns: COLUMNS };
            sums.addTo(X, into.subarray(row * 3, end * 3));
          }
          expect(bitsOf(into)).toEqual(bitsOf(plain));
        }
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});

import { createRng, InvariantError, type Rng } from '../../domain/index.ts';
import { packClassCounts } from './class-counter.ts';
import type { NodeSplitter, SplitChoice } from './node-splitter.ts';
import { PackedBestSplitter } from './packed-best-splitter.ts';
import { RandomThresholdSplitter } from './random-threshold-splitter.ts';
import type { TrainingWindow } from './training-window.ts';
import { type TreeSet, TreeSetBuilder } from './tree-set.ts';
import { WeightedBestSplitter } from './weighted-best-splitter.ts';
import { WeightedThresholdSplitter } from './weighted-threshold-splitter.ts';

export interface ForestGrowth {
  readonly trees: number;
  readonly minLeafSamples: number;
  /** Levels of splits at most; Infinity for none. */
  readonly maxDepth: number;
  /** Share of columns tried per split; `null` for their square root. */
  readonly columnSample: number | null;
  readonly seed: number;
  /** `best`: every bin border, on a bootstrap sample. `random`: one random threshold per column, on all rows. */
  readonly splits: 'best' | 'random';
}

export interface GrownForest {
  readonly trees: TreeSet;
  /** Sum over splits of impurity decrease, per column, in steps of 2^-20 so that sums do not depend on their order. */
  readonly importance: Float64Array;
}

/** Grows trees `first` to `last - 1` of a forest: any weights, any number of classes and rows. */
export function growPlain(growth: ForestGrowth, window: TrainingWindow, first: number, last: number): GrownForest {
  const { columns, classes, rows } = window;
  const grower: Grower = {
    builder: new TreeSetBuilder(),
    splitter: createSplitter(growth, window),
    importance: new Float64Array(columns),
    tried: triedColumns(growth, columns),
    maxDepth: growth.maxDepth,
    minSplit: fewestToSplit(growth),
    candidates: new Int32Array(columns),
    choice: { column: -1, bin: 0, threshold: 0, missingLeft: false, gain: 0 },
    order: new Int32Array(rows),
    spare: new Int32Array(rows),
    shares: new Float64Array(classes),
  };
  for (let tree = first; tree < last; tree++) {
    const rng = createRng(growth.seed, tree + 1);
    for (let column = 0; column < columns; column++) grower.candidates[column] = column;
    drawRows(grower.order, grower.spare, growth.splits === 'best' ? rng : null);
    growTree(grower, rng);
  }
  return { trees: grower.builder.finish(), importance: grower.importance };
}

/** How many columns are looked at before a node is split. */
export function triedColumns({ columnSample }: ForestGrowth, columns: number): number {
  const tried = columnSample === null ? Math.sqrt(columns) : columnSample * columns;
  return Math.max(1, Math.min(columns, Math.floor(tried)));
}

/** Fewest rows of a node that is split. */
export const fewestToSplit = ({ minLeafSamples }: ForestGrowth): number => Math.max(2, 2 * minLeafSamples);

/** Impurity decreases are kept in steps of 2^-20. */
const inSteps = (gain: number): number => Math.floor(Math.max(0, gain) * 2 ** 20 + 0.5) / 2 ** 20;

function createSplitter({ splits, minLeafSamples }: ForestGrowth, window: TrainingWindow): NodeSplitter {
  const { binning, byColumn, rows, classes } = window;
  const counts = packClassCounts(window);
  if (splits === 'random') {
    return counts === null
      ? new WeightedThresholdSplitter(window, minLeafSamples)
      : new RandomThresholdSplitter(byColumn, rows, counts, classes, minLeafSamples);
  }
  if (binning === null)
    throw new InvariantError('learner.not_binned', 'a random forest was asked to grow on values without bins');
  return counts === null
    ? new WeightedBestSplitter(window, binning, minLeafSamples)
    : new PackedBestSplitter(binning, counts, classes, minLeafSamples);
}

/** Positions in the row list: each once, or a bootstrap sample in ascending order (which keeps memory access in order). */
function drawRows(order: Int32Array, counts: Int32Array, rng: Rng | null): void {
  const total = order.length;
  if (rng === null) {
    for (let i = 0; i < total; i++) order[i] = i;
    return;
  }
  counts.fill(0);
  for (let i = 0; i < total; i++) counts[Math.floor(rng() * total)]!++;
  for (let i = 0, at = 0; i < total; i++) for (let n = counts[i]!; n > 0; n--) order[at++] = i;
}

interface Grower {
  readonly builder: TreeSetBuilder;
  readonly splitter: NodeSplitter;
  readonly importance: Float64Array;
  readonly tried: number;
  readonly maxDepth: number;
  readonly minSplit: number;
  readonly candidates: Int32Array;
  readonly choice: SplitChoice;
  readonly order: Int32Array;
  readonly spare: Int32Array;
  readonly shares: Float64Array;
}

/** Grows one tree depth first. Columns that turn out constant in a node do not count as tried, as in scikit-learn. */
function growTree(grower: Grower, rng: Rng): void {
  const { builder, splitter, importance, candidates, choice, order, spare, shares } = grower;
  builder.beginTree();
  const pending: number[] = [builder.addNode(), 0, order.length, 0];
  const columns = candidates.length;
  while (pending.length > 0) {
    const depth = pending.pop()!;
    const end = pending.pop()!;
    const begin = pending.pop()!;
    const node = pending.pop()!;
    const pure = splitter.enter(order, begin, end);
    choice.column = -1;
    if (!pure && end - begin >= grower.minSplit && depth < grower.maxDepth) {
      choice.gain = -1e-9;
      for (let drawn = 0, useful = 0; drawn < columns && useful < grower.tried; drawn++) {
        const at = drawn + Math.floor(rng() * (columns - drawn));
        const column = candidates[at]!;
        candidates[at] = candidates[drawn]!;
        candidates[drawn] = column;
        if (splitter.tryColumn(column, order, begin, end, rng, choice)) useful++;
      }
    }
    if (choice.column < 0) {
      splitter.shares(shares);
      builder.setLeaf(node, shares, shares.length);
      continue;
    }
    const middle = splitter.partition(choice, order, begin, end, spare);
    importance[choice.column]! += inSteps(choice.gain);
    const left = builder.addNode();
    const right = builder.addNode();
    builder.split(node, choice.column, choice.threshold, choice.missingLeft, left, right);
    pending.push(right, middle, end, depth + 1, left, begin, middle, depth + 1);
  }
}

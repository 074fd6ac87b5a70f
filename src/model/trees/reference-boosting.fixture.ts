import { createRng } from '../../domain/index.ts';
import { type Binning, edgeOf } from './binning.ts';
import type { BoostingGrowth } from './fit-boosting.ts';
import { type PackedGradients, packGradients } from './packed-gradients.ts';
import { sampleColumns, sampleRows } from './sampling.ts';
import { softmaxGradients, softmaxRows } from './softmax.ts';
import type { TrainingWindow } from './training-window.ts';
import { leafOf, type TreeSet } from './tree-set.ts';

/** A tree as one would draw it. */
export type DrawnTree =
  | { readonly value: number }
  | {
      readonly column: number;
      readonly threshold: number;
      readonly missingLeft: boolean;
      readonly left: DrawnTree;
      readonly right: DrawnTree;
    };

/** Sums of rows: whole numbers in units of the quantised gradients. */
interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

interface Split {
  readonly column: number;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly gain: number;
}

interface Leaf {
  readonly rows: readonly number[];
  readonly depth: number;
  split: Split | null;
  children: readonly [Leaf, Leaf] | null;
}

/**
 * Boosting written down as plainly as it can be, to hold the grower to: every leaf sums its own rows, three sums per
 * bin, and tries every border. Nothing is packed, subtracted, skipped or compiled. Only the bins, the quantised gradients, what
 * is drawn at random and the order in which equal splits are offered are those of the grower.
 */
export function referenceBoosting(growth: BoostingGrowth, window: TrainingWindow): readonly (readonly DrawnTree[])[] {
  const { rows, columns, classes, labels, weights, data } = window;
  const total = weights === null ? rows : weights.reduce((sum, weight) => sum + weight, 0);
  const share = (label: number) => labels.reduce((sum, own, row) => sum + (own === label ? (weights?.[row] ?? 1) : 0), 0) / total;
  const scores = Float64Array.from({ length: rows * classes }, (_, at) => Math.log(Math.max(1e-6, share(at % classes))));
  const binning = window.coarse!;
  const rng = createRng(growth.seed);
  return Array.from({ length: growth.rounds }, () => {
    const probabilities = new Float64Array(scores.length);
    softmaxRows(scores, classes, probabilities);
    const drawn = sampleRows(rows, growth.rowSample, rng) ?? Int32Array.from({ length: rows }, (_, row) => row);
    return Array.from({ length: classes }, (_, label) => {
      const [gradients, hessians] = [new Float64Array(rows), new Float64Array(rows)];
      softmaxGradients(probabilities, labels, weights, classes, label, gradients, hessians);
      const quantised: PackedGradients = { packed: new Float64Array(rows), gradientUnit: 1, hessianUnit: 1 };
      packGradients(gradients, hessians, quantised);
      const used = growth.columnSample < 1 ? [...sampleColumns(columns, growth.columnSample, rng)] : undefined;
      const tree = new ReferenceTree(binning, growth, quantised, used).grow([...drawn]);
      for (let row = 0; row < rows; row++)
        scores[row * classes + label]! += outputOf(tree, data.subarray(row * columns, (row + 1) * columns));
      return tree;
    });
  });
}

class ReferenceTree {
  readonly #binning: Binning;
  readonly #growth: BoostingGrowth;
  readonly #units: PackedGradients;
  readonly #columns: readonly number[];

  constructor(binning: Binning, growth: BoostingGrowth, units: PackedGradients, columns?: readonly number[]) {
    this.#binning = binning;
    this.#growth = growth;
    this.#units = units;
    this.#columns = columns ?? Array.from({ length: binning.columns }, (_, column) => column);
  }

  grow(rows: readonly number[]): DrawnTree {
    const root = this.#leaf(rows, 0);
    const leaves = [root];
    while (leaves.length < this.#growth.maxLeaves) {
      const open = leaves.filter(({ split }) => split !== null && split.gain > 0);
      if (open.length === 0) break;
      const best = open.reduce((one, other) => (other.split!.gain > one.split!.gain ? other : one));
      const { column, bin, missingLeft } = best.split!;
      const goesLeft = (row: number) => {
        const at = this.#binAt(column, row);
        return at === 0 ? missingLeft : at <= bin;
      };
      const children = [best.rows.filter((row) => goesLeft(row)), best.rows.filter((row) => !goesLeft(row))].map((part) =>
        this.#leaf(part, best.depth + 1),
      ) as [Leaf, Leaf];
      best.children = children;
      leaves.splice(leaves.indexOf(best), 1, children[0]);
      leaves.push(children[1]);
    }
    return this.#draw(root);
  }

  #binAt = (column: number, row: number): number => this.#binning.bins[column * this.#binning.rows + row]!;

  #leaf(rows: readonly number[], depth: number): Leaf {
    const { minLeafSamples, maxDepth } = this.#growth;
    const open = rows.length >= 2 * minLeafSamples && depth < maxDepth;
    return { rows, depth, split: open ? this.#bestSplit(rows) : null, children: null };
  }

  #sum(rows: readonly number[]): Sums {
    let [gradient, hessian] = [0, 0];
    for (const row of rows) {
      const packed = this.#units.packed[row]!;
      const whole = Math.floor(packed / 2 ** 26);
      gradient += whole;
      hessian += packed - whole * 2 ** 26;
    }
    return { gradient, hessian, count: rows.length };
  }

  #bestSplit(rows: readonly number[]): Split | null {
    const { gradientUnit, hessianUnit } = this.#units;
    const { minLeafSamples, minGain } = this.#growth;
    const l2 = this.#growth.l2 / hessianUnit;
    const whole = this.#sum(rows);
    const least = Math.max((minLeafSamples * whole.hessian) / whole.count, 1e-3 / hessianUnit);
    const unit = gradientUnit ** 2 / hessianUnit;
    const square = whole.gradient ** 2;
    const both = whole.hessian + 2 * l2;
    const threshold = (square / (whole.hessian + l2) - square / both + minGain / unit) * both;
    let best = { split: null as Split | null, score: Math.fround(threshold) };
    for (const column of this.#columns) {
      const bins = Array.from({ length: this.#binning.binCounts[column]! + 1 }, (_, bin) =>
        this.#sum(rows.filter((row) => this.#binAt(column, row) === bin)),
      );
      const absent = bins[0]!;
      const known = { gradient: 0, hessian: 0 };
      for (let bin = 1; bin < bins.length; bin++) {
        known.gradient += bins[bin]!.gradient;
        known.hessian += bins[bin]!.hessian;
        for (const missingLeft of absent.gradient !== 0 || absent.hessian !== 0 ? [true, false] : [false]) {
          const gradient = known.gradient + (missingLeft ? absent.gradient : 0);
          const hessian = known.hessian + (missingLeft ? absent.hessian : 0);
          if (hessian < least || hessian > whole.hessian - least) continue;
          const score = scoreOf(gradient, hessian, whole, l2);
          if (score <= best.score) continue;
          const gained = gradient ** 2 / (hessian + l2) + (whole.gradient - gradient) ** 2 / (both - hessian - l2);
          const gain = (gained - square / (whole.hessian + l2)) * unit - minGain;
          best = { split: { column, bin, missingLeft, gain }, score };
        }
      }
    }
    return best.split;
  }

  #draw({ rows, split, children }: Leaf): DrawnTree {
    if (split === null || children === null) {
      const { gradient, hessian } = this.#sum(rows);
      const { gradientUnit, hessianUnit } = this.#units;
      const curvature = hessian * hessianUnit + this.#growth.l2;
      return { value: curvature > 0 ? (-this.#growth.learningRate * gradient * gradientUnit) / curvature : 0 };
    }
    const { column, bin, missingLeft } = split;
    const [left, right] = children;
    const threshold = edgeOf(this.#binning, column, bin);
    return { column, threshold, missingLeft, left: this.#draw(left), right: this.#draw(right) };
  }
}

/** How much better than its leaf a split is, every step rounded to 32 bits. */
function scoreOf(gradient: number, hessian: number, whole: Sums, l2: number): number {
  const { fround } = Math;
  const a = fround(fround(hessian) + fround(l2));
  const b = fround(fround(whole.hessian - hessian) + fround(l2));
  const excess = fround(fround(fround(gradient) * b) - fround(fround(whole.gradient - gradient) * a));
  return fround(excess * fround(excess / fround(a * b)));
}

function outputOf(tree: DrawnTree, row: Float64Array): number {
  if ('value' in tree) return tree.value;
  const value = row[tree.column]!;
  const left = Number.isNaN(value) ? tree.missingLeft : value <= tree.threshold;
  return outputOf(left ? tree.left : tree.right, row);
}

/** One tree of a set, as drawn. */
export function drawTree(trees: TreeSet, root: number): DrawnTree {
  const column = trees.feature[root]!;
  if (column < 0) return { value: trees.values[leafOf(trees, root, new Float64Array(0), 0)]! };
  return {
    column,
    threshold: trees.threshold[root]!,
    missingLeft: trees.missingLeft[root] === 1,
    left: drawTree(trees, trees.left[root]!),
    right: drawTree(trees, trees.right[root]!),
  };
}

export const leavesOf = (tree: DrawnTree): number => ('value' in tree ? 1 : leavesOf(tree.left) + leavesOf(tree.right));
export const depthOf = (tree: DrawnTree): number => ('value' in tree ? 0 : 1 + Math.max(depthOf(tree.left), depthOf(tree.right)));
export const columnsOf = (tree: DrawnTree): number[] =>
  'value' in tree ? [] : [tree.column, ...columnsOf(tree.left), ...columnsOf(tree.right)];

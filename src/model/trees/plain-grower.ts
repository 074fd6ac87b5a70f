import { type Binning, edgeOf } from './binning.ts';
import { addRows, type HistogramLayout, layOutHistogram, subtractHistogram } from './histogram.ts';
import { boundedOutput, childBounds, type OutputBounds, UNBOUNDED } from './monotone.ts';
import { directionAt, scoreOf, searchMonotone } from './monotone-scan.ts';
import { gradientOf, type PackedGradients, SHIFT } from './packed-gradients.ts';
import { partitionByBin } from './partition.ts';
import { type BoostingSplit, noSplit, scanColumn } from './split-scan.ts';
import { type GrownLeaf, leastScore, type PackedLimits, packLimits, type TreeGrower, type TreeLimits } from './tree-grower.ts';
import type { TreeSetBuilder } from './tree-set.ts';

/** A leaf of the tree that is growing. */
interface GrowingLeaf extends GrownLeaf {
  readonly depth: number;
  /** Its sums by bin, where it can be split. */
  histogram: Float64Array | null;
  split: BoostingSplit;
  /** Loss reduction of the split, times two; negative where there is none. */
  gain: number;
}

/** The grower in plain TypeScript: what the compiled one is held to, and what grows monotone trees and runs without WebAssembly. */
export class PlainGrower implements TreeGrower {
  readonly order: Int32Array;
  readonly gradients: PackedGradients;
  readonly #binning: Binning;
  readonly #limits: TreeLimits;
  readonly #directions: readonly (Int8Array | null)[];
  readonly #spare: Int32Array;
  readonly #free: Float64Array[] = [];
  #layout: HistogramLayout;

  /** @param directions monotone ones by class, one per column of the window; `null` where nothing binds the class */
  constructor(binning: Binning, limits: TreeLimits, directions: readonly (Int8Array | null)[]) {
    this.#binning = binning;
    this.#limits = limits;
    this.#directions = directions;
    this.order = new Int32Array(binning.rows);
    this.gradients = { packed: new Float64Array(binning.rows), gradientUnit: 1, hessianUnit: 1 };
    this.#spare = new Int32Array(binning.rows);
    this.#layout = layOutHistogram(binning, null);
  }

  useColumns(columns: Int32Array): void {
    this.#layout = layOutHistogram(this.#binning, columns);
    this.#free.length = 0;
  }

  close(): void {
    this.#free.length = 0;
  }

  grow(builder: TreeSetBuilder, rows: number, importance: Float64Array, label: number): readonly GrownLeaf[] {
    const { maxLeaves } = this.#limits;
    const { packed } = this.gradients;
    const directions = this.#directions[label]!;
    const limits = packLimits(this.#limits, this.gradients);
    let total = 0;
    for (let i = 0; i < rows; i++) total += packed[this.order[i]!]!;
    builder.beginTree();
    const root = newLeaf(builder.addNode(), 0, rows, 0, total, UNBOUNDED);
    const leaves = [root];
    if (maxLeaves > 1 && this.#canSplit(root)) this.#search(root, this.#histogramOf(root), limits, directions);
    while (leaves.length < maxLeaves) {
      let best = 0;
      for (let i = 1; i < leaves.length; i++) if (leaves[i]!.gain > leaves[best]!.gain) best = i;
      const leaf = leaves[best]!;
      if (!(leaf.gain > 0)) break;
      const [left, right] = this.#split(builder, leaf, limits, directions);
      importance[leaf.split.column]! += leaf.gain;
      leaves[best] = left;
      leaves.push(right);
      if (leaves.length < maxLeaves) this.#searchChildren(leaf, left, right, limits, directions);
      else this.#release(leaf);
    }
    for (const leaf of leaves) this.#release(leaf);
    return leaves;
  }

  #split(
    builder: TreeSetBuilder,
    leaf: GrowingLeaf,
    limits: PackedLimits,
    directions: Int8Array | null,
  ): [GrowingLeaf, GrowingLeaf] {
    const { column, bin, missingLeft, left: leftTotal } = leaf.split;
    const { begin, end, depth, node, bounds } = leaf;
    const middle = partitionByBin(this.#binning, column, bin, missingLeft, this.order, begin, end, this.#spare);
    const [leftBounds, rightBounds] = directions === null ? [bounds, bounds] : this.#boundsBelow(leaf, directions, limits);
    const left = newLeaf(builder.addNode(), begin, middle, depth + 1, leftTotal, leftBounds);
    const right = newLeaf(builder.addNode(), middle, end, depth + 1, leaf.total - leftTotal, rightBounds);
    builder.split(node, column, edgeOf(this.#binning, column, bin), missingLeft, left.node, right.node);
    return [left, right];
  }

  #boundsBelow(
    { bounds, split, total }: GrowingLeaf,
    directions: Int8Array,
    { l2 }: PackedLimits,
  ): ReturnType<typeof childBounds> {
    const { column, bin, left } = split;
    const direction = directionAt(directions[column]!, bin, this.#binning.binCounts[column]!);
    const outputOf = (sum: number) => {
      const gradient = gradientOf(sum);
      return boundedOutput(bounds, gradient, sum - gradient * SHIFT + l2);
    };
    return childBounds(bounds, direction, outputOf(left), outputOf(total - left));
  }

  #canSplit(leaf: GrowingLeaf): boolean {
    return leaf.end - leaf.begin >= 2 * this.#limits.minLeafSamples && leaf.depth < this.#limits.maxDepth;
  }

  /** Searches both children: the larger one's histogram is what the smaller one leaves of the parent's. */
  #searchChildren(
    parent: GrowingLeaf,
    left: GrowingLeaf,
    right: GrowingLeaf,
    limits: PackedLimits,
    directions: Int8Array | null,
  ): void {
    const [small, large] = left.end - left.begin <= right.end - right.begin ? [left, right] : [right, left];
    const inherited = parent.histogram;
    if (inherited === null || !this.#canSplit(large)) {
      this.#release(parent);
      return;
    }
    const own = this.#histogramOf(small);
    subtractHistogram(inherited, own);
    this.#search(large, inherited, limits, directions);
    if (this.#canSplit(small)) this.#search(small, own, limits, directions);
    else this.#free.push(own);
  }

  #histogramOf({ begin, end }: GrowingLeaf): Float64Array {
    const histogram = this.#free.pop()?.fill(0) ?? new Float64Array(this.#layout.size);
    addRows(this.#layout, this.gradients.packed, this.order, begin, end, histogram);
    return histogram;
  }

  #release(leaf: GrowingLeaf): void {
    if (leaf.histogram !== null) this.#free.push(leaf.histogram);
    leaf.histogram = null;
  }

  /** Finds the best split of a leaf and what it gains. */
  #search(leaf: GrowingLeaf, histogram: Float64Array, limits: PackedLimits, directions: Int8Array | null): void {
    leaf.histogram = histogram;
    const { total, begin, end, bounds } = leaf;
    const { l2, minGain, gainUnit } = limits;
    const gradient = gradientOf(total);
    const hessian = total - gradient * SHIFT;
    const minHessian = Math.max((this.#limits.minLeafSamples * hessian) / (end - begin), limits.minHessian);
    if (directions !== null) {
      const now = scoreOf(gradient, hessian + l2, boundedOutput(bounds, gradient, hessian + l2));
      leaf.split = { ...noSplit(0), score: now + minGain };
      searchMonotone(this.#layout, histogram, { total, minHessian, l2, bounds, directions }, leaf.split);
      leaf.gain = leaf.split.column < 0 ? -1 : (leaf.split.score - now - minGain) * gainUnit;
      return;
    }
    const least = leastScore(gradient, hessian, limits);
    const split = noSplit(least);
    leaf.split = split;
    const { columns, binCounts, offsets } = this.#layout;
    const scanned = { total, minHessian, l2, least };
    for (let i = 0; i < columns.length; i++) scanColumn(histogram, offsets[i]!, binCounts[i]!, columns[i]!, scanned, split);
    if (split.column < 0) return;
    const gl = gradientOf(split.left);
    const hl = split.left - gl * SHIFT;
    const a = hl + l2;
    const b = hessian - hl + l2;
    const excess = gl * b - (gradient - gl) * a;
    leaf.gain = (((excess * excess) / (a * b) - least) / (hessian + 2 * l2)) * gainUnit;
  }
}

const newLeaf = (node: number, begin: number, end: number, depth: number, total: number, bounds: OutputBounds): GrowingLeaf => ({
  node,
  begin,
  end,
  depth,
  total,
  bounds,
  histogram: null,
  split: noSplit(0),
  gain: -1,
});

import { type Binning, edgeOf } from './binning.ts';
import { boundedOutput, childBounds, type OutputBounds, UNBOUNDED } from './monotone.ts';
import { directionAt, scoreOf, searchMonotone } from './monotone-scan.ts';
import { gradientOf, type PackedGradients, SHIFT } from './packed-gradients.ts';
import { partitionByBin } from './partition.ts';
import { type BoostingSplit, noSplit, type ScanLimits } from './split-scan.ts';
import type { SearchedLeaf, SplitSearch } from './split-search.ts';
import type { TreeSetBuilder } from './tree-set.ts';

/** Limits of one boosted tree; they mean what LightGBM's parameters of the same purpose mean. */
export interface TreeLimits {
  readonly maxLeaves: number;
  readonly maxDepth: number;
  /** Rows of a leaf, estimated by its share of the hessian while splits are searched. */
  readonly minLeafSamples: number;
  readonly l2: number;
  readonly minGain: number;
}

const MIN_HESSIAN = 1e-3;
/** Rows per bin of a column below which a histogram costs more than it saves, as measured. */
const FEW_SHARE = 1;

const FREE = [UNBOUNDED, UNBOUNDED] as const;

/** A leaf of the tree that is growing: `order[begin..end)`. */
export interface GrowingLeaf extends SearchedLeaf {
  readonly node: number;
  readonly depth: number;
  /** Packed sum of its rows. */
  readonly total: number;
  /** Within which its output has to stay. */
  readonly bounds: OutputBounds;
  slot: number;
  limits: ScanLimits | null;
  readonly split: BoostingSplit;
  /** Loss reduction of the split, times two; negative where there is none. */
  gain: number;
}

/** Below so many rows a leaf is searched without a histogram: as many as a column has bins, on average. */
export const fewRows = ({ binCounts, columns }: Binning): number =>
  FEW_SHARE * (binCounts.reduce((sum, bins) => sum + bins + 1, 0) / columns);

/** Grows boosted trees best leaf first, on histograms of packed gradients. */
export class BoostingGrower {
  readonly #binning: Binning;
  readonly #limits: TreeLimits;
  readonly #search: SplitSearch;
  readonly #spare: Int32Array;
  readonly #freeSlots: number[] = [];
  readonly #fewRows: number;
  #slots = 0;
  #directions: Int8Array | null = null;

  constructor(binning: Binning, limits: TreeLimits, search: SplitSearch) {
    this.#binning = binning;
    this.#limits = limits;
    this.#search = search;
    this.#spare = new Int32Array(binning.rows);
    this.#fewRows = fewRows(binning);
  }

  /** Rows of the tree: filled by the caller before `grow`, which reorders them so that each leaf's stand together. */
  get order(): Int32Array {
    return this.#search.order;
  }

  /** Restricts the next trees to some columns. */
  useColumns(columns: Int32Array): void {
    this.#search.useColumns(columns);
  }

  /** Binds the next trees to monotone directions, one per column of the window, or frees them. */
  useDirections(directions: Int8Array | null): void {
    this.#directions = directions;
  }

  /** Grows one tree on `order[0..rows)`, adding the gain of each split to its column's. @returns its leaves */
  grow(builder: TreeSetBuilder, gradients: PackedGradients, rows: number, importance: Float64Array): GrowingLeaf[] {
    const { maxLeaves } = this.#limits;
    const { packed } = gradients;
    const { order } = this;
    let total = 0;
    for (let i = 0; i < rows; i++) total += packed[order[i]!]!;
    builder.beginTree();
    const root = newLeaf(builder.addNode(), 0, rows, 0, total, UNBOUNDED);
    const leaves = [root];
    if (maxLeaves > 1 && this.#canSplit(root)) this.#searchRoot(root, gradients);
    while (leaves.length < maxLeaves) {
      let best = 0;
      for (let i = 1; i < leaves.length; i++) if (leaves[i]!.gain > leaves[best]!.gain) best = i;
      const leaf = leaves[best]!;
      if (!(leaf.gain > 0)) break;
      const [left, right] = this.#split(builder, leaf, gradients.hessianUnit);
      importance[leaf.split.column]! += leaf.gain;
      leaves[best] = left;
      leaves.push(right);
      if (leaves.length < maxLeaves) this.#searchChildren(leaf, left, right, gradients);
      else this.#release(leaf);
    }
    for (const leaf of leaves) this.#release(leaf);
    return leaves;
  }

  #split(builder: TreeSetBuilder, leaf: GrowingLeaf, hessianUnit: number): [GrowingLeaf, GrowingLeaf] {
    const { column, bin, missingLeft, left: leftTotal } = leaf.split;
    const { begin, end, depth, node } = leaf;
    const middle = partitionByBin(this.#binning, column, bin, missingLeft, this.order, begin, end, this.#spare);
    const [leftBounds, rightBounds] = this.#directions === null ? FREE : this.#boundsBelow(leaf, this.#directions, hessianUnit);
    const left = newLeaf(builder.addNode(), begin, middle, depth + 1, leftTotal, leftBounds);
    const right = newLeaf(builder.addNode(), middle, end, depth + 1, leaf.total - leftTotal, rightBounds);
    builder.split(node, column, edgeOf(this.#binning, column, bin), missingLeft, left.node, right.node);
    return [left, right];
  }

  #boundsBelow(
    { bounds, split, total }: GrowingLeaf,
    directions: Int8Array,
    hessianUnit: number,
  ): ReturnType<typeof childBounds> {
    const { column, bin, left } = split;
    const direction = directionAt(directions[column]!, bin, this.#binning.binCounts[column]!);
    const outputOf = (sum: number) => {
      const gradient = gradientOf(sum);
      return boundedOutput(bounds, gradient, sum - gradient * SHIFT + this.#limits.l2 / hessianUnit);
    };
    return childBounds(bounds, direction, outputOf(left), outputOf(total - left));
  }

  #searchRoot(root: GrowingLeaf, gradients: PackedGradients): void {
    this.#aim(root, gradients);
    if (this.#isFew(root)) this.#search.searchFew(gradients.packed, [root]);
    else {
      root.slot = this.#takeSlot();
      this.#search.searchWhole(gradients.packed, root);
    }
    this.#judge(root, gradients);
  }

  /** Finds the best splits of both children: the larger one's histogram by subtraction, few rows without one. */
  #searchChildren(parent: GrowingLeaf, left: GrowingLeaf, right: GrowingLeaf, gradients: PackedGradients): void {
    const [small, large] = left.end - left.begin <= right.end - right.begin ? [left, right] : [right, left];
    const children = [small, large].filter((child) => this.#canSplit(child));
    for (const child of children) this.#aim(child, gradients);
    if (parent.slot >= 0 && children.includes(large) && !this.#isFew(large)) {
      large.slot = parent.slot;
      parent.slot = -1;
      if (children.includes(small) && !this.#isFew(small)) small.slot = this.#takeSlot();
      this.#search.searchSiblings(gradients.packed, small, large);
    } else if (children.length > 0) {
      this.#search.searchFew(gradients.packed, children);
    }
    this.#release(parent);
    for (const child of children) {
      this.#judge(child, gradients);
      if (this.#isFew(child)) this.#release(child);
    }
  }

  /** Monotone trees need a histogram for every leaf, as their scan is one of its own. */
  #isFew(leaf: GrowingLeaf): boolean {
    return this.#directions === null && leaf.end - leaf.begin < this.#fewRows;
  }

  #canSplit(leaf: GrowingLeaf): boolean {
    return leaf.end - leaf.begin >= 2 * this.#limits.minLeafSamples && leaf.depth < this.#limits.maxDepth;
  }

  #takeSlot(): number {
    return this.#freeSlots.pop() ?? this.#slots++;
  }

  #release(leaf: GrowingLeaf): void {
    if (leaf.slot >= 0) this.#freeSlots.push(leaf.slot);
    leaf.slot = -1;
  }

  /** Says what a split of the leaf has to keep and to exceed. */
  #aim(leaf: GrowingLeaf, gradients: PackedGradients): void {
    if (this.#directions === null) leaf.limits = this.#limitsOf(leaf, gradients);
  }

  #limitsOf({ total, begin, end }: GrowingLeaf, { gradientUnit, hessianUnit }: PackedGradients): ScanLimits {
    const { minLeafSamples, l2, minGain } = this.#limits;
    const gradient = gradientOf(total);
    const hessian = total - gradient * SHIFT;
    const packedL2 = l2 / hessianUnit;
    const square = gradient * gradient;
    const whole = hessian + 2 * packedL2;
    const gainUnit = (gradientUnit * gradientUnit) / hessianUnit;
    return {
      total,
      l2: packedL2,
      minHessian: Math.max((minLeafSamples * hessian) / (end - begin), MIN_HESSIAN / hessianUnit),
      least: (square / (hessian + packedL2) - square / whole + minGain / gainUnit) * whole,
    };
  }

  /** Turns the split that was found into a gain; trees bound to directions are searched here. */
  #judge(leaf: GrowingLeaf, gradients: PackedGradients): void {
    const { split, total } = leaf;
    const { gradientUnit, hessianUnit } = gradients;
    const gainUnit = (gradientUnit * gradientUnit) / hessianUnit;
    const limits = leaf.limits ?? this.#limitsOf(leaf, gradients);
    const gradient = gradientOf(total);
    const hessian = total - gradient * SHIFT;
    if (this.#directions === null) {
      const whole = hessian + 2 * limits.l2;
      leaf.gain = split.column < 0 ? -1 : ((split.numerator / split.denominator - limits.least) / whole) * gainUnit;
      return;
    }
    const { bounds } = leaf;
    const { minGain } = this.#limits;
    const now = scoreOf(gradient, hessian + limits.l2, boundedOutput(bounds, gradient, hessian + limits.l2));
    Object.assign(split, noSplit(now + minGain / gainUnit));
    const { layout } = this.#search;
    searchMonotone(layout, this.#search.histogram(leaf.slot), { ...limits, bounds, directions: this.#directions }, split);
    leaf.gain = split.column < 0 ? -1 : (split.numerator - now) * gainUnit - minGain;
  }
}

const newLeaf = (node: number, begin: number, end: number, depth: number, total: number, bounds: OutputBounds): GrowingLeaf => ({
  node,
  begin,
  end,
  depth,
  total,
  bounds,
  slot: -1,
  limits: null,
  split: noSplit(0),
  gain: -1,
});

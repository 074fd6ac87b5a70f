import { type Binning, edgeOf } from './binning.ts';
import { addRows, gather, type HistogramLayout, layOutHistogram, sizeOf, subtractHistogram } from './histogram.ts';
import { boundedOutput, childBounds, type OutputBounds, UNBOUNDED } from './monotone.ts';
import { directionAt, scoreOf, searchMonotone } from './monotone-scan.ts';
import { gradientOf, type PackedGradients, SHIFT } from './packed-gradients.ts';
import { partitionByBin } from './partition.ts';
import { SparseSearch } from './sparse-search.ts';
import { type BoostingSplit, type ScanLimits, scanBins, scanBothWays } from './split-scan.ts';
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
const SPARSE_SHARE = 1;

const FREE = [UNBOUNDED, UNBOUNDED] as const;

/** A leaf of the tree that is growing: `order[begin..end)`. */
export interface GrowingLeaf {
  readonly node: number;
  readonly begin: number;
  readonly end: number;
  readonly depth: number;
  /** Packed sum of its rows. */
  readonly total: number;
  /** Within which its output has to stay. */
  readonly bounds: OutputBounds;
  histogram: Float64Array | null;
  readonly split: BoostingSplit;
  /** Loss reduction of the split, times two; negative where there is none. */
  gain: number;
}

/** Grows boosted trees best leaf first, on histograms of packed gradients. */
export class BoostingGrower {
  readonly #binning: Binning;
  readonly #limits: TreeLimits;
  readonly #importance: Float64Array;
  readonly #spare: Int32Array;
  readonly #gathered: Float64Array;
  readonly #free: Float64Array[] = [];
  readonly #sparse = new SparseSearch();
  #layout: HistogramLayout;
  #directions: Int8Array | null = null;
  /** Below so many rows a leaf is searched without a histogram. */
  readonly #sparseRows: number;

  constructor(binning: Binning, limits: TreeLimits, importance: Float64Array) {
    this.#binning = binning;
    this.#limits = limits;
    this.#importance = importance;
    this.#spare = new Int32Array(binning.rows);
    this.#gathered = new Float64Array(binning.rows);
    this.#layout = layOutHistogram(binning, null);
    this.#sparseRows = SPARSE_SHARE * (this.#layout.size / this.#layout.columns.length);
  }

  /** Restricts the next trees to some columns. */
  useColumns(columns: Int32Array): void {
    this.#layout = layOutHistogram(this.#binning, columns);
  }

  /** Binds the next trees to monotone directions, one per column of the window, or frees them. */
  useDirections(directions: Int8Array | null): void {
    this.#directions = directions;
  }

  /** Grows one tree on `order[0..rows)`, which it reorders. @returns its leaves */
  grow(builder: TreeSetBuilder, gradients: PackedGradients, order: Int32Array, rows: number): GrowingLeaf[] {
    const { maxLeaves } = this.#limits;
    const { packed } = gradients;
    let total = 0;
    for (let i = 0; i < rows; i++) total += packed[order[i]!]!;
    builder.beginTree();
    const root = newLeaf(builder.addNode(), 0, rows, 0, total, UNBOUNDED);
    const leaves = [root];
    if (maxLeaves > 1 && this.#canSplit(root)) {
      if (!this.#isSparse(root)) root.histogram = this.#histogramOf(packed, order, root);
      this.#search(root, gradients, order);
    }
    while (leaves.length < maxLeaves) {
      let best = 0;
      for (let i = 1; i < leaves.length; i++) if (leaves[i]!.gain > leaves[best]!.gain) best = i;
      const leaf = leaves[best]!;
      if (!(leaf.gain > 0)) break;
      const [left, right] = this.#split(builder, leaf, order, gradients.hessianUnit);
      leaves[best] = left;
      leaves.push(right);
      if (leaves.length < maxLeaves) this.#prepare(leaf, left, right, gradients, order);
      else this.#release(leaf);
    }
    for (const leaf of leaves) this.#release(leaf);
    return leaves;
  }

  #split(builder: TreeSetBuilder, leaf: GrowingLeaf, order: Int32Array, hessianUnit: number): [GrowingLeaf, GrowingLeaf] {
    const { column, bin, missingLeft, left: leftTotal } = leaf.split;
    const { begin, end, depth, node } = leaf;
    const middle = partitionByBin(this.#binning, column, bin, missingLeft, order, begin, end, this.#spare);
    const [leftBounds, rightBounds] = this.#directions === null ? FREE : this.#boundsBelow(leaf, this.#directions, hessianUnit);
    const left = newLeaf(builder.addNode(), begin, middle, depth + 1, leftTotal, leftBounds);
    const right = newLeaf(builder.addNode(), middle, end, depth + 1, leaf.total - leftTotal, rightBounds);
    builder.split(node, column, edgeOf(this.#binning, column, bin), missingLeft, left.node, right.node);
    this.#importance[column]! += leaf.gain;
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

  /** Finds the best splits of both children: the larger one's histogram by subtraction, few rows without one. */
  #prepare(parent: GrowingLeaf, left: GrowingLeaf, right: GrowingLeaf, gradients: PackedGradients, order: Int32Array): void {
    const [small, large] = left.end - left.begin <= right.end - right.begin ? [left, right] : [right, left];
    const inherited = parent.histogram;
    if (inherited !== null && this.#canSplit(large) && !this.#isSparse(large)) {
      small.histogram = this.#histogramOf(gradients.packed, order, small);
      subtractHistogram(inherited, small.histogram, sizeOf(this.#layout));
      large.histogram = inherited;
      parent.histogram = null;
    }
    this.#release(parent);
    for (const child of [small, large]) {
      if (this.#canSplit(child)) this.#search(child, gradients, order);
      if (this.#isSparse(child)) this.#release(child);
    }
  }

  #isSparse(leaf: GrowingLeaf): boolean {
    return this.#directions === null && leaf.end - leaf.begin < this.#sparseRows;
  }

  #canSplit(leaf: GrowingLeaf): boolean {
    return leaf.end - leaf.begin >= 2 * this.#limits.minLeafSamples && leaf.depth < this.#limits.maxDepth;
  }

  #histogramOf(packed: Float64Array, order: Int32Array, leaf: GrowingLeaf): Float64Array {
    const size = sizeOf(this.#layout);
    const spare = this.#free.pop();
    const histogram = spare !== undefined && spare.length >= size ? spare : new Float64Array(size);
    histogram.fill(0, 0, size);
    gather(packed, order, leaf.begin, leaf.end, this.#gathered);
    addRows(this.#layout, this.#gathered, order, leaf.begin, leaf.end, histogram);
    return histogram;
  }

  #release(leaf: GrowingLeaf): void {
    if (leaf.histogram !== null) this.#free.push(leaf.histogram);
    leaf.histogram = null;
  }

  #search(leaf: GrowingLeaf, { packed, gradientUnit, hessianUnit }: PackedGradients, order: Int32Array): void {
    const { histogram, split, total } = leaf;
    const { minLeafSamples, l2, minGain } = this.#limits;
    const gradient = gradientOf(total);
    const hessian = total - gradient * SHIFT;
    const packedL2 = l2 / hessianUnit;
    const limits: ScanLimits = {
      total,
      l2: packedL2,
      minHessian: Math.max((minLeafSamples * hessian) / (leaf.end - leaf.begin), MIN_HESSIAN / hessianUnit),
    };
    const gainUnit = (gradientUnit * gradientUnit) / hessianUnit;
    if (this.#directions !== null) {
      leaf.histogram ??= this.#histogramOf(packed, order, leaf);
      const { bounds } = leaf;
      const now = scoreOf(gradient, hessian + packedL2, boundedOutput(bounds, gradient, hessian + packedL2));
      split.numerator = now + minGain / gainUnit;
      searchMonotone(this.#layout, leaf.histogram, { ...limits, bounds, directions: this.#directions }, split);
      leaf.gain = split.column < 0 ? -1 : (split.numerator - now) * gainUnit - minGain;
      return;
    }
    const whole = hessian + 2 * packedL2;
    const square = gradient * gradient;
    const least = (square / (hessian + packedL2) - square / whole + minGain / gainUnit) * whole;
    split.numerator = least;
    split.denominator = 1;
    if (histogram === null) {
      gather(packed, order, leaf.begin, leaf.end, this.#gathered);
      this.#sparse.search(this.#layout, this.#gathered, order, leaf.begin, leaf.end, limits, split);
    } else {
      searchHistogram(this.#layout, histogram, limits, split);
    }
    leaf.gain = split.column < 0 ? -1 : ((split.numerator / split.denominator - least) / whole) * gainUnit;
  }
}

function searchHistogram(
  { columns, offsets, binCounts }: HistogramLayout,
  histogram: Float64Array,
  limits: ScanLimits,
  split: BoostingSplit,
): void {
  for (let i = 0; i < columns.length; i++) {
    const offset = offsets[i]!;
    const missing = histogram[offset]!;
    if (missing !== 0) scanBothWays(histogram, offset, binCounts[i]!, columns[i]!, missing, limits, split);
    else scanBins(histogram, offset, binCounts[i]!, columns[i]!, 0, limits, split);
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
  split: { column: -1, bin: 0, missingLeft: false, left: 0, numerator: 0, denominator: 1 },
  gain: -1,
});

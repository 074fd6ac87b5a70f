import { ModelError } from '../../domain/index.ts';

/**
 * Trees side by side in flat arrays. Node `i` is a leaf where `feature[i]` is -1; its values start at
 * `values[left[i]]`. Otherwise a value at or below `threshold[i]` goes to `left[i]`, a larger one to `right[i]`, and a
 * missing one to the side `missingLeft[i]` names.
 */
export interface TreeSet {
  /** Index of the root of each tree. */
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  readonly values: Float64Array;
}

/** The nodes of one tree, which starts where a set ends: children and values are numbered as in the set. */
export type GrownNodes = Omit<TreeSet, 'roots'>;

/** Collects trees while they grow; `finish` gives the compact arrays. */
export class TreeSetBuilder {
  #roots: number[] = [];
  /** How many values there were when each tree began. */
  #firstValues: number[] = [];
  #nodes = 0;
  #valueCount = 0;
  #feature = new Int32Array(1024);
  #threshold = new Float64Array(1024);
  #left = new Int32Array(1024);
  #right = new Int32Array(1024);
  #missingLeft = new Uint8Array(1024);
  #values = new Float64Array(1024);

  /** Begins a tree; the next node added is its root. */
  beginTree(): void {
    this.#roots.push(this.#nodes);
    this.#firstValues.push(this.#valueCount);
  }

  /** Nodes so far. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Values of leaves so far. */
  get valueCount(): number {
    return this.#valueCount;
  }

  /** Makes room for so many more, so that growing needs no copies. */
  reserve(nodes: number, values: number): void {
    this.#growNodes(this.#nodes + nodes);
    this.#growValues(this.#valueCount + values);
  }

  /** Adds all nodes of the tree that has begun. */
  add({ feature, threshold, left, right, missingLeft, values }: GrownNodes): void {
    const at = this.#nodes;
    this.#growNodes(at + feature.length);
    this.#growValues(this.#valueCount + values.length);
    this.#feature.set(feature, at);
    this.#threshold.set(threshold, at);
    this.#left.set(left, at);
    this.#right.set(right, at);
    this.#missingLeft.set(missingLeft, at);
    this.#values.set(values, this.#valueCount);
    this.#nodes += feature.length;
    this.#valueCount += values.length;
  }

  /** Adds a node that is a leaf until `split` is called on it. */
  addNode(): number {
    const node = this.#nodes++;
    this.#growNodes(node + 1);
    this.#feature[node] = -1;
    this.#left[node] = -1;
    return node;
  }

  split(node: number, feature: number, threshold: number, missingLeft: boolean, left: number, right: number): void {
    this.#feature[node] = feature;
    this.#threshold[node] = threshold;
    this.#missingLeft[node] = missingLeft ? 1 : 0;
    this.#left[node] = left;
    this.#right[node] = right;
  }

  /** Gives a leaf its values, one after another. */
  setLeaf(node: number, values: ArrayLike<number>, count: number): void {
    this.#growValues(this.#valueCount + count);
    this.#left[node] = this.#valueCount;
    for (let i = 0; i < count; i++) this.#values[this.#valueCount++] = values[i]!;
  }

  /** The trees so far, as views that the next node may outdate. */
  peek(): TreeSet {
    return {
      roots: Int32Array.from(this.#roots),
      feature: this.#feature,
      threshold: this.#threshold,
      left: this.#left,
      right: this.#right,
      missingLeft: this.#missingLeft,
      values: this.#values,
    };
  }

  /** The first `trees` trees, all unless given; their nodes and values alone. */
  finish(trees = this.#roots.length): TreeSet {
    const nodes = this.#roots[trees] ?? this.#nodes;
    const values = this.#firstValues[trees] ?? this.#valueCount;
    return {
      roots: Int32Array.from(this.#roots.slice(0, trees)),
      feature: trimmed(this.#feature, nodes),
      threshold: trimmed(this.#threshold, nodes),
      left: trimmed(this.#left, nodes),
      right: trimmed(this.#right, nodes),
      missingLeft: trimmed(this.#missingLeft, nodes),
      values: trimmed(this.#values, values),
    };
  }

  #growNodes(needed: number): void {
    if (needed <= this.#feature.length) return;
    const length = Math.max(needed, 2 * this.#feature.length);
    this.#feature = longer(this.#feature, length, Int32Array);
    this.#threshold = longer(this.#threshold, length, Float64Array);
    this.#left = longer(this.#left, length, Int32Array);
    this.#right = longer(this.#right, length, Int32Array);
    this.#missingLeft = longer(this.#missingLeft, length, Uint8Array);
  }

  #growValues(needed: number): void {
    if (needed > this.#values.length)
      this.#values = longer(this.#values, Math.max(needed, 2 * this.#values.length), Float64Array);
  }
}

/** The beginning of an array; a copy where much would be kept for nothing. */
const trimmed = <T extends Int32Array | Float64Array | Uint8Array>(array: T, length: number): T =>
  (length > 0.8 * array.length ? array.subarray(0, length) : array.slice(0, length)) as T;

function longer<T extends Int32Array | Float64Array | Uint8Array>(array: T, length: number, Type: new (length: number) => T): T {
  const copy = new Type(Math.ceil(length));
  copy.set(array);
  return copy;
}

/** Where the values of the leaf that one row reaches start. `row` is the index of its first value in `data`. */
export function leafOf(trees: TreeSet, root: number, data: Float64Array, row: number): number {
  const { feature, threshold, left, right, missingLeft } = trees;
  let node = root;
  let column = feature[node]!;
  while (column >= 0) {
    const value = data[row + column]!;
    if (value <= threshold[node]!) node = left[node]!;
    else if (value > threshold[node]!) node = right[node]!;
    else node = missingLeft[node] === 1 ? left[node]! : right[node]!;
    column = feature[node]!;
  }
  return left[node]!;
}

/** Joins sets that were grown apart, in the given order. */
export function joinTreeSets(sets: readonly TreeSet[]): TreeSet {
  if (sets.length === 1) return sets[0]!;
  const sum = (size: (set: TreeSet) => number) => sets.reduce((total, set) => total + size(set), 0);
  const nodes = sum((set) => set.feature.length);
  const joined = {
    roots: new Int32Array(sum((set) => set.roots.length)),
    feature: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    left: new Int32Array(nodes),
    right: new Int32Array(nodes),
    missingLeft: new Uint8Array(nodes),
    values: new Float64Array(sum((set) => set.values.length)),
  };
  let root = 0;
  let node = 0;
  let value = 0;
  for (const set of sets) {
    for (const at of set.roots) joined.roots[root++] = at + node;
    joined.feature.set(set.feature, node);
    joined.threshold.set(set.threshold, node);
    joined.missingLeft.set(set.missingLeft, node);
    for (let i = 0; i < set.feature.length; i++) {
      const leaf = set.feature[i]! < 0;
      joined.left[node + i] = set.left[i]! + (leaf ? value : node);
      joined.right[node + i] = leaf ? 0 : set.right[i]! + node;
    }
    joined.values.set(set.values, value);
    node += set.feature.length;
    value += set.values.length;
  }
  return joined;
}

/** Refuses arrays that would walk outside themselves or in a circle. @throws ModelError `learner.unreadable` */
export function checkTreeSet(trees: TreeSet, columns: number, leafSize: number): TreeSet {
  const nodes = trees.feature.length;
  const inside = (at: number, from: number) => at > from && at < nodes;
  let sound = [trees.threshold, trees.left, trees.right, trees.missingLeft].every((array) => array.length === nodes);
  for (let i = 0; sound && i < nodes; i++) {
    sound =
      trees.feature[i]! < 0
        ? trees.left[i]! >= 0 && trees.left[i]! + leafSize <= trees.values.length
        : trees.feature[i]! < columns && inside(trees.left[i]!, i) && inside(trees.right[i]!, i);
  }
  if (!sound || trees.roots.some((root) => root < 0 || root >= nodes)) {
    throw new ModelError('learner.unreadable', 'the trees of the stored model are damaged', { hint: 'Train a new model.' });
  }
  return trees;
}

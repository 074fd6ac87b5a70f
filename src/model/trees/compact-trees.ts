import { distinctLeaves } from './distinct-leaves.ts';
import { ThresholdRanks } from './threshold-ranks.ts';
import type { TreeSet } from './tree-set.ts';

/** What `CompactTrees` reads while it walks. */
interface Words {
  readonly words: Int32Array;
  readonly roots: Int32Array;
  readonly values: Float64Array;
  /** Low bits of a split's first word that hold its rank. */
  readonly rankBits: number;
}

/**
 * Trees in the form in which one row is predicted fastest: small, with a path's nodes side by side, and several trees
 * walked at once, so that what is waited for is waited for together. It says bit for bit what `leafOf` says.
 *
 * A split is two words. The first has the key it asks for and a rank; the second says how much further the child lies
 * that fewer leaves hang on (`far`); the other child (`near`) follows at once. A leaf is one negative word: the
 * complement of where its values start. Far leaves are shared, at the beginning.
 *
 * A row has four keys per column, one per way of asking, so that a step has no branch: the far child is taken where the
 * split's rank, less one, is below the key. Near may be left or right (keys and ranks of the latter count from the
 * top), and a missing value may belong left (rank 0) or right (above all ranks).
 *
 * It takes about 5 bytes a node and 9 a distinct threshold, beside the 25 bytes a node of the `TreeSet`.
 */
export class CompactTrees {
  readonly #form: Words;
  readonly #ranks: ThresholdRanks;
  readonly #rowRanks: Int32Array;
  readonly #keys: Int32Array;
  readonly #leaves: Int32Array;

  private constructor(form: Words, ranks: ThresholdRanks, columns: number) {
    this.#form = form;
    this.#ranks = ranks;
    this.#rowRanks = new Int32Array(columns);
    this.#keys = new Int32Array(4 * columns);
    this.#leaves = new Int32Array(form.roots.length);
  }

  /** @returns `null` where there are too many thresholds and columns for one word, or nodes with two parents */
  static of(trees: TreeSet, columns: number, leafSize: number): CompactTrees | null {
    const ranks = new ThresholdRanks(trees, columns);
    const form = wordsOf(trees, ranks, columns, leafSize);
    return form && new CompactTrees(form, ranks, columns);
  }

  /** Values of the leaves, at the places that `leavesOf` names. */
  get values(): Float64Array {
    return this.#form.values;
  }

  /** Where the values of the leaf of each tree start, until the next call. `row` is the index of its first value in `data`. */
  leavesOf(data: Float64Array, row: number): Int32Array {
    this.#ask(data, row);
    const { words, roots, rankBits } = this.#form;
    const keys = this.#keys;
    const leaves = this.#leaves;
    const mask = (1 << rankBits) - 1;
    let tree = 0;
    for (; tree + 3 < roots.length; tree += 4) {
      let a = roots[tree]!;
      let b = roots[tree + 1]!;
      let c = roots[tree + 2]!;
      let d = roots[tree + 3]!;
      let atA = words[a]!;
      let atB = words[b]!;
      let atC = words[c]!;
      let atD = words[d]!;
      while ((atA & atB & atC & atD) >= 0) {
        if (atA >= 0) {
          a += 2 + (words[a + 1]! & (((atA & mask) - 1 - keys[atA >> rankBits]!) >> 31));
          atA = words[a]!;
        }
        if (atB >= 0) {
          b += 2 + (words[b + 1]! & (((atB & mask) - 1 - keys[atB >> rankBits]!) >> 31));
          atB = words[b]!;
        }
        if (atC >= 0) {
          c += 2 + (words[c + 1]! & (((atC & mask) - 1 - keys[atC >> rankBits]!) >> 31));
          atC = words[c]!;
        }
        if (atD >= 0) {
          d += 2 + (words[d + 1]! & (((atD & mask) - 1 - keys[atD >> rankBits]!) >> 31));
          atD = words[d]!;
        }
      }
      leaves[tree] = ~atA;
      leaves[tree + 1] = ~atB;
      leaves[tree + 2] = ~atC;
      leaves[tree + 3] = ~atD;
    }
    for (; tree < roots.length; tree++) {
      let node = roots[tree]!;
      let at = words[node]!;
      while (at >= 0) {
        node += 2 + (words[node + 1]! & (((at & mask) - 1 - keys[at >> rankBits]!) >> 31));
        at = words[node]!;
      }
      leaves[tree] = ~at;
    }
    return leaves;
  }

  #ask(data: Float64Array, row: number): void {
    const { starts, most } = this.#ranks;
    const rowRanks = this.#rowRanks;
    const keys = this.#keys;
    this.#ranks.ranksOf(data, row, 0, rowRanks);
    for (let column = 0, at = 0; column < rowRanks.length; column++, at += 4) {
      const found = rowRanks[column]!;
      const rank = Math.max(found, 0);
      const missingRight = found < 0 ? starts[column + 1]! - starts[column]! : found;
      keys[at] = rank;
      keys[at + 1] = missingRight;
      keys[at + 2] = most - rank;
      keys[at + 3] = most - missingRight;
    }
  }
}

function wordsOf(trees: TreeSet, ranks: ThresholdRanks, columns: number, leafSize: number): Words | null {
  const { feature, threshold, left, right, missingLeft, roots: oldRoots } = trees;
  const rankBits = 32 - Math.clz32(ranks.most + 1);
  if (4 * columns * 2 ** rankBits > 2 ** 31) return null;
  const { values, startOf } = distinctLeaves(trees, leafSize);
  const sizes = leavesBelow(trees);
  const shared = values.length / leafSize;
  const words = new Int32Array(shared + 2 * feature.length);
  for (let leaf = 0; leaf < shared; leaf++) words[leaf] = ~(leaf * leafSize);
  const waiting: number[] = [];
  let end = shared;
  const roots = new Int32Array(oldRoots.length);
  for (let tree = 0; tree < roots.length; tree++) {
    const root = oldRoots[tree]!;
    roots[tree] = feature[root]! < 0 ? startOf[root]! / leafSize : end;
    if (feature[root]! < 0) continue;
    waiting.push(-1, root);
    while (waiting.length > 0) {
      let node = waiting.pop()!;
      const pointer = waiting.pop()!;
      if (pointer >= 0) words[pointer] = end - (pointer + 1);
      for (; feature[node]! >= 0; end += 2) {
        if (end + 2 > words.length - 1) return null;
        const column = feature[node]!;
        const rightIsNear = sizes[right[node]!]! > sizes[left[node]!]!;
        const far = rightIsNear ? left[node]! : right[node]!;
        const key = 4 * column + (rightIsNear ? 2 : 0) + (missingLeft[node] === 1 ? 0 : 1);
        const rank = splitRank(ranks, column, threshold[node]!, missingLeft[node] === 1);
        words[end] = (key << rankBits) | (rightIsNear ? ranks.most - rank : rank + 1);
        if (feature[far]! < 0) words[end + 1] = startOf[far]! / leafSize - (end + 2);
        else waiting.push(end + 1, far);
        node = rightIsNear ? right[node]! : left[node]!;
      }
      words[end++] = ~startOf[node]!;
    }
  }
  return { words: words.slice(0, end), roots, values, rankBits };
}

/** A threshold that is no number sends all values where it sends missing ones: left of no rank, or of all. */
function splitRank(ranks: ThresholdRanks, column: number, threshold: number, missingLeft: boolean): number {
  if (!Number.isNaN(threshold)) return ranks.rankOf(column, threshold);
  return missingLeft ? ranks.starts[column + 1]! - ranks.starts[column]! : -1;
}

/** How many leaves hang on each node; children come after their parents. */
function leavesBelow({ feature, left, right }: TreeSet): Float64Array {
  const sizes = new Float64Array(feature.length);
  for (let node = feature.length - 1; node >= 0; node--)
    sizes[node] = feature[node]! < 0 ? 1 : sizes[left[node]!]! + sizes[right[node]!]!;
  return sizes;
}

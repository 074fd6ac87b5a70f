import type { TreeSet } from './tree-set.ts';

/** Whose value of a column a path asks for: nobody's yet, the explained row's, or the background row's. */
const [EITHER, EXPLAINED, BACKGROUND] = [0, 1, 2];

/**
 * Shapley values of trees between two rows (TreeSHAP against a background row: Lundberg et al. 2020, "From local
 * explanations to global understanding with explainable AI for trees", algorithm 3). A coalition of columns has the
 * explained row's values, the rest the background's. Only paths that some coalition takes are walked.
 */
export class TreeContributions {
  readonly #trees: TreeSet;
  /** Of each column on the way down. */
  readonly #asked: Uint8Array;
  /** Columns where the two rows part, by whose value the path asks for. */
  readonly #explained: number[] = [];
  readonly #background: number[] = [];
  #from: Float64Array = new Float64Array();
  #to: Float64Array = new Float64Array();

  constructor(trees: TreeSet, columns: number) {
    this.#trees = trees;
    this.#asked = new Uint8Array(columns);
  }

  /**
   * Adds, for one tree, what each column moved its leaf values by on the way from the background row to the explained one.
   * @param into columns x `stride` numbers; a leaf's values go to `offset` and on
   * @param leafSize values in a leaf
   */
  add(root: number, from: Float64Array, to: Float64Array, into: Float64Array, stride: number, offset: number, leafSize: number) {
    this.#from = from;
    this.#to = to;
    this.#walk(root, (leaf) => this.#share(leaf, into, stride, offset, leafSize));
  }

  #walk(node: number, atLeaf: (valuesAt: number) => void): void {
    const { feature, left } = this.#trees;
    const column = feature[node]!;
    if (column < 0) {
      atLeaf(left[node]!);
      return;
    }
    const mine = this.#childOf(node, this.#to[column]!);
    const theirs = this.#childOf(node, this.#from[column]!);
    const asked = this.#asked[column]!;
    if (mine === theirs || asked === EXPLAINED) this.#walk(mine, atLeaf);
    else if (asked === BACKGROUND) this.#walk(theirs, atLeaf);
    else {
      this.#branch(column, EXPLAINED, this.#explained, mine, atLeaf);
      this.#branch(column, BACKGROUND, this.#background, theirs, atLeaf);
    }
  }

  #branch(column: number, side: number, columns: number[], node: number, atLeaf: (valuesAt: number) => void): void {
    this.#asked[column] = side;
    columns.push(column);
    this.#walk(node, atLeaf);
    columns.pop();
    this.#asked[column] = EITHER;
  }

  #childOf(node: number, value: number): number {
    const { threshold, left, right, missingLeft } = this.#trees;
    if (value <= threshold[node]!) return left[node]!;
    if (value > threshold[node]!) return right[node]!;
    return missingLeft[node] === 1 ? left[node]! : right[node]!;
  }

  /** The leaf is reached by coalitions with all of the explained columns and none of the background's. */
  #share(leaf: number, into: Float64Array, stride: number, offset: number, leafSize: number): void {
    const { values } = this.#trees;
    const explained = this.#explained.length;
    const background = this.#background.length;
    const give = (columns: readonly number[], weight: number) => {
      for (const column of columns)
        for (let k = 0; k < leafSize; k++) into[column * stride + offset + k]! += weight * values[leaf + k]!;
    };
    if (explained > 0) give(this.#explained, orderShare(explained - 1, background));
    if (background > 0) give(this.#background, -orderShare(background - 1, explained));
  }
}

const shares: number[][] = [];

/** `a! b! / (a + b + 1)!`: the share of orders of players in which `a` given ones come before one and `b` after it. */
function orderShare(before: number, after: number): number {
  shares[before] ??= [];
  const row = shares[before]!;
  if (row[after] === undefined) {
    let share = 1 / (before + after + 1);
    for (let i = 1; i <= before; i++) share *= i / (after + i);
    row[after] = share;
  }
  return row[after]!;
}

import type { Matrix } from '../../domain/index.ts';
import { CompactTrees } from './compact-trees.ts';
import { leafOf, type TreeSet } from './tree-set.ts';

/** A call for fewer rows than these wants its answer soon. */
const FEW_ROWS = 32;
/** Rows that were predicted before a call for few is worth the compact form; who asks once does not wait for it. */
const ROWS_BEFORE_COMPACT = 32;
/** Rows that one tree is walked for before the next, so that both are at hand. */
const BLOCK_ROWS = 256;

/** Adds up the leaves that rows reach, in the order of the trees; always the same sums, whichever form is walked. */
export class TreeSums {
  readonly #trees: TreeSet;
  readonly #leafSize: number;
  readonly #classes: number;
  #rowsAsked = 0;
  /** Undefined until it is worth making, `null` where it cannot be made. */
  #compact: CompactTrees | null | undefined;

  /** @param leafSize values in a leaf, 1 or `classes`; value `k` of tree `i` is one of class `(i * leafSize + k) mod classes` */
  constructor(trees: TreeSet, leafSize: number, classes: number) {
    this.#trees = trees;
    this.#leafSize = leafSize;
    this.#classes = classes;
  }

  /** @param into rows x classes, to which is added */
  addTo(X: Matrix, into: Float64Array): void {
    this.#rowsAsked += X.rows;
    if (this.#compact === undefined && this.#isCompactWorth(X.rows))
      this.#compact = CompactTrees.of(this.#trees, X.columns, this.#leafSize);
    if (this.#compact) this.#addCompact(this.#compact, X, into);
    else for (let row = 0; row < X.rows; row += BLOCK_ROWS) this.#addBlock(X, row, Math.min(X.rows, row + BLOCK_ROWS), into);
  }

  /** Making it costs about as much as a plain walk of as many rows as a tree has nodes. */
  #isCompactWorth(rows: number): boolean {
    const { roots, feature } = this.#trees;
    return this.#rowsAsked * roots.length >= feature.length || (rows < FEW_ROWS && this.#rowsAsked > ROWS_BEFORE_COMPACT);
  }

  #addBlock({ data, columns }: Matrix, begin: number, end: number, into: Float64Array): void {
    const trees = this.#trees;
    const { roots, values } = trees;
    const leafSize = this.#leafSize;
    const classes = this.#classes;
    for (let tree = 0, label = 0; tree < roots.length; tree++) {
      const root = roots[tree]!;
      for (let row = begin; row < end; row++) {
        const leaf = leafOf(trees, root, data, row * columns);
        const to = row * classes + label;
        for (let k = 0; k < leafSize; k++) into[to + k]! += values[leaf + k]!;
      }
      label = (label + leafSize) % classes;
    }
  }

  #addCompact(compact: CompactTrees, { data, rows, columns }: Matrix, into: Float64Array): void {
    const { values } = compact;
    const leafSize = this.#leafSize;
    const classes = this.#classes;
    for (let row = 0; row < rows; row++) {
      const leaves = compact.leavesOf(data, row * columns);
      const end = (row + 1) * classes;
      let to = row * classes;
      for (let tree = 0; tree < leaves.length; tree++) {
        const leaf = leaves[tree]!;
        for (let k = 0; k < leafSize; k++) into[to++]! += values[leaf + k]!;
        if (to === end) to -= classes;
      }
    }
  }
}

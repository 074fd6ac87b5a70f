import type { Rng } from '../../domain/index.ts';

/** The best split of a node so far. */
export interface SplitChoice {
  /** -1 where no split was found. */
  column: number;
  /** Last bin that goes left; only where splits are at bin borders. */
  bin: number;
  /** Largest value that goes left. */
  threshold: number;
  missingLeft: boolean;
  /** Decrease of the Gini impurity times the weight of the node's rows. */
  gain: number;
}

/** How a forest finds splits in one node after another. Positions are `order[begin]` to `order[end - 1]`. */
export interface NodeSplitter {
  /** Begins a node. @returns whether all its rows have the same class */
  enter(order: Int32Array, begin: number, end: number): boolean;
  /** Looks for a better split than `choice` in one column. @returns false where the column is constant in the node */
  tryColumn(column: number, order: Int32Array, begin: number, end: number, rng: Rng, choice: SplitChoice): boolean;
  /** Moves the rows that go left to the front, in order. @returns where the right side begins */
  partition(choice: SplitChoice, order: Int32Array, begin: number, end: number, spare: Int32Array): number;
  /** Class shares of the node that was entered. */
  shares(into: Float64Array): void;
}

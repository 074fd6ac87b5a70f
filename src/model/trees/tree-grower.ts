import type { OutputBounds } from './monotone.ts';
import { type PackedGradients, SHIFT } from './packed-gradients.ts';
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

/** A leaf of a tree that has grown: rows `order[begin..end)`. */
export interface GrownLeaf {
  readonly node: number;
  readonly begin: number;
  readonly end: number;
  /** Packed sum of its rows. */
  readonly total: number;
  /** Within which its output has to stay. */
  readonly bounds: OutputBounds;
}

/**
 * Grows boosted trees best leaf first, on histograms of packed gradients. Sums of integers are exact and scores are
 * rounded to 32 bits in the same steps, so every grower grows the same trees.
 */
export interface TreeGrower {
  /** Rows of the tree: filled by the caller before `grow`, which reorders them so that each leaf's stand together. */
  readonly order: Int32Array;
  /** Gradients of every row of the window: filled by the caller before `grow`. */
  readonly gradients: PackedGradients;
  /** Restricts the next trees to some columns, ascending. */
  useColumns(columns: Int32Array): void;
  /**
   * Grows one tree on `order[0..rows)`, adding the gain of each split to its column's.
   * @param label the class whose scores it raises
   * @returns its leaves, which the next call may overwrite
   */
  grow(builder: TreeSetBuilder, rows: number, importance: Float64Array, label: number): readonly GrownLeaf[];
  /** Gives its memory back; not to be used afterwards. */
  close(): void;
}

const MIN_HESSIAN = 1e-3;

/** Limits in units of the packed gradients of one tree. */
export interface PackedLimits {
  readonly l2: number;
  readonly minGain: number;
  /** Smallest hessian of a side. */
  readonly minHessian: number;
  /** What one unit of gain is worth. */
  readonly gainUnit: number;
}

export function packLimits({ l2, minGain }: TreeLimits, { gradientUnit, hessianUnit }: PackedGradients): PackedLimits {
  const gainUnit = (gradientUnit * gradientUnit) / hessianUnit;
  return { l2: l2 / hessianUnit, minGain: minGain / gainUnit, minHessian: MIN_HESSIAN / hessianUnit, gainUnit };
}

/** What the score of a split has to exceed in a leaf with these sums. */
export function leastScore(gradient: number, hessian: number, { l2, minGain }: PackedLimits): number {
  const square = gradient * gradient;
  const whole = hessian + 2 * l2;
  return (square / (hessian + l2) - square / whole + minGain) * whole;
}

/** Packed sums of rows as one number. */
export const packedSum = (gradient: number, hessian: number): number => gradient * SHIFT + hessian;

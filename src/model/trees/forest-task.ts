import type { TrainingWindow } from './training-window.ts';

/** Bytes of a node: threshold or bin, gain, column, left child or number of the leaf, right child, missing left, class counts. */
export const NODE_BYTES = 48;
const PENDING_BYTES = 24;
const HISTOGRAM_BYTES = 256 * 8;
const TASK_BYTES = 128;

/** Where everything that grows a tree stands in memory, in bytes; `wasm/grow-forest.ts` reads it from the task. */
export interface ForestAddresses {
  readonly labels: number;
  readonly candidates: number;
  readonly pending: number;
  readonly nodes: number;
  readonly leaves: number;
  /** Bins, a byte each, or ranks, two. */
  readonly values: number;
  readonly binCounts: number;
  readonly distinct: number;
  readonly starts: number;
  readonly order: number;
  readonly spareOrder: number;
  /** Class counts of each row, eight bytes, or its label, two. */
  readonly units: number;
  readonly spareUnits: number;
  readonly gathered: number;
  readonly histogram: number;
  readonly end: number;
}

/** Lays out a task. @param distinct numbers that ranks stand for */
export function addressesOf({ rows, columns }: TrainingWindow, distinct: number): ForestAddresses {
  let end = TASK_BYTES;
  const take = (bytes: number) => {
    const at = end;
    end += Math.ceil((bytes + 16) / 64) * 64;
    return at;
  };
  return {
    labels: take(rows),
    candidates: take(columns * 4),
    pending: take((rows + 2) * PENDING_BYTES),
    nodes: take(2 * rows * NODE_BYTES),
    leaves: take((rows + 1) * 4),
    values: take(rows * columns * 2),
    binCounts: take(columns * 4),
    distinct: take(distinct * 8),
    starts: take(columns * 4),
    order: take((rows + 1) * 4),
    spareOrder: take((rows + 1) * 4),
    units: take((rows + 1) * 8),
    spareUnits: take((rows + 1) * 8),
    gathered: take(rows * 2),
    histogram: take(HISTOGRAM_BYTES),
    end,
  };
}

import type { TrainingWindow } from './training-window.ts';
import type { ValueRanks } from './value-ranks.ts';

const PENDING_BYTES = 24;
const HISTOGRAM_BYTES = 256 * 8;
const TASK_BYTES = 192;
/** Columns whose random thresholds are tried together in a node of few rows: `wasm/forest/few-rows.ts`. */
const GROUP = 4;
/** A node of so many rows has no longer few; what is gathered of fewer has room. */
export const MANY_ROWS = 400;
const GROUP_BYTES = GROUP * 32;
const OFFER_BYTES = 32;

/** Where everything that grows a tree stands in memory, in bytes; `wasm/forest/node.ts` reads it from the task. */
export interface ForestAddresses {
  readonly labels: number;
  readonly candidates: number;
  readonly pending: number;
  /** Of the tree's nodes, as in a `TreeSet`; of a best split, the bin instead of the threshold. */
  readonly feature: number;
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  readonly missingLeft: number;
  /** Class shares of the leaves. */
  readonly shares: number;
  /** Bins, a byte each, or ranks, two. */
  readonly values: number;
  readonly binCounts: number;
  readonly distinct: number;
  readonly starts: number;
  readonly order: number;
  readonly spareOrder: number;
  /** Class counts of each row; random splits keep a row's class beside it in `order`, and what they collect in the spare ones. */
  readonly units: number;
  readonly spareUnits: number;
  readonly gathered: number;
  readonly histogram: number;
  /** The values themselves, row-major, a row of missing ones after the last; only for random thresholds. */
  readonly numbers: number;
  /** `ValueBuckets` of the values; the first value of a bucket by its rank, two bytes. */
  readonly bucketStarts: number;
  readonly bucketFirsts: number;
  readonly lowest: number;
  readonly bucketScales: number;
  /** Sums of impurity decreases, of each column. */
  readonly importance: number;
  /** Columns that are tried together, and what is found about them. */
  readonly group: number;
  /** Random thresholds of the columns that are tried in a node. */
  readonly offers: number;
  /** For each set of four places, the bytes that stand in them, one after another. */
  readonly selections: number;
  readonly end: number;
}

/** Lays out a task. @param ranks what values stand for; `null` where splits are of bins */
export function addressesOf({ rows, columns, classes }: TrainingWindow, ranks: ValueRanks | null): ForestAddresses {
  const nodes = 2 * rows;
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
    feature: take(nodes * 4),
    threshold: take(nodes * 8),
    left: take(nodes * 4),
    right: take(nodes * 4),
    missingLeft: take(nodes),
    shares: take(rows * classes * 8),
    values: take(rows * columns * 2),
    binCounts: take(columns * 4),
    distinct: take((ranks?.distinct.length ?? 0) * 8),
    starts: take((columns + 1) * 4),
    order: take((rows + 1) * 4),
    spareOrder: take((rows + 1) * 4),
    units: take((rows + 1) * 8),
    spareUnits: take((rows + 1) * 8),
    gathered: take(Math.max((rows + 1) * 8, MANY_ROWS * GROUP * 8)),
    histogram: take(HISTOGRAM_BYTES),
    numbers: take(ranks === null ? 0 : (rows + 1) * columns * 8),
    bucketStarts: take((columns + 1) * 4),
    bucketFirsts: take((ranks?.buckets.firsts.length ?? 0) * 2),
    lowest: take(columns * 8),
    bucketScales: take(columns * 8),
    importance: take(columns * 8),
    group: take(GROUP_BYTES),
    offers: take((2 * columns + 1) * OFFER_BYTES),
    selections: take(16 * 16),
    end,
  };
}

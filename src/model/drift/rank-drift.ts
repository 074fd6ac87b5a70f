import type { Matrix } from '../../domain/index.ts';
import { type JudgedDistance, judgeDistance, stretchStarts } from './own-stretches.ts';

/** The known values of each column, ascending. */
type SortedColumns = readonly Float64Array[];

const sortedColumns = (X: Matrix): SortedColumns =>
  Array.from({ length: X.columns }, (_, column) => knownOf(X, column, 0, X.rows).sort());

const knownOf = ({ data, columns }: Matrix, column: number, from: number, rows: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[(from + i) * columns + column]!).filter((value) => !Number.isNaN(value));

/** How many of ascending values are at most `value`. */
function countUpTo(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Largest distance between the distribution functions of two ascending samples (Kolmogorov 1933, Smirnov 1939); 0 where
 * one is empty.
 */
function kolmogorovSmirnov(one: Float64Array, other: Float64Array): number {
  let most = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    const value = Math.min(one[i]!, other[j]!);
    while (i < one.length && one[i]! <= value) i++;
    while (j < other.length && other[j]! <= value) j++;
    most = Math.max(most, Math.abs(i / one.length - j / other.length));
  }
  return most;
}

/** Where the values of a training window lie, and how far its own parts lie from all of it. */
export interface RankReference {
  readonly sorted: SortedColumns;
  /** Rows that are compared with the window at a time. */
  readonly recentRows: number;
  /** Rank distance of each stretch of the window from all of it. */
  readonly usualDistances: Float64Array;
  /** How far out each row of the window lies. */
  readonly usualOutlying: Float64Array;
}

/** @param training ascending in time @param recentRows at most half as many */
export function fitRankReference(training: Matrix, recentRows: number): RankReference {
  const sorted = sortedColumns(training);
  const { columns, rows, data } = training;
  return {
    sorted,
    recentRows,
    usualDistances: Float64Array.from(stretchStarts(rows, recentRows), (from) =>
      rankDistance({ sorted, recentRows }, training, from),
    ),
    usualOutlying: Float64Array.from({ length: rows }, (_, at) =>
      outlyingness(sorted, data.subarray(at * columns, (at + 1) * columns)),
    ),
  };
}

const rankDistance = ({ sorted, recentRows }: Pick<RankReference, 'sorted' | 'recentRows'>, X: Matrix, from: number): number =>
  sorted.reduce((sum, own, column) => sum + kolmogorovSmirnov(own, knownOf(X, column, from, recentRows).sort()), 0) /
  sorted.length;

/**
 * Mean Kolmogorov-Smirnov distance of the newest rows' features from the training window, judged by the distances of the
 * window's own stretches of as many rows. Unlike a stability index it sees shifts inside of bins.
 * @param recent the newest rows, `recentRows` of them
 */
export const measureRankDrift = (reference: RankReference, recent: Matrix): JudgedDistance =>
  judgeDistance(rankDistance(reference, recent, 0), reference.usualDistances);

/**
 * How far out one row lies: the mean over its known features of `-ln` of the two-sided tail that its rank leaves in the
 * training window, judged by that of each training row. Beyond every training row is unlike anything that was learnt from.
 * @param row the values of the row that a decision is made from
 */
export const measureNovelty = ({ sorted, usualOutlying }: RankReference, row: Float64Array): JudgedDistance =>
  judgeDistance(outlyingness(sorted, row), usualOutlying);

function outlyingness(sorted: SortedColumns, row: Float64Array): number {
  let sum = 0;
  let known = 0;
  row.forEach((value, column) => {
    const own = sorted[column]!;
    if (Number.isNaN(value) || own.length === 0 || own[0] === own.at(-1)) return;
    const below = countUpTo(own, value);
    const tail = Math.min(below + 1, own.length - below + 1) / (own.length + 2);
    sum -= Math.log(Math.min(1, 2 * tail));
    known++;
  });
  return known === 0 ? 0 : sum / known;
}

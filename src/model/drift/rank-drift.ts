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

/** Largest distance between the distribution functions of two samples (Kolmogorov 1933, Smirnov 1939); 0 where one is empty. */
function kolmogorovSmirnov(one: Float64Array, other: Float64Array): number {
  if (one.length === 0 || other.length === 0) return 0;
  const share = (sample: Float64Array, value: number) => countUpTo(sample, value) / sample.length;
  const gap = (value: number) => Math.abs(share(one, value) - share(other, value));
  return [one, other].reduce((most, sample) => sample.reduce((largest, value) => Math.max(largest, gap(value)), most), 0);
}

/**
 * Mean Kolmogorov-Smirnov distance of the newest rows' features from the training window, judged by the distances of the
 * window's own stretches of as many rows. Unlike a stability index it sees shifts inside of bins.
 * @param training ascending in time @param recent the newest rows, at most half as many
 */
export function measureRankDrift(training: Matrix, recent: Matrix): JudgedDistance {
  const sorted = sortedColumns(training);
  const distance = (X: Matrix, from: number) =>
    sorted.reduce((sum, own, column) => sum + kolmogorovSmirnov(own, knownOf(X, column, from, recent.rows).sort()), 0) /
    sorted.length;
  const usual = Float64Array.from(stretchStarts(training.rows, recent.rows), (from) => distance(training, from));
  return judgeDistance(distance(recent, 0), usual);
}

/**
 * How far out one row lies: the mean over its known features of `-ln` of the two-sided tail that its rank leaves in the
 * training window, judged by that of each training row. Beyond every training row is unlike anything that was learnt from.
 * @param row the values of the row that a decision is made from
 */
export function measureNovelty(training: Matrix, row: Float64Array): JudgedDistance {
  const sorted = sortedColumns(training);
  const outlyingness = (values: Float64Array) => {
    let sum = 0;
    let known = 0;
    values.forEach((value, column) => {
      const own = sorted[column]!;
      if (Number.isNaN(value) || own.length === 0 || own[0] === own.at(-1)) return;
      const below = countUpTo(own, value);
      const tail = Math.min(below + 1, own.length - below + 1) / (own.length + 2);
      sum -= Math.log(Math.min(1, 2 * tail));
      known++;
    });
    return known === 0 ? 0 : sum / known;
  };
  const { columns, rows, data } = training;
  const usual = Float64Array.from({ length: rows }, (_, at) => outlyingness(data.subarray(at * columns, (at + 1) * columns)));
  return judgeDistance(outlyingness(row), usual);
}

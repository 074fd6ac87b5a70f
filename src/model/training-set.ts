import { createHash } from 'node:crypto';
import type { Matrix, TimeMs } from '../domain/index.ts';

/** Decisions of the past with what was known at each and what came of it. Rows ascend in `timeMs`. */
export interface TrainingSet {
  readonly names: readonly string[];
  /** Decision times. */
  readonly timeMs: Float64Array;
  /** rows x names, as known at each decision time; NaN is not known. */
  readonly matrix: Matrix;
  /** 0 BUY, 1 SELL, 2 HOLD; `UNKNOWN_LABEL` where the outcome is not known or the row must not be trained on. */
  readonly label: Uint8Array;
  /** When each label became known. */
  readonly labelKnownMs: Float64Array;
}

export const UNKNOWN_LABEL = 255;

/** Row numbers that a training at `untilMs` may use: decided from `fromMs` on, label known by then. */
export function trainableRows(set: TrainingSet, fromMs: TimeMs, untilMs: TimeMs): number[] {
  const rows: number[] = [];
  for (let i = 0; i < set.timeMs.length; i++) {
    if (set.label[i] !== UNKNOWN_LABEL && set.timeMs[i]! >= fromMs && set.labelKnownMs[i]! <= untilMs) rows.push(i);
  }
  return rows;
}

/** Hash over everything that these rows hold: features by name, labels and times. */
export function dataFingerprint(set: TrainingSet, rows: readonly number[]): string {
  const hash = createHash('sha256').update(set.names.join('\n'));
  const { columns, data } = set.matrix;
  for (const row of rows) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset + row * columns * 8, columns * 8));
    hash.update(Float64Array.of(set.timeMs[row]!, set.labelKnownMs[row]!, set.label[row]!));
  }
  return hash.digest('hex');
}

/** The given rows and columns as a matrix of their own. */
export function selectMatrix(matrix: Matrix, rows: readonly number[], columns: readonly number[]): Matrix {
  const data = new Float64Array(rows.length * columns.length);
  let at = 0;
  for (const row of rows) {
    const start = row * matrix.columns;
    for (const column of columns) data[at++] = matrix.data[start + column]!;
  }
  return { data, rows: rows.length, columns: columns.length };
}

/**
 * Columns worth training on: known in at least `minimumKnown` of the rows, and not constant there. Decided on the
 * training window alone, so that data that came later, or tables that start later, change nothing.
 */
export function usableColumns(matrix: Matrix, rows: readonly number[], minimumKnown: number): number[] {
  const usable: number[] = [];
  for (let column = 0; column < matrix.columns; column++) {
    let known = 0;
    let first = Number.NaN;
    let varies = false;
    for (const row of rows) {
      const value = matrix.data[row * matrix.columns + column]!;
      if (Number.isNaN(value)) continue;
      if (known++ === 0) first = value;
      else if (value !== first) varies = true;
    }
    if (varies && known >= minimumKnown) usable.push(column);
  }
  return usable;
}

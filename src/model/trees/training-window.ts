import type { Matrix } from '../../domain/index.ts';
import { type Allocate, type Binning, cutColumns } from './binning.ts';
import { rankColumns, type ValueRanks } from './value-ranks.ts';

/** Everything learners read while they are fitted: copied once into shared memory, never written again. */
export interface TrainingWindow {
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  /** Row-major values; NaN is missing. */
  readonly data: Float64Array;
  /** The same values column-major. */
  readonly byColumn: Float64Array;
  readonly labels: Uint8Array;
  /** Weight per row; `null` where all are 1. */
  readonly weights: Float64Array | null;
  /** Most bins per column in `binning`; 0 where there is none. */
  readonly maxBins: number;
  /** Bins of the forests; `null` where no learner of the fit needs them. */
  readonly binning: Binning | null;
  /** Bins of boosted trees: not so many on few rows, the same on many. */
  readonly coarse: Binning | null;
  /** Ranks of the values; `null` where no learner of the fit needs them, or there are too many. */
  readonly ranks: ValueRanks | null;
}

/** What learners want prepared of a window. */
export interface WindowNeeds {
  /** Most bins per column; `null` for none. */
  readonly maxBins: number | null;
  readonly ranks: boolean;
}

/** One more than LightGBM's `min_data_in_bin`: on years of daily rows this is quicker and generalises a little better. */
const MIN_ROWS_PER_BIN = 4;

/**
 * Rows that a bin of boosted trees has at least: 16, which on a year of daily rows is quicker and generalises better, but
 * down to 4 where there would not be 24 bins otherwise.
 */
const minRowsOfBoosting = (rows: number): number => Math.min(16, Math.max(MIN_ROWS_PER_BIN, Math.floor(rows / 24)));

/** The bins of a window with at most so many in a column. */
export function binWindow(
  { byColumn, rows, columns }: Pick<TrainingWindow, 'byColumn' | 'rows' | 'columns'>,
  maxBins: number,
  allocate?: Allocate,
): Pick<TrainingWindow, 'maxBins' | 'binning' | 'coarse'> {
  const minRows = minRowsOfBoosting(rows);
  const cuts = [{ maxBins, minRows: MIN_ROWS_PER_BIN }];
  if (rows < minRows * maxBins) cuts.push({ maxBins, minRows });
  const [binning, coarse = binning] = cutColumns(byColumn, rows, columns, cuts, allocate) as [Binning, Binning?];
  return { maxBins, binning, coarse };
}

const share = (bytes: number): ArrayBufferLike => new SharedArrayBuffer(bytes);

/** Copies a checked training set into shared memory, with what learners need of it. Weights that are all 1 are no weights. */
export function createTrainingWindow(
  X: Matrix,
  y: Uint8Array,
  classes: number,
  weights?: Float64Array,
  { maxBins, ranks }: WindowNeeds = { maxBins: null, ranks: false },
): TrainingWindow {
  const { rows, columns } = X;
  const data = new Float64Array(share(rows * columns * 8));
  data.set(X.data);
  const byColumn = new Float64Array(share(rows * columns * 8));
  transpose(data, byColumn, rows, columns);
  const labels = new Uint8Array(share(rows));
  labels.set(y);
  let copied: Float64Array | null = null;
  if (weights?.some((weight) => weight !== 1)) {
    copied = new Float64Array(share(rows * 8));
    copied.set(weights);
  }
  const bins =
    maxBins === null ? { maxBins: 0, binning: null, coarse: null } : binWindow({ byColumn, rows, columns }, maxBins, share);
  return {
    ...{ rows, columns, classes, data, byColumn, labels, weights: copied, ...bins },
    ranks: ranks ? rankColumns(byColumn, rows, columns, share) : null,
  };
}

/** Some rows at a time, so that what is read and written is near. */
function transpose(data: Float64Array, byColumn: Float64Array, rows: number, columns: number): void {
  for (let first = 0; first < rows; first += 16) {
    const last = Math.min(first + 16, rows);
    for (let column = 0; column < columns; column++) {
      for (let row = first; row < last; row++) byColumn[column * rows + row] = data[row * columns + column]!;
    }
  }
}

/** The window of some of the rows, in the given order, with the same bins. All rows in order give the window itself. */
export function selectRows(window: TrainingWindow, rows: Int32Array): TrainingWindow {
  const { columns, binning, coarse, ranks, weights } = window;
  const count = rows.length;
  if (count === window.rows && rows.every((row, i) => row === i)) return window;
  const data = new Float64Array(count * columns);
  const byColumn = new Float64Array(count * columns);
  const codes = new Uint16Array(ranks === null ? 0 : count * columns);
  for (let i = 0; i < count; i++) data.set(window.data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns);
  for (let column = 0; column < columns; column++) {
    const from = column * window.rows;
    const to = column * count;
    for (let i = 0; i < count; i++) byColumn[to + i] = window.byColumn[from + rows[i]!]!;
    if (ranks !== null) for (let i = 0; i < count; i++) codes[to + i] = ranks.codes[from + rows[i]!]!;
  }
  const fine = binning && selectBins(binning, rows);
  return {
    rows: count,
    columns,
    classes: window.classes,
    data,
    byColumn,
    labels: Uint8Array.from(rows, (row) => window.labels[row]!),
    weights: weights === null ? null : Float64Array.from(rows, (row) => weights[row]!),
    maxBins: window.maxBins,
    binning: fine,
    coarse: coarse === binning ? fine : coarse && selectBins(coarse, rows),
    ranks: ranks === null ? null : { ...ranks, codes },
  };
}

function selectBins(binning: Binning, rows: Int32Array): Binning {
  const count = rows.length;
  const bins = new Uint8Array(count * binning.columns);
  for (let column = 0, to = 0; column < binning.columns; column++) {
    const from = column * binning.rows;
    for (let i = 0; i < count; i++) bins[to++] = binning.bins[from + rows[i]!]!;
  }
  return { ...binning, rows: count, bins };
}

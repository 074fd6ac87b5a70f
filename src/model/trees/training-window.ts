import type { Matrix } from '../../domain/index.ts';
import { type Binning, binColumns } from './binning.ts';
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
  /** Bins of the trees; `null` where no learner of the fit needs them. */
  readonly binning: Binning | null;
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
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) byColumn[column * rows + row] = data[at++]!;
  }
  const labels = new Uint8Array(share(rows));
  labels.set(y);
  let copied: Float64Array | null = null;
  if (weights?.some((weight) => weight !== 1)) {
    copied = new Float64Array(share(rows * 8));
    copied.set(weights);
  }
  const binning = maxBins === null ? null : binColumns(byColumn, rows, columns, maxBins, MIN_ROWS_PER_BIN, share);
  return {
    ...{ rows, columns, classes, data, byColumn, labels, weights: copied, maxBins: maxBins ?? 0, binning },
    ranks: ranks ? rankColumns(byColumn, rows, columns, share) : null,
  };
}

/** The window of some of the rows, in the given order, with the same bins. All rows in order give the window itself. */
export function selectRows(window: TrainingWindow, rows: Int32Array): TrainingWindow {
  const { columns, binning, ranks, weights } = window;
  const count = rows.length;
  if (count === window.rows && rows.every((row, i) => row === i)) return window;
  const data = new Float64Array(count * columns);
  const byColumn = new Float64Array(count * columns);
  const bins = new Uint8Array(binning === null ? 0 : count * columns);
  const codes = new Uint16Array(ranks === null ? 0 : count * columns);
  for (let i = 0; i < count; i++) data.set(window.data.subarray(rows[i]! * columns, (rows[i]! + 1) * columns), i * columns);
  for (let column = 0; column < columns; column++) {
    const from = column * window.rows;
    const to = column * count;
    for (let i = 0; i < count; i++) byColumn[to + i] = window.byColumn[from + rows[i]!]!;
    if (binning !== null) for (let i = 0; i < count; i++) bins[to + i] = binning.bins[from + rows[i]!]!;
    if (ranks !== null) for (let i = 0; i < count; i++) codes[to + i] = ranks.codes[from + rows[i]!]!;
  }
  return {
    rows: count,
    columns,
    classes: window.classes,
    data,
    byColumn,
    labels: Uint8Array.from(rows, (row) => window.labels[row]!),
    weights: weights === null ? null : Float64Array.from(rows, (row) => weights[row]!),
    maxBins: window.maxBins,
    binning: binning === null ? null : { ...binning, rows: count, bins },
    ranks: ranks === null ? null : { ...ranks, codes },
  };
}

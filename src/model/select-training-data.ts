import { type Matrix, ModelError, type TimeMs } from '../domain/index.ts';
import { selectMatrix, type TrainingSet, trainableRows, usableColumns } from './training-set.ts';

/** Fewer rows than this cannot carry a stack of time-ordered folds. */
export const MINIMUM_TRAINING_ROWS = 60;
/** A feature known on fewer days of the training window is left out. */
const MINIMUM_KNOWN_DAYS = 30;

export interface TrainingData {
  /** Features that are known often enough, in the order of the columns. */
  readonly names: readonly string[];
  readonly X: Matrix;
  readonly y: Uint8Array;
  /** Row numbers in the training set. */
  readonly rows: readonly number[];
}

/** What a training at `untilMs` learns from. @throws ModelError `training.too_few_rows`, `training.no_features` */
export function selectTrainingData(set: TrainingSet, fromMs: TimeMs, untilMs: TimeMs): TrainingData {
  const rows = trainableRows(set, fromMs, untilMs);
  if (rows.length < MINIMUM_TRAINING_ROWS) {
    throw new ModelError(
      'training.too_few_rows',
      `only ${rows.length} labelled days in the training window, ${MINIMUM_TRAINING_ROWS} are needed`,
      {
        hint: 'Fetch or ingest more price history.',
        details: { rows: rows.length, fromMs, untilMs },
      },
    );
  }
  const columns = usableColumns(set.matrix, rows, MINIMUM_KNOWN_DAYS);
  if (columns.length === 0) {
    throw new ModelError('training.no_features', 'no feature is known on enough days of the training window', {
      details: { rows: rows.length },
    });
  }
  return {
    names: columns.map((column) => set.names[column]!),
    X: selectMatrix(set.matrix, rows, columns),
    y: Uint8Array.from(rows, (row) => set.label[row]!),
    rows,
  };
}

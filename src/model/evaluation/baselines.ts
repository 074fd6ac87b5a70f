import { ModelError } from '../../domain/index.ts';

const CLASSES = 3;

/**
 * Predictions of someone who knows nothing but how often each class came up in the training window: its shares, with one
 * extra row a class so that none is impossible. Rows x 3, row-major.
 */
export function classShareBaseline(trainingLabels: Uint8Array, rows: number): Float64Array {
  const shares = smoothedShares(trainingLabels);
  return Float64Array.from({ length: rows * CLASSES }, (_, i) => shares[i % CLASSES]!);
}

/**
 * Predictions of someone who knows only the last class: how often each class came with it in the training window, with
 * one extra row a class. Rows x 3, row-major.
 * @param trainingLabels ascending in time
 * @param lastKnown for each predicted row the newest class that was already known then
 * @param trainingLastKnown the same for each training row; the row before unless told
 * @throws ModelError `evaluation.unknown_class`
 */
export function persistenceBaseline(
  trainingLabels: Uint8Array,
  lastKnown: Uint8Array,
  trainingLastKnown?: readonly (number | undefined)[],
): Float64Array {
  const before = (row: number) => (trainingLastKnown ? trainingLastKnown[row] : trainingLabels[row - 1]);
  const shares = Array.from({ length: CLASSES }, (_, previous) =>
    smoothedShares(trainingLabels.filter((_label, row) => before(row) === previous)),
  );
  const baseline = new Float64Array(lastKnown.length * CLASSES);
  lastKnown.forEach((label, row) => {
    const followers = shares[label];
    if (!followers) throw new ModelError('evaluation.unknown_class', `row ${row} has the class ${label}; classes are 0, 1 and 2`);
    baseline.set(followers, row * CLASSES);
  });
  return baseline;
}

function smoothedShares(labels: Uint8Array): number[] {
  const counts = new Array<number>(CLASSES).fill(1);
  labels.forEach((label, row) => {
    if (label >= CLASSES)
      throw new ModelError('evaluation.unknown_class', `training row ${row} has the class ${label}; classes are 0, 1 and 2`);
    counts[label]! += 1;
  });
  return counts.map((count) => count / (labels.length + CLASSES));
}

import type { Rng } from '../../domain/index.ts';

/** One round of out-of-fold prediction: learn from `train`, predict `test`. Both ascending. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

const range = (from: number, to: number): Int32Array => Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Share of the rows that the first fold learns from: learners given less say little about what they become on all rows. */
const FIRST_SHARE = 0.5;

/**
 * Expanding windows in time order: the later half of the rows is cut into `folds` blocks; each is predicted from all rows
 * before it, without the last `purge` of those, whose labels reach into it. Folds left without rows to learn from are
 * dropped.
 */
export function forwardFolds(rows: number, folds: number, purge: number): Fold[] {
  const first = Math.floor(rows * FIRST_SHARE);
  const border = (block: number) => first + Math.floor(((rows - first) * block) / folds);
  return Array.from({ length: folds }, (_, i) => ({
    train: range(0, border(i) - purge),
    test: range(border(i), border(i + 1)),
  })).filter(usable);
}

/**
 * Contiguous blocks, each predicted from the rest (Lopez de Prado 2018, chapter 7): without `purge` rows before and
 * after it, whose labels overlap, and without `embargo` further rows after it.
 */
export function blockedFolds(rows: number, folds: number, purge: number, embargo: number): Fold[] {
  const border = (block: number) => Math.floor((rows * block) / folds);
  return Array.from({ length: folds }, (_, i) => {
    const [from, to] = [border(i), border(i + 1)];
    const before = range(0, from - purge);
    const after = range(to + purge + embargo, rows);
    return { train: Int32Array.from([...before, ...after]), test: range(from, to) };
  }).filter(usable);
}

/**
 * Stratified folds, exactly those of scikit-learn's `StratifiedKFold(folds)`: blind to time. With `rng` the rows of each
 * class are dealt out at random, as with `shuffle=True`: the same numbers of each class in each fold.
 */
export function stratifiedFolds(labels: Uint8Array, folds: number, rng?: Rng): Fold[] {
  const codes = new Map<number, number>();
  for (const label of labels) if (!codes.has(label)) codes.set(label, codes.size);
  const sorted = Uint8Array.from(labels, (label) => codes.get(label) ?? 0).sort();
  const remaining = Array.from({ length: codes.size }, () => new Int32Array(folds));
  for (let i = 0; i < sorted.length; i++) remaining[sorted[i]!]![i % folds]!++;
  const dealt = remaining.map((counts) => {
    const order = Array.from(counts).flatMap((count, fold) => new Array<number>(count).fill(fold));
    return rng ? shuffled(order, rng) : order;
  });
  const given = new Int32Array(codes.size);
  const foldOf = Int32Array.from(labels, (label) => {
    const code = codes.get(label) ?? 0;
    return dealt[code]![given[code]!++]!;
  });
  const all = range(0, labels.length);
  return Array.from({ length: folds }, (_, fold) => ({
    train: all.filter((row) => foldOf[row] !== fold),
    test: all.filter((row) => foldOf[row] === fold),
  })).filter(usable);
}

/** Fisher and Yates's shuffle, in place. */
function shuffled(values: number[], rng: Rng): number[] {
  for (let i = values.length - 1; i > 0; i--) {
    const other = Math.floor(rng() * (i + 1));
    [values[i], values[other]] = [values[other]!, values[i]!];
  }
  return values;
}

const usable = ({ train, test }: Fold): boolean => train.length > 0 && test.length > 0;

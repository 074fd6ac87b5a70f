import { createTrainingWindow, type TrainingWindow } from '../trees/training-window.ts';
import type { Fold } from './folds.ts';
import { columnOf, metaInput } from './meta-input.ts';

/** What every base learner said of the rows of one fold, in the order of the learners. */
export interface FoldPredictions {
  readonly fold: Fold;
  readonly bases: readonly Float64Array[];
}

/** Out-of-fold probabilities of the base learners, folds one after another: what the meta-classifier learns from. */
export class OutOfFold {
  readonly classes: number;
  /** Where each fold begins. */
  readonly starts: readonly number[];
  readonly #window: TrainingWindow;
  readonly #rows: Int32Array;
  readonly #weights: Float64Array | null;
  readonly #folds: readonly FoldPredictions[];
  readonly #passed: readonly Float64Array[];

  /** @param weights of the rows of `window`, all 1 where null @param passThrough features that go along */
  constructor(
    window: TrainingWindow,
    folds: readonly FoldPredictions[],
    weights: Float64Array | null,
    passThrough: readonly number[],
  ) {
    this.classes = window.classes;
    this.#window = window;
    this.#folds = folds;
    this.#weights = weights;
    this.#rows = Int32Array.from(folds.flatMap(({ fold }) => [...fold.test]));
    this.#passed = passThrough.map((column) => columnOf(window, column, this.#rows));
    let start = 0;
    this.starts = folds.map(({ fold }) => {
      const begins = start;
      start += fold.test.length;
      return begins;
    });
  }

  /** The probabilities of these base learners as a training set. */
  window(bases: readonly number[]): TrainingWindow {
    const rows = this.#rows.length;
    const joined = bases.map((base) => {
      const values = new Float64Array(rows * this.classes);
      this.#folds.forEach((fold, i) => {
        values.set(fold.bases[base]!, this.starts[i]! * this.classes);
      });
      return values;
    });
    const labels = Uint8Array.from(this.#rows, (row) => this.#window.labels[row]!);
    const weights = this.#weights === null ? undefined : Float64Array.from(this.#rows, (row) => this.#weights![row]!);
    return createTrainingWindow(metaInput(joined, rows, this.classes, this.#passed), labels, this.classes, weights);
  }
}

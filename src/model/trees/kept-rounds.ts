import { softmaxRows } from './softmax.ts';
import type { TrainingWindow } from './training-window.ts';

/** Which rounds of boosting are kept, and what their splits gained: all, or those up to the least loss of late rows. */
export class KeptRounds {
  /** Rounds kept so far. */
  rounds = 0;
  /** Gain per column of the rounds kept so far. */
  readonly importance: Float64Array;
  /** Gain per column of all rounds, to which the grower adds. */
  readonly gains: Float64Array;
  readonly #window: TrainingWindow;
  readonly #from: number;
  readonly #patience: number | null;
  readonly #probabilities: Float64Array;
  #best = Number.POSITIVE_INFINITY;

  /** @param from the first late row; where rows from there weigh nothing, all rounds are kept */
  constructor(window: TrainingWindow, from: number, stopping: { readonly rounds: number } | null) {
    this.#window = window;
    this.#from = from;
    const { rows, weights } = window;
    const judges = weights === null ? from < rows : weights.subarray(from).some((weight) => weight > 0);
    this.#patience = judges && stopping !== null ? stopping.rounds : null;
    this.importance = new Float64Array(window.columns);
    this.gains = this.#patience === null ? this.importance : new Float64Array(window.columns);
    this.#probabilities = new Float64Array((window.rows - from) * window.classes);
  }

  /** Judges the round that was grown last. @param scores of all rows after it @returns whether it was the last */
  endsAfter(round: number, scores: Float64Array): boolean {
    if (this.#patience === null) {
      this.rounds = round + 1;
      return false;
    }
    const loss = this.#lossOf(scores);
    if (loss < this.#best || this.rounds === 0) {
      this.#best = loss;
      this.rounds = round + 1;
      this.importance.set(this.gains);
    }
    return round + 1 - this.rounds >= this.#patience;
  }

  /** Weighted log loss of the late rows, summed. */
  #lossOf(scores: Float64Array): number {
    const { classes, labels, weights, rows } = this.#window;
    const probabilities = this.#probabilities;
    softmaxRows(scores.subarray(this.#from * classes), classes, probabilities);
    let loss = 0;
    for (let row = this.#from; row < rows; row++) {
      const p = probabilities[(row - this.#from) * classes + labels[row]!]!;
      loss -= (weights === null ? 1 : weights[row]!) * Math.log(Math.max(1e-15, p));
    }
    return loss;
  }
}

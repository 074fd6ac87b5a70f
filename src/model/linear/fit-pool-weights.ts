import { ModelError } from '../../domain/index.ts';
import type { TrainingWindow } from '../trees/training-window.ts';

const STEPS = 200;
/** By how much a probability may be above 1. */
const ROUNDING = 1e-9;

/**
 * Weights of a mixture of forecasters by expectation maximisation (Dempster, Laird and Rubin 1977), with `priorRows`
 * rows of belief in each beforehand.
 * @throws ModelError `learner.not_probabilities` where the columns are not one block of classes per forecaster, or hold
 * anything but probabilities
 */
export function fitPoolWeights(
  priorRows: number,
  { data, rows, columns, classes, labels, weights }: TrainingWindow,
): Float64Array {
  if (columns % classes !== 0) {
    throw new ModelError(
      'learner.not_probabilities',
      `a pool needs ${classes} columns for each forecaster, not ${columns} in all`,
      {
        hint: 'Give it the probabilities of the base learners side by side.',
      },
    );
  }
  const wrong = data.findIndex((value) => !(value >= 0 && value <= 1 + ROUNDING));
  if (wrong >= 0) {
    const [row, column] = [Math.floor(wrong / columns), wrong % columns];
    throw new ModelError('learner.not_probabilities', `row ${row}, column ${column} is ${data[wrong]}, which is no probability`, {
      details: { row, column },
    });
  }
  const forecasters = columns / classes;
  let shares = new Float64Array(forecasters).fill(1 / forecasters);
  for (let step = 0; step < STEPS; step++) {
    const next = new Float64Array(forecasters).fill(priorRows);
    for (let row = 0; row < rows; row++) {
      const at = row * columns + labels[row]!;
      let mixture = 0;
      for (let f = 0; f < forecasters; f++) mixture += shares[f]! * data[at + f * classes]!;
      if (!(mixture > 0)) continue;
      const weight = (weights?.[row] ?? 1) / mixture;
      for (let f = 0; f < forecasters; f++) next[f]! += weight * shares[f]! * data[at + f * classes]!;
    }
    const total = next.reduce((sum, share) => sum + share, 0);
    shares = next.map((share) => share / total);
  }
  return shares;
}

import { describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { FittedBoosting } from '../learners/fitted-boosting.ts';
import { type BoostingGrowth, fitBoosting } from './fit-boosting.ts';
import { createTrainingWindow, selectRows, type TrainingWindow } from './training-window.ts';

const [ROWS, COLUMNS, CLASSES] = [240, 5, 3];

const growth: BoostingGrowth = {
  ...{ rounds: 60, learningRate: 0.08, maxLeaves: 15, maxDepth: Number.POSITIVE_INFINITY, minLeafSamples: 4, l2: 0, minGain: 0 },
  ...{ columnSample: 1, rowSample: 1, earlyStopping: null, monotone: null, seed: 1 },
};
const stopping = { rounds: 60, share: 0.25, purge: 0 };
const LATE = 180;

/** Labels that follow the first column, more loosely late than early, so that many rounds overfit. */
function problem(weights?: Float64Array, relabel: (label: number, row: number) => number = (label) => label): TrainingWindow {
  const rng = createRng(3);
  const data = Float64Array.from({ length: ROWS * COLUMNS }, () => normal(rng));
  const labels = Uint8Array.from({ length: ROWS }, (_, row) => {
    const score = data[row * COLUMNS]! + (row < LATE ? 0.8 : 1.6) * normal(rng);
    return relabel(score > 0.4 ? 0 : score < -0.4 ? 1 : 2, row);
  });
  return createTrainingWindow({ data, rows: ROWS, columns: COLUMNS }, labels, CLASSES, weights, { maxBins: 255, ranks: false });
}

/** What is fitted without early stopping on the first rows alone, with the bins of all. */
const fitFirst = (window: TrainingWindow, rows: number, rounds: number) =>
  fitBoosting(
    { ...growth, rounds },
    selectRows(
      window,
      Int32Array.from({ length: rows }, (_, row) => row),
    ),
  );

/** Mean log loss of the late rows by number of rounds, from 1. */
function lateLosses(window: TrainingWindow, rounds: number): number[] {
  const late = { data: window.data.slice(LATE * COLUMNS), rows: ROWS - LATE, columns: COLUMNS };
  return Array.from({ length: rounds }, (_, i) => {
    const shares = new FittedBoosting(CLASSES, COLUMNS, fitFirst(window, LATE, i + 1)).predictProba(late);
    let loss = 0;
    for (let row = LATE; row < ROWS; row++) {
      loss -= (window.weights?.[row] ?? 1) * Math.log(shares[(row - LATE) * CLASSES + window.labels[row]!]!);
    }
    return loss;
  });
}

const bestOf = (losses: readonly number[]) => 1 + losses.indexOf(Math.min(...losses));

describe('early stopping', () => {
  it('keeps the rounds up to the least loss of the late rows: their trees, nodes and gains alone', () => {
    const window = problem();
    const best = bestOf(lateLosses(window, 60));
    expect(best).toBeGreaterThan(1);
    expect(best).toBeLessThan(40);
    expect(fitBoosting({ ...growth, earlyStopping: stopping }, window)).toEqual(fitFirst(window, LATE, best));
  });

  it('ends when so many rounds brought nothing, though a later one might', () => {
    const window = problem();
    const losses = lateLosses(window, 60);
    for (const rounds of [1, 2, 5]) {
      let kept = 1;
      for (let round = 2; round <= 60 && round - kept <= rounds; round++)
        if (losses[round - 1]! < losses[kept - 1]!) kept = round;
      const fitted = fitBoosting({ ...growth, earlyStopping: { ...stopping, rounds } }, window);
      expect(fitted).toEqual(fitFirst(window, LATE, kept));
    }
  });

  it('judges late rows by their weights', () => {
    const weights = Float64Array.from({ length: ROWS }, (_, row) => (row < LATE || row % 6 === 0 ? 1 : 0.001));
    const window = problem(weights);
    const best = bestOf(lateLosses(window, 60));
    expect(best).not.toBe(bestOf(lateLosses(problem(), 60)));
    expect(fitBoosting({ ...growth, earlyStopping: stopping }, window)).toEqual(fitFirst(window, LATE, best));
  });

  it('learns nothing from late rows, nor from the purged ones before them', () => {
    const purged = { ...growth, earlyStopping: { ...stopping, purge: 20 } };
    const other = problem(undefined, (label, row) => (row >= LATE - 20 && row < LATE ? (label + 1) % CLASSES : label));
    const fitted = fitBoosting(purged, problem());
    expect(fitBoosting(purged, other)).toEqual(fitted);
    expect(fitted).toEqual(fitFirst(problem(), LATE - 20, fitted.trees.roots.length / CLASSES));
    expect(fitBoosting({ ...purged, earlyStopping: stopping }, other)).not.toEqual(
      fitBoosting({ ...purged, earlyStopping: stopping }, problem()),
    );
  });

  it('keeps a round at least, one late row at least, and all rounds where late rows weigh nothing', () => {
    const hopeless = problem(undefined, (label, row) => (row < LATE ? 0 : label));
    expect(fitBoosting({ ...growth, earlyStopping: stopping }, hopeless).trees.roots.length).toBeGreaterThanOrEqual(CLASSES);
    const few = fitBoosting({ ...growth, rounds: 5, earlyStopping: { ...stopping, share: 0.001, rounds: 50 } }, problem());
    expect(few.start).toEqual(fitFirst(problem(), ROWS - 1, 1).start);
    const weightless = problem(Float64Array.from({ length: ROWS }, (_, row) => (row < LATE ? 1 : 0)));
    const all = fitBoosting({ ...growth, rounds: 9, earlyStopping: { ...stopping, rounds: 1 } }, weightless);
    expect(all.trees.roots).toHaveLength(9 * CLASSES);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { createTrainingWindow } from '../trees/training-window.ts';
import { fitElasticNet } from './fit-elastic-net.ts';
import { fitLogistic } from './fit-logistic.ts';
import { fitRidge } from './fit-ridge.ts';
import { type LogisticProblem, prepareLogistic } from './logistic-problem.ts';

const CLASSES = 3;

interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  /** Share of the variance that all columns have in common. */
  readonly common?: number;
}

/** Classes follow the first two columns; the others are noise. */
function plantedWindow({ rows, columns, seed, common = 0 }: Shape, weights?: Float64Array) {
  const rng = createRng(seed);
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const shared = Math.sqrt(common) * normal(rng);
    for (let column = 0; column < columns; column++) data[row * columns + column] = shared + Math.sqrt(1 - common) * normal(rng);
  }
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    const score = data[row * columns]! - data[row * columns + 1]! + 0.5 * normal(rng);
    return score > 0.5 ? 0 : score < -0.5 ? 1 : 2;
  });
  return createTrainingWindow({ data, rows, columns }, labels, CLASSES, weights);
}

/** How far each weight is from what a minimum demands of it, by the definition of the objective. */
function violations(problem: LogisticProblem, weights: Float64Array, l1: number, l2: number): Float64Array {
  const { rows, width, labels, byRow, rowWeights, classes } = problem;
  const slope = new Float64Array(weights.length);
  for (let row = 0; row < rows; row++) {
    const values = byRow.subarray(row * width, (row + 1) * width);
    const powers = Array.from({ length: classes }, (_, k) =>
      Math.exp(values.reduce((sum, value, i) => sum + value * weights[k * width + i]!, 0)),
    );
    const total = powers.reduce((sum, power) => sum + power, 0);
    powers.forEach((power, k) => {
      const residual = rowWeights[row]! * (power / total - (labels[row] === k ? 1 : 0));
      for (let i = 0; i < width; i++) slope[k * width + i]! += residual * values[i]!;
    });
  }
  return slope.map((value, at) => {
    const weight = weights[at]!;
    if (at % width === width - 1) return Math.abs(value);
    return weight === 0 ? Math.max(0, Math.abs(value) - l1) : Math.abs(value + l2 * weight + l1 * Math.sign(weight));
  });
}

const weightsOf = ({ weights }: { readonly weights: Float64Array }, columns: number, column: number): number[] =>
  Array.from({ length: CLASSES }, (_, k) => weights[k * (columns + 1) + column]!);

describe('fitLogistic with an elastic net', () => {
  it('gives columns of noise weights of exactly 0, and those that matter others', () => {
    const fit = fitLogistic({ l2: 40, l1Ratio: 1 }, plantedWindow({ rows: 400, columns: 12, seed: 3 }));
    for (let column = 2; column < 12; column++) expect(weightsOf(fit, 12, column)).toEqual([0, 0, 0]);
    for (const column of [0, 1]) expect(Math.max(...weightsOf(fit, 12, column).map(Math.abs))).toBeGreaterThan(0.3);
  });

  it('gives no column a weight where the penalty outweighs every slope, and the class shares as probabilities', () => {
    const window = plantedWindow({ rows: 200, columns: 4, seed: 5 });
    const fit = fitLogistic({ l2: 500, l1Ratio: 1 }, window);
    for (let column = 0; column < 4; column++) expect(weightsOf(fit, 4, column)).toEqual([0, 0, 0]);
    const powers = weightsOf(fit, 4, 4).map(Math.exp);
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let k = 0; k < CLASSES; k++)
      expect(powers[k]! / total).toBeCloseTo(window.labels.filter((label) => label === k).length / 200, 6);
  });

  it('is the ridge regression where the ratio is 0, and comes to the same weights by its own steps', () => {
    const window = plantedWindow({ rows: 250, columns: 8, seed: 7, common: 0.6 });
    const problem = prepareLogistic(window);
    const ridge = fitRidge(problem, 5);
    expect(fitLogistic({ l2: 5, l1Ratio: 0 }, window).weights).toEqual(ridge);
    fitElasticNet(problem, 0, 5).forEach((weight, at) => {
      expect(weight).toBeCloseTo(ridge[at]!, 5);
    });
    fitLogistic({ l2: 5, l1Ratio: 1e-9 }, window).weights.forEach((weight, at) => {
      expect(weight).toBeCloseTo(ridge[at]!, 5);
    });
  });

  it('ends where 0 lies in the subdifferential, however columns hang together and rows weigh', () => {
    const shape = fc.record({
      rows: fc.integer({ min: 20, max: 120 }),
      columns: fc.integer({ min: 2, max: 12 }),
      seed: fc.nat(10_000),
      common: fc.constantFrom(0, 0.5, 0.99, 1),
    });
    const penalty = fc.tuple(fc.constantFrom(0.3, 2, 20), fc.constantFrom(0, 0.5, 10));
    fc.assert(
      fc.property(shape, penalty, fc.boolean(), (given, [l1, l2], weighted) => {
        const rowWeights = weighted ? Float64Array.from({ length: given.rows }, (_, row) => row % 3) : undefined;
        const problem = prepareLogistic(plantedWindow(given, rowWeights));
        const worst = Math.max(...violations(problem, fitElasticNet(problem, l1, l2), l1, l2));
        expect(worst).toBeLessThan(2e-5);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('shares the weight between equal columns (Zou and Hastie 2005, the grouping effect)', () => {
    const window = plantedWindow({ rows: 200, columns: 3, seed: 9 });
    const data = new Float64Array(200 * 4);
    for (let row = 0; row < 200; row++) {
      data.set(window.data.subarray(row * 3, row * 3 + 3), row * 4);
      data[row * 4 + 3] = 2 * window.data[row * 3]! + 1;
    }
    const twin = createTrainingWindow({ data, rows: 200, columns: 4 }, window.labels, CLASSES);
    const fit = fitLogistic({ l2: 10, l1Ratio: 0.5 }, twin);
    const [first, copy] = [weightsOf(fit, 4, 0), weightsOf(fit, 4, 3)];
    expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(0.2);
    first.forEach((weight, k) => {
      expect(weight).toBeCloseTo(copy[k]!, 5);
    });
  });

  it('leaves out more columns the larger the ratio', () => {
    const window = plantedWindow({ rows: 300, columns: 15, seed: 11, common: 0.2 });
    const zeros = [0, 0.2, 0.5, 0.8, 1].map(
      (l1Ratio) => fitLogistic({ l2: 30, l1Ratio }, window).weights.filter((weight) => weight === 0).length,
    );
    expect(zeros).toEqual([...zeros].sort((a, b) => a - b));
    expect(zeros[0]).toBe(0);
    expect(zeros.at(-1)).toBeGreaterThan(25);
  });

  it('ends with finite weights where a class never occurs and where columns separate the classes', () => {
    const data = Float64Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? Math.floor(at / 2) : 1));
    const labels = Uint8Array.from({ length: 30 }, (_, row) => (row < 15 ? 0 : 1));
    const problem = prepareLogistic(createTrainingWindow({ data, rows: 30, columns: 2 }, labels, CLASSES));
    const weights = fitElasticNet(problem, 0.01, 0);
    expect(weights.every(Number.isFinite)).toBe(true);
    expect(Math.max(...violations(problem, weights, 0.01, 0))).toBeLessThan(2e-5);
  });
});

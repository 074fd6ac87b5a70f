import { expect, it } from 'vitest';
import { createRng, type Matrix } from '../domain/index.ts';
import { CATALOGUE } from '../features/index.ts';
import type { EnsembleModel } from '../model/index.ts';
import { modelImportance } from './model-importance.ts';

const ROWS = 200;
const named = (family: string) => CATALOGUE.filter((feature) => feature.family === family).map(({ name }) => name);
const [used, sibling] = named('momentum');
const [idle] = named('volume');
const names = ['unused', used!, sibling!, idle!, 'of_a_plug_in'];
const rng = createRng(2);
const matrix: Matrix = {
  data: Float64Array.from({ length: ROWS * names.length }, () => rng() - 0.5),
  rows: ROWS,
  columns: names.length,
  names,
};

/** Knows the outcome from one feature, and looks at nothing else. */
const model = {
  featureNames: [idle!, used!, sibling!, 'of_a_plug_in'],
  predictProba({ data, rows, columns, names: given = [] }: Matrix) {
    const column = given.indexOf(used!);
    return Float64Array.from(
      Array.from({ length: rows }, (_, row) => (data[row * columns + column]! > 0 ? [0.8, 0.1, 0.1] : [0.1, 0.8, 0.1])).flat(),
    );
  },
} as unknown as EnsembleModel;

it('says what features and their families are worth: nothing to a model that does not look at them', () => {
  const rows = Array.from({ length: 150 }, (_, i) => 50 + i);
  const labels = Uint8Array.from(rows, (row) => (matrix.data[row * names.length + 1]! > 0 ? 0 : 1));
  const { families, features } = modelImportance(
    model,
    matrix,
    { rows, probabilities: new Float64Array(450), labels },
    createRng(1),
  );
  expect(families.map(({ name }) => name).sort()).toEqual(['momentum', 'other', 'volume']);
  expect(features.map(({ name }) => name).sort()).toEqual([idle!, used!, sibling!, 'of_a_plug_in'].sort());
  expect(features[0]!.name).toBe(used);
  expect(families[0]!.name).toBe('momentum');
  // Shuffled, a row meets a value of the other side about half of the time, and then costs log 8 more.
  for (const { rise, interval } of [features[0]!, families[0]!]) {
    expect(rise).toBeGreaterThan(0.4 * Math.log(8));
    expect(rise).toBeLessThan(0.6 * Math.log(8));
    expect(interval[0] < rise && rise < interval[1]).toBe(true);
  }
  for (const { rise, interval } of [...features.slice(1), ...families.slice(1)]) expect([rise, ...interval]).toEqual([0, 0, 0]);
});

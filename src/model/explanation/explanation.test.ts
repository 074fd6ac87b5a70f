import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { buildEnsemble } from '../ensemble-builder.ts';
import { EnsembleModel } from '../ensemble-model.ts';
import { permutationImportance } from './permutation-importance.ts';
import { shapleyContributions } from './shapley-contributions.ts';

const NAMES = ['signal', 'noise', 'other', 'constant'];

function rows(count: number, seed: number): { X: Matrix; y: Uint8Array } {
  const rng = createRng(seed);
  const data = Float64Array.from({ length: count * 4 }, (_, at) => (at % 4 === 3 ? 1 : normal(rng)));
  const y = Uint8Array.from({ length: count }, (_, row) => {
    const score = 2 * data[row * 4]! + 0.5 * data[row * 4 + 2]! + 0.5 * normal(rng);
    return score > 0.7 ? 0 : score < -0.7 ? 1 : 2;
  });
  return { X: { data, rows: count, columns: 4, names: NAMES }, y };
}
const training = rows(240, 1);
let model: EnsembleModel;

beforeAll(async () => {
  const stack = await buildEnsemble({ trees: 20, folds: 3, purgeRows: 1, seed: 1 }, NAMES, 1).fit(training.X, training.y);
  model = new EnsembleModel(NAMES, [1 / 3, 1 / 3, 1 / 3], stack);
});

describe('Shapley contributions', () => {
  it('add up to the prediction of the whole ensemble, calibration included', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({ min: -4, max: 4, noNaN: true }), fc.constant(Number.NaN)), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (values, orders) => {
          const row = Float64Array.from(values);
          const explained = shapleyContributions((X) => model.predictProba(X), row, training.X, {
            orders,
            rng: createRng(orders),
          });
          const own = model.predictProba({ data: row, rows: 1, columns: 4, names: NAMES });
          for (let k = 0; k < 3; k++) {
            const moved = [0, 1, 2, 3].reduce((sum, column) => sum + explained.values[column * 3 + k]!, explained.base[k]!);
            expect(moved).toBeCloseTo(own[k]!, 10);
          }
        },
      ),
      { seed: 1, numRuns: 20 },
    );
  });

  it('give nothing to what changes nothing, and most to what decides', () => {
    const row = Float64Array.of(2.5, 0.1, 0, 1);
    const { values } = shapleyContributions((X) => model.predictProba(X), row, training.X, { orders: 40, rng: createRng(3) });
    expect(values[0]).toBeGreaterThan(0.3);
    expect(Math.abs(values[3]!)).toBeLessThan(0.1);
    expect([...values.subarray(9)]).toEqual([0, 0, 0]);
  });

  it('agree with the exact values of a function that is known', () => {
    // Of x0 * x1 from the background row (0, 0) to (2, 3) each feature owns half.
    const predict = ({ data, rows: count }: Matrix) =>
      Float64Array.from({ length: count }, (_, row) => data[row * 2]! * data[row * 2 + 1]!);
    const background = { data: new Float64Array(2), rows: 1, columns: 2 };
    const { values, base } = shapleyContributions(predict, Float64Array.of(2, 3), background, { orders: 1, rng: createRng(1) });
    expect([...values, ...base]).toEqual([3, 3, 0]);
  });

  it('refuse a row of other columns, and no background', () => {
    const rng = createRng(1);
    const mismatch = expect.objectContaining({ code: 'explanation.shape_mismatch' });
    expect(() => shapleyContributions((X) => model.predictProba(X), new Float64Array(3), training.X, { rng })).toThrow(mismatch);
    const none = { data: new Float64Array(0), rows: 0, columns: 4 };
    expect(() => shapleyContributions((X) => model.predictProba(X), new Float64Array(4), none, { rng })).toThrow(mismatch);
  });
});

describe('permutation importance', () => {
  it('ranks the signal first with an interval above 0, and says of noise that it may be nothing', () => {
    const later = rows(300, 2);
    const found = permutationImportance((X) => model.predictProba(X), later.X, later.y, createRng(1));
    expect(found.map(({ column }) => NAMES[column])[0]).toBe('signal');
    expect(found[0]!.interval[0]).toBeGreaterThan(0.1);
    const noise = found.find(({ column }) => column === 1)!;
    expect(Math.abs(noise.rise)).toBeLessThan(0.03);
    expect(found.find(({ column }) => column === 3)).toMatchObject({ rise: 0, interval: [0, 0] });
  });
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type Matrix, normal } from '../../domain/index.ts';
import { decodeFitted } from './decode-fitted.ts';
import type { FitOptions, FittedLearner } from './learner.ts';
import { load } from './load.ts';

/** What the suite needs of a learner: a stack has it too, although it has no settings as plain data. */
interface Fits {
  fit(X: Matrix, y: Uint8Array, options?: FitOptions): Promise<FittedLearner>;
}

interface LearnerTraits {
  /** What its columns mean: a meta-classifier may take nothing but probabilities. */
  readonly input?: 'features' | 'probabilities';
  /** Rows it cannot do without. 1 */
  readonly leastRows?: number;
  /** Whether a weight of 2 is the same as the row twice; to how many digits. */
  readonly weightsRepeat?: number;
  /** Whether it knows what its columns are worth. */
  readonly weighsColumns?: boolean;
  /** Whether it says more than class shares on the planted signal. */
  readonly learns?: boolean;
}

const CLASSES = 3;
const LARGEST = Number.MAX_VALUE;

/** Three classes that follow the first of six columns; the values are multiples of 1/4, so that rows share bins. */
function plantedRows(rows: number, seed = 1): { readonly X: Matrix; readonly y: Uint8Array } {
  const rng = createRng(seed);
  const columns = 6;
  const data = Float64Array.from({ length: rows * columns }, () => Math.round(4 * normal(rng)) / 4);
  const y = Uint8Array.from({ length: rows }, (_, row) => {
    const score = data[row * columns]! + 0.5 * normal(rng);
    return score > 0.5 ? 0 : score < -0.5 ? 1 : 2;
  });
  return { X: { data, rows, columns }, y };
}

/** Two forecasters' probabilities, the first of which knows something. */
function forecasts(rows: number, seed = 1): { readonly X: Matrix; readonly y: Uint8Array } {
  const rng = createRng(seed);
  const y = Uint8Array.from({ length: rows }, () => Math.floor(rng() * CLASSES));
  const data = new Float64Array(rows * 2 * CLASSES);
  for (let row = 0; row < rows; row++) {
    const told = rng() < 0.6 ? y[row]! : Math.floor(rng() * CLASSES);
    for (let k = 0; k < CLASSES; k++) data[row * 6 + k] = k === told ? 0.6 : 0.2;
    data.fill(1 / 3, row * 6 + 3, row * 6 + 6);
  }
  return { X: { data, rows, columns: 2 * CLASSES }, y };
}

const withColumn = ({ data, rows, columns }: Matrix, column: number, value: (row: number) => number): Matrix => ({
  data: data.map((x, at) => (at % columns === column ? value(Math.floor(at / columns)) : x)),
  rows,
  columns,
});

const firstRows = ({ data, columns }: Matrix, rows: number): Matrix => ({ data: data.slice(0, rows * columns), rows, columns });

function expectProbabilities(probabilities: Float64Array, rows: number, classes = CLASSES): void {
  expect(probabilities).toHaveLength(rows * classes);
  for (let row = 0; row < rows; row++) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    expect(own.every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(own.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
  }
}

const meanLogLoss = (probabilities: Float64Array, y: Uint8Array): number =>
  -y.reduce((sum, label, row) => sum + Math.log(Math.max(0.01, probabilities[row * CLASSES + label]!)), 0) / y.length;

/**
 * What every learner has to keep, as scikit-learn's `check_estimator`. `make` gives a new learner that uses `threads`
 * threads; settings should be small, as every learner is fitted some forty times.
 */
export function describeLearner(name: string, make: (threads: number) => Fits, traits: LearnerTraits = {}): void {
  const { input = 'features', leastRows = 1, weightsRepeat, learns = true, weighsColumns = true } = traits;
  const sample = input === 'features' ? plantedRows : forecasts;
  const { X, y } = sample(120);

  describe(`${name} keeps the contract of learners`, () => {
    it('gives each row of any matrix probabilities that sum to 1, and nothing for no rows', async () => {
      const fitted = await make(1).fit(X, y);
      expect(fitted.classes).toBe(CLASSES);
      expectProbabilities(fitted.predictProba(X), X.rows);
      expectProbabilities(fitted.predictProba(sample(7, 2).X), 7);
      expect(fitted.predictProba({ data: new Float64Array(0), rows: 0, columns: X.columns })).toHaveLength(0);
    });

    it('predicts a row the same whatever rows stand beside it', async () => {
      const fitted = await make(1).fit(X, y);
      const all = fitted.predictProba(X);
      for (const row of [0, 59, 119]) {
        const alone = { data: X.data.slice(row * X.columns, (row + 1) * X.columns), rows: 1, columns: X.columns };
        expect([...fitted.predictProba(alone)]).toEqual([...all.subarray(row * CLASSES, (row + 1) * CLASSES)]);
      }
    });

    it('says what its columns are worth, in shares', async () => {
      const importance = (await make(1).fit(X, y)).featureImportance();
      expect(importance).toHaveLength(X.columns);
      expect(importance.every((share) => share >= 0)).toBe(true);
      const sum = importance.reduce((total, share) => total + share, 0);
      expect(sum === 0 || Math.abs(sum - 1) < 1e-9).toBe(true);
      if (learns && weighsColumns) expect(sum).toBeCloseTo(1, 9);
    });

    it('says what each column moved between two rows, adding up to the difference', async () => {
      const fitted = await make(1).fit(X, y);
      const rowAt = (row: number) => X.data.slice(row * X.columns, (row + 1) * X.columns);
      const said = (data: Float64Array) => fitted.predictProba({ data, rows: 1, columns: X.columns });
      for (const [one, two] of [
        [0, 1],
        [5, 80],
        [33, 33],
      ] as const) {
        const moved = fitted.contributions(rowAt(one), rowAt(two));
        expect(moved).toHaveLength(X.columns * CLASSES);
        const [before, after] = [said(rowAt(one)), said(rowAt(two))];
        for (let k = 0; k < CLASSES; k++) {
          const sum = moved.reduce((total, value, at) => (at % CLASSES === k ? total + value : total), 0);
          expect(sum).toBeCloseTo(after[k]! - before[k]!, 9);
        }
      }
    });

    it('changes neither its input nor itself', async () => {
      const learner = make(1);
      const before = [X.data.slice(), y.slice()];
      const first = await learner.fit(X, y);
      const other = sample(90, 5);
      await learner.fit(other.X, other.y);
      expect([X.data, y]).toEqual(before);
      expect(Buffer.compare((await learner.fit(X, y)).toBytes(), first.toBytes())).toBe(0);
    });

    it('makes the same bytes with one, two and three threads', async () => {
      const one = (await make(1).fit(X, y)).toBytes();
      for (const threads of [2, 3]) expect(Buffer.compare((await make(threads).fit(X, y)).toBytes(), one)).toBe(0);
    });

    it('is read back to identical bytes and predictions, and leaves no partial file', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ets-learner-'));
      try {
        const fitted = await make(1).fit(X, y);
        await fitted.save(join(folder, 'model'));
        const again = await load(join(folder, 'model'));
        expect(Buffer.compare(again.toBytes(), fitted.toBytes())).toBe(0);
        expect(again.predictProba(X)).toEqual(fitted.predictProba(X));
        expect(again.featureImportance()).toEqual(fitted.featureImportance());
        expect(await readdir(folder)).toEqual(['model']);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('takes weights of 1 for no weights', async () => {
      const plain = await make(1).fit(X, y);
      const weighted = await make(1).fit(X, y, { weights: new Float64Array(X.rows).fill(1) });
      expect(Buffer.compare(weighted.toBytes(), plain.toBytes())).toBe(0);
    });

    if (weightsRepeat !== undefined) {
      it('takes a whole weight for so many equal rows', async () => {
        const counts = Array.from({ length: X.rows }, (_, row) => 1 + (row % 3));
        const rows = counts.flatMap((count, row) => new Array<number>(count).fill(row));
        const data = Float64Array.from(rows.flatMap((row) => [...X.data.subarray(row * X.columns, (row + 1) * X.columns)]));
        const labels = Uint8Array.from(rows, (row) => y[row]!);
        const repeated = await make(1).fit({ data, rows: rows.length, columns: X.columns }, labels);
        const weighted = await make(1).fit(X, y, { weights: Float64Array.from(counts) });
        const expected = repeated.predictProba(X);
        weighted.predictProba(X).forEach((p, at) => {
          expect(p).toBeCloseTo(expected[at]!, weightsRepeat);
        });
      });
    }

    if (learns) {
      it('knows more than class shares about rows it has not seen', async () => {
        const known = sample(300, 11);
        const later = sample(200, 12);
        const shares = Float64Array.from({ length: CLASSES }, (_, k) => known.y.filter((label) => label === k).length / 300);
        const baseline = Float64Array.from({ length: 600 }, (_, at) => shares[at % CLASSES]!);
        const ours = (await make(1).fit(known.X, known.y)).predictProba(later.X);
        expect(meanLogLoss(ours, later.y)).toBeLessThan(meanLogLoss(baseline, later.y) - 0.05);
      });
    }

    if (input === 'features') {
      it('learns and predicts with values missing', async () => {
        const rng = createRng(3);
        const holes = { ...X, data: X.data.map((value) => (rng() < 0.2 ? Number.NaN : value)) };
        expectProbabilities((await make(1).fit(holes, y)).predictProba(holes), X.rows);
        expectProbabilities((await make(1).fit(X, y)).predictProba(holes), X.rows);
        const nothing = { data: new Float64Array(2 * X.columns).fill(Number.NaN), rows: 2, columns: X.columns };
        expectProbabilities((await make(1).fit(X, y)).predictProba(nothing), 2);
      });

      it('learns beside columns that are constant or never known', async () => {
        const dull = withColumn(
          withColumn(X, 1, () => 7),
          2,
          () => Number.NaN,
        );
        const fitted = await make(1).fit(dull, y);
        expectProbabilities(fitted.predictProba(X), X.rows);
        expect([...fitted.featureImportance().subarray(1, 3)]).toEqual([0, 0]);
        const empty = { ...X, data: new Float64Array(X.data.length).fill(Number.NaN) };
        expectProbabilities((await make(1).fit(empty, y)).predictProba(X), X.rows);
      });

      it('takes values of any size', async () => {
        const huge = withColumn(X, 3, (row) => (row % 2 === 0 ? 1e150 : -1e150));
        expectProbabilities((await make(1).fit(huge, y)).predictProba(huge), X.rows);
      });

      it.each([
        ['on both sides', (row: number) => (row % 2 === 0 ? LARGEST : -LARGEST)],
        ['on one side', (row: number) => (row % 3 === 0 ? 1.7e308 : row % 3 === 1 ? 1.5e308 : 1)],
        ['in every row', () => LARGEST],
        ['once', (row: number) => (row === 7 ? -1.5e308 : 0.5 * row)],
      ])('takes the largest numbers there are, in training and afterwards: %s', async (_, value) => {
        const huge = withColumn(X, 3, value);
        const plain = await make(1).fit(X, y);
        const fitted = await make(1).fit(huge, y);
        for (const model of [plain, fitted]) {
          expectProbabilities(model.predictProba(X), X.rows);
          expectProbabilities(model.predictProba(huge), X.rows);
        }
        const rowOf = ({ data }: Matrix, row: number) => data.slice(row * X.columns, (row + 1) * X.columns);
        for (const model of [plain, fitted]) {
          const [from, to] = [rowOf(X, 3), rowOf(huge, 7)];
          const moved = model.contributions(from, to);
          const said = (data: Float64Array) => model.predictProba({ data, rows: 1, columns: X.columns });
          for (let k = 0; k < CLASSES; k++) {
            const sum = moved.reduce((total, part, at) => (at % CLASSES === k ? total + part : total), 0);
            expect(sum).toBeCloseTo(said(to)[k]! - said(from)[k]!, 9);
          }
        }
      });

      it('learns from more columns than rows, from equal rows and from rows in which values repeat', async () => {
        const rows = Math.max(12, leastRows);
        const wide = { data: Float64Array.from({ length: rows * 40 }, (_, at) => Math.sin(at)), rows, columns: 40 };
        expectProbabilities((await make(1).fit(wide, y.slice(0, rows))).predictProba(wide), rows);
        const equal = { data: new Float64Array(rows * 2).fill(1), rows, columns: 2 };
        expectProbabilities((await make(1).fit(equal, y.slice(0, rows))).predictProba(equal), rows);
      });
    }

    it('learns from the fewest rows there can be', async () => {
      for (const rows of new Set([leastRows, leastRows + 1])) {
        const few = firstRows(X, rows);
        expectProbabilities((await make(1).fit(few, y.slice(0, rows))).predictProba(X), X.rows);
      }
    });

    it('learns from one class only, and then expects no other most of the time', async () => {
      const probabilities = (await make(1).fit(X, new Uint8Array(X.rows).fill(1))).predictProba(X);
      expectProbabilities(probabilities, X.rows);
      if (input === 'features') expect(probabilities[1]).toBeGreaterThan(0.9);
    });

    it('learns two classes, where told that there are two', async () => {
      const two = y.map((label) => Math.min(label, 1));
      if (input === 'probabilities') return expect(X.columns % 2).toBe(0);
      const fitted = await make(1).fit(X, two, { classes: 2 });
      expect(fitted.classes).toBe(2);
      expectProbabilities(fitted.predictProba(X), X.rows, 2);
    });

    it('ignores rows whose weight is 0', async () => {
      const weights = Float64Array.from(y, (label) => (label === 2 ? 0 : 1));
      const probabilities = (await make(1).fit(X, y, { weights })).predictProba(X);
      expectProbabilities(probabilities, X.rows);
      if (input === 'features') {
        const held = probabilities.filter((_, at) => at % CLASSES === 2);
        expect(held.reduce((sum, p) => sum + p, 0) / X.rows).toBeLessThan(0.1);
      }
    });

    it('learns where one row alone, or half of them in time, weighs anything', async () => {
      for (const weighs of [(row: number) => row === 60, (row: number) => row < 60, (row: number) => row >= 60]) {
        const weights = Float64Array.from(y, (_, row) => (weighs(row) ? 1 : 0));
        expectProbabilities((await make(1).fit(X, y, { weights })).predictProba(X), X.rows);
      }
    });

    it('refuses what cannot be learnt from, by code', async () => {
      const refused = async (code: string, Z: Matrix, labels: Uint8Array, options: FitOptions = {}) =>
        expect(make(1).fit(Z, labels, options)).rejects.toMatchObject({ name: 'ModelError', code });
      await refused('learner.no_rows', { data: new Float64Array(0), rows: 0, columns: 2 }, new Uint8Array(0));
      await refused('learner.shape_mismatch', { ...X, columns: X.columns + 1 }, y);
      await refused('learner.shape_mismatch', { data: new Float64Array(0), rows: X.rows, columns: 0 }, y);
      await refused('learner.label_count', X, y.slice(1));
      await refused('learner.label_out_of_range', X, y, { classes: 2 });
      for (const labels of [
        Int8Array.from(y).with(7, -1),
        Float64Array.from(y).with(7, 0.5),
        Float64Array.from(y).with(7, Number.NaN),
      ])
        await refused('learner.label_out_of_range', X, labels as unknown as Uint8Array);
      await refused('learner.class_count', X, y, { classes: 0 });
      await refused(
        'learner.infinite_value',
        withColumn(X, 1, (row) => (row === 9 ? Number.NEGATIVE_INFINITY : 1)),
        y,
      );
      for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await refused('learner.bad_weights', X, y, { weights: new Float64Array(X.rows).fill(1).fill(weight, 3, 4) });
      }
      await refused('learner.bad_weights', X, y, { weights: new Float64Array(X.rows) });
      await refused('learner.bad_weights', X, y, { weights: new Float64Array(X.rows - 1).fill(1) });
    });

    it('refuses to predict from a matrix of another shape', async () => {
      const fitted = await make(1).fit(X, y);
      const wrong = { data: new Float64Array(4), rows: 2, columns: 2 };
      expect(() => fitted.predictProba(wrong)).toThrow(expect.objectContaining({ code: 'learner.shape_mismatch' }));
      expect(() => fitted.predictProba({ ...wrong, columns: X.columns })).toThrow(
        expect.objectContaining({ code: 'learner.shape_mismatch' }),
      );
    });

    it('refuses to predict from infinite values, as it refuses to learn from them', async () => {
      const fitted = await make(1).fit(X, y);
      for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const infinite = withColumn(X, X.columns - 1, (row) => (row === 9 ? value : 1 / 3));
        expect(() => fitted.predictProba(infinite)).toThrow(
          expect.objectContaining({
            name: 'ModelError',
            code: 'learner.infinite_value',
            details: { row: 9, column: X.columns - 1 },
          }),
        );
      }
    });

    it('reads damaged bytes as a refusal, never as a model that fails later', async () => {
      const bytes = (await make(1).fit(X, y)).toBytes();
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), (length) => {
          expect(() => decodeFitted(bytes.slice(0, length))).toThrow(expect.objectContaining({ code: 'learner.unreadable' }));
        }),
        { seed: 1, numRuns: 30 },
      );
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const damaged = bytes.slice();
          damaged[at]! ^= change;
          expect(() => decodeFitted(damaged)).toThrow(expect.objectContaining({ code: 'learner.unreadable' }));
        }),
        { seed: 2, numRuns: 30 },
      );
    });
  });
}

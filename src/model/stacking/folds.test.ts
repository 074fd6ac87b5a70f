import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { blockedFolds, forwardFolds, stratifiedFolds } from './folds.ts';

const plan = fc.record({
  rows: fc.integer({ min: 1, max: 120 }),
  folds: fc.integer({ min: 1, max: 8 }),
  purge: fc.integer({ min: 0, max: 6 }),
  embargo: fc.integer({ min: 0, max: 6 }),
});
const isAscending = (rows: Int32Array) => rows.every((row, i) => i === 0 || row > rows[i - 1]!);

describe('forwardFolds', () => {
  it('learns only from rows whose labels end before the predicted block begins', () => {
    fc.assert(
      fc.property(plan, ({ rows, folds, purge }) => {
        for (const { train, test } of forwardFolds(rows, folds, purge)) {
          expect(isAscending(train) && isAscending(test)).toBe(true);
          expect(train.at(-1)!).toBeLessThan(test[0]! - purge);
          expect(train[0]).toBe(0);
        }
      }),
      { seed: 1 },
    );
  });

  it('predicts every row of the later half once', () => {
    fc.assert(
      fc.property(plan, ({ rows, folds }) => {
        const predicted = forwardFolds(rows + 16, folds, 0).flatMap(({ test }) => [...test]);
        const first = Math.floor((rows + 16) / 2);
        expect(predicted).toEqual(Array.from({ length: rows + 16 - first }, (_, i) => first + i));
      }),
      { seed: 1 },
    );
  });
});

describe('blockedFolds', () => {
  it('keeps the purge on both sides of a block, and the embargo after it', () => {
    fc.assert(
      fc.property(plan, ({ rows, folds, purge, embargo }) => {
        for (const { train, test } of blockedFolds(rows, folds, purge, embargo)) {
          expect(isAscending(train) && isAscending(test)).toBe(true);
          const [first, last] = [test[0]!, test.at(-1)!];
          const isClear = (row: number) => row < first - purge || row > last + purge + embargo;
          expect(train.every(isClear)).toBe(true);
          expect(train.length).toBe(Array.from({ length: rows }, (_, row) => row).filter(isClear).length);
        }
      }),
      { seed: 2 },
    );
  });

  it('predicts every row once where purging leaves rows to learn from', () => {
    const predicted = blockedFolds(50, 5, 2, 3).flatMap(({ test }) => [...test]);
    expect(predicted).toEqual(Array.from({ length: 50 }, (_, row) => row));
  });
});

describe('stratifiedFolds', () => {
  it('is dealt out in order as scikit-learn deals it, unless it is shuffled', () => {
    const labels = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 1, 0, 0);
    expect(stratifiedFolds(labels, 2).map(({ test }) => [...test])).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
    ]);
    const tests = (seed: number) => stratifiedFolds(labels, 2, createRng(seed)).map(({ test }) => [...test]);
    expect(tests(1)).toEqual(tests(1));
    expect(new Set([1, 2, 3, 4, 5].map((seed) => JSON.stringify(tests(seed)))).size).toBeGreaterThan(1);
    for (const rows of tests(1)) expect(rows.map((row) => labels[row]).filter((label) => label === 0)).toHaveLength(3);
  });

  it('predicts every row once, from the others, with each class spread evenly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 12, maxLength: 80 }),
        fc.integer({ min: 2, max: 5 }),
        (y, folds) => {
          const labels = Uint8Array.from(y);
          const made = stratifiedFolds(labels, folds);
          expect(made.flatMap(({ test }) => [...test]).sort((a, b) => a - b)).toEqual(y.map((_, row) => row));
          for (const { train, test } of made) {
            expect(train.length + test.length).toBe(y.length);
            for (const label of [0, 1, 2]) {
              const share = y.filter((one) => one === label).length / folds;
              const own = test.filter((row) => labels[row] === label).length;
              expect(Math.abs(own - share)).toBeLessThan(1);
            }
          }
        },
      ),
      { seed: 3 },
    );
  });
});

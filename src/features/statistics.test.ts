import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  autocorrelation,
  correlation,
  excessKurtosis,
  line,
  maximum,
  minimum,
  rankOfNewest,
  rowsSinceExtreme,
  sampleDeviation,
  shareWhere,
  skewness,
  sum,
  zScore,
} from './statistics.ts';
import { Window } from './window.ts';

const windowOf = (values: readonly number[], length = values.length): Window => {
  const window = new Window(length);
  for (const value of values) window.push(value);
  return window;
};

describe('Window', () => {
  it('holds the last values in order, and is complete when none of them is missing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -50, max: 50 }) }, fc.constant(Number.NaN)), {
          minLength: 1,
          maxLength: 200,
        }),
        fc.integer({ min: 1, max: 20 }),
        (values, length) => {
          const window = windowOf(values, length);
          const expected = values.slice(-length);
          expect([...window.values.subarray(window.start, window.end)]).toEqual(expected);
          expect(window.isComplete).toBe(expected.length === length && expected.every(Number.isFinite));
          expect(window.newest).toBe(expected.at(-1));
          expect(window.oldest).toBe(expected[0]);
        },
      ),
    );
  });

  it('sums to the same bits whatever came before', () => {
    const tail = [0.1, 0.7, 1e-9, 3e5, 0.3];
    expect(Object.is(sum(windowOf(tail, 5)), sum(windowOf([1e17, 5, 2, ...Array(300).fill(0.3), ...tail], 5)))).toBe(true);
  });
});

describe('statistics', () => {
  // scipy.stats: skew, kurtosis, rankdata; numpy: corrcoef, polyfit, std(ddof=1)
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  it('of a known sample', () => {
    const window = windowOf(values);
    expect(sampleDeviation(window)).toBeCloseTo(2.138089935, 9);
    expect(zScore(window)).toBeCloseTo((9 - 5) / 2.138089935, 8);
    expect(skewness(window)).toBeCloseTo(0.65625, 9);
    expect(excessKurtosis(window)).toBeCloseTo(-0.21875, 9);
    expect([minimum(window), maximum(window)]).toEqual([2, 9]);
    expect(rankOfNewest(window)).toBe(1);
    expect(shareWhere(window, (value) => value === 4)).toBe(0.375);
    expect(rowsSinceExtreme(windowOf([9, 1, 9, 1, 3]), 1)).toBe(2);
    expect(rowsSinceExtreme(windowOf([9, 1, 9, 1, 3]), -1)).toBe(1);
    expect(line(windowOf([1, 3, 5, 7]))).toEqual({ slope: 2, rSquared: 1, endpoint: 7 });
    expect(correlation(windowOf([1, 2, 3]), windowOf([2, 4, 6]))).toBeCloseTo(1, 12);
    expect(autocorrelation(windowOf([1, -1, 1, -1]))).toBeCloseTo(-0.75, 12);
  });

  it('of a constant are not defined where they divide by the spread', () => {
    const flat = windowOf([3, 3, 3, 3]);
    for (const undefinedValue of [
      zScore(flat),
      skewness(flat),
      excessKurtosis(flat),
      correlation(flat, flat),
      autocorrelation(flat),
    ]) {
      expect(undefinedValue).toBeNaN();
    }
    expect(rankOfNewest(flat)).toBe(0.5);
  });
});

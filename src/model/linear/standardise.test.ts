import { describe, expect, it } from 'vitest';
import { FARTHEST_DEVIATIONS, measureColumns, standardise, standardValue } from './standardise.ts';

/** One column, scaled. */
const column = (scale: number, values: readonly number[] = [1, 2, Number.NaN, -1, 0.5]) =>
  Float64Array.from(values, (value) => value * scale);

describe('measureColumns', () => {
  it.each([null, Float64Array.of(1, 2, 1, 0.5, 3)])(
    'measures numbers whose sums no number holds as it does others',
    (weights) => {
      const plain = measureColumns(column(1), 5, 1, weights);
      const large = measureColumns(column(5e307), 5, 1, weights);
      expect(large.means[0]! / 5e307).toBeCloseTo(plain.means[0]!, 12);
      expect(large.deviations[0]! / 5e307).toBeCloseTo(plain.deviations[0]!, 12);
      standardise(large, column(5e307), 5).forEach((value, at) => {
        expect(value).toBeCloseTo(standardise(plain, column(1), 5)[at]!, 12);
      });
    },
  );

  it('measures only the column that is too large anew', () => {
    const both = Float64Array.from([1, 2, -1, 0.5].flatMap((value) => [value, value * 8e307]));
    const alone = measureColumns(column(1, [1, 2, -1, 0.5]), 4, 1, null);
    const { means, deviations } = measureColumns(both, 4, 2, null);
    expect([means[0], deviations[0]]).toEqual([alone.means[0], alone.deviations[0]]);
    expect(deviations[1]! / 8e307).toBeCloseTo(alone.deviations[0]!, 12);
  });

  it('takes weights whose products no number holds', () => {
    const weights = new Float64Array(5).fill(1e300);
    const { means, deviations } = measureColumns(column(1e10), 5, 1, weights);
    const plain = measureColumns(column(1e10), 5, 1, null);
    expect(means[0]! / plain.means[0]!).toBeCloseTo(1, 12);
    expect(Number.isFinite(deviations[0]!)).toBe(true);
  });
});

describe('standardValue', () => {
  it('is the distance from the mean in deviations, up to a bound', () => {
    expect(standardValue(7, 3, 2)).toBe(2);
    expect(standardValue(-1e300, 3, 2)).toBe(-FARTHEST_DEVIATIONS);
    expect(standardValue(1.7e308, -1.7e308, 1e-3)).toBe(FARTHEST_DEVIATIONS);
    expect(standardValue(1.7e308, -1.7e308, 1e308)).toBeCloseTo(3.4, 12);
  });
});

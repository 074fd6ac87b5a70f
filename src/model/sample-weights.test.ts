import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../domain/index.ts';
import { averageUniqueness, balancedWeights, recencyWeights, sampleWeights } from './sample-weights.ts';

const days = (...numbers: number[]) => Float64Array.from(numbers, (day) => day * DAY_MS);
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('averageUniqueness', () => {
  it('is 1 for labels that touch no other, and shares what is covered by several', () => {
    expect([...averageUniqueness(days(0, 1, 2), days(1, 2, 3))]).toEqual([1, 1, 1]);
    expect([...averageUniqueness(days(0, 1), days(2, 3))]).toEqual([0.75, 0.75]);
    expect([...averageUniqueness(days(0, 0, 0), days(1, 1, 1))]).toEqual(new Array(3).fill(1 / 3));
  });

  it('gives together as much weight as there is time covered', () => {
    const spans = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(spans, (list) => {
        const sorted = list.toSorted(([a], [b]) => a - b);
        const start = Float64Array.from(sorted, ([from]) => from);
        const end = Float64Array.from(sorted, ([from, length]) => from + length);
        const unique = averageUniqueness(start, end);
        const hours = new Set(sorted.flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i)));
        const given = unique.reduce((sum, value, row) => sum + value * (end[row]! - start[row]!), 0);
        expect(given).toBeCloseTo(hours.size, 9);
        expect(unique.every((value) => value > 0 && value <= 1)).toBe(true);
      }),
    );
  });
});

describe('sampleWeights', () => {
  const rows = { timeMs: days(0, 1, 2, 3), labelKnownMs: days(1, 2, 3, 4), labels: Uint8Array.of(2, 2, 2, 0) };

  it('are none where nothing is asked for', () => {
    expect(sampleWeights(rows, {}, 4 * DAY_MS)).toBeUndefined();
    expect(sampleWeights(rows, { isClassBalanced: false }, 4 * DAY_MS)).toBeUndefined();
  });

  it('halve with every half-life, and have mean 1', () => {
    expect([...recencyWeights(days(0, 2, 4), 2, 4 * DAY_MS)]).toEqual([0.25, 0.5, 1]);
    const { base, judged } = sampleWeights(rows, { halfLifeDays: 1 }, 4 * DAY_MS)!;
    expect(base[3]! / base[2]!).toBeCloseTo(2, 12);
    expect(mean(base)).toBeCloseTo(1, 12);
    expect(judged).toEqual(base);
  });

  it('balance the classes of what is learnt, not of what is calibrated', () => {
    const { base, judged } = sampleWeights(rows, { isClassBalanced: true }, 4 * DAY_MS)!;
    expect(base[0]! + base[1]! + base[2]!).toBeCloseTo(base[3]!, 12);
    expect([...judged]).toEqual([1, 1, 1, 1]);
    expect([...balancedWeights(Uint8Array.of(0, 1, 1, 2))]).toEqual([4 / 3, 2 / 3, 2 / 3, 4 / 3]);
  });
});

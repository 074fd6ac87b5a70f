import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binColumns, edgeOf } from './binning.ts';

const binsOf = (values: readonly number[], maxBins?: number, minRows?: number) =>
  binColumns(Float64Array.from(values), values.length, 1, maxBins, minRows);

/** How many rows each bin has, the missing one first. */
const sizesOf = (values: readonly number[], maxBins?: number, minRows?: number): number[] => {
  const { bins, binCounts } = binsOf(values, maxBins, minRows);
  return Array.from({ length: binCounts[0]! + 1 }, (_, bin) => bins.filter((own) => own === bin).length);
};

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

const value = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.constant(Number.NaN),
  fc.constantFrom(0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE),
);

describe('binColumns', () => {
  it('puts a value into the first bin whose edge it does not exceed, and missing ones into bin 0', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(1, 2, 7, 255),
        fc.constantFrom(1, 4),
        (values, maxBins, minRows) => {
          const binning = binsOf(values, maxBins, minRows);
          const bins = binning.binCounts[0]!;
          const edges = Array.from({ length: bins }, (_, i) => edgeOf(binning, 0, i + 1));
          expect(bins).toBeLessThanOrEqual(maxBins);
          for (let i = 1; i < bins; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1]!);
          values.forEach((own, row) => {
            expect(binning.bins[row]).toBe(Number.isNaN(own) ? 0 : 1 + edges.findIndex((edge) => own <= edge));
          });
          if (bins > 0) expect(edges[bins - 1]).toBe(Number.POSITIVE_INFINITY);
        },
      ),
      { seed: 6, numRuns: 500 },
    );
  });

  it('leaves no bin empty and, where there are enough rows, none below the least number', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 9 }), (values, minRows) => {
        const [, ...sizes] = sizesOf(values, 255, minRows);
        const known = values.filter((own) => !Number.isNaN(own)).length;
        for (const size of sizes) expect(size).toBeGreaterThanOrEqual(Math.min(minRows, known));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(known);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('makes bins of about equal size', () => {
    const sizes = sizesOf(upTo(1000), 10, 1).slice(1);
    expect(sizes).toEqual(new Array(10).fill(100));
    const [, ...uneven] = sizesOf(upTo(365), 255, 4);
    expect(uneven.length).toBeGreaterThan(80);
    expect(Math.max(...uneven)).toBeLessThanOrEqual(5);
  });

  it('gives a value that fills a bin one by itself', () => {
    const values = [...new Array<number>(50).fill(0), ...upTo(50).map((i) => i + 1)];
    const { bins } = binsOf(values, 10, 1);
    expect(bins.slice(0, 50)).toEqual(new Uint8Array(50).fill(1));
    expect(bins[50]).toBe(2);
  });

  it('puts edges midway between neighbours, so that values between them go to the nearer', () => {
    const binning = binsOf([1, 1, 1, 1, 3, 3, 3, 3], 255, 4);
    expect(binning.binCounts[0]).toBe(2);
    expect(edgeOf(binning, 0, 1)).toBe(2);
    const near = binsOf([1, 1 + Number.EPSILON], 255, 1);
    expect(edgeOf(near, 0, 1)).toBe(1);
  });

  it('counts no bin where nothing is known, and never more than 255', () => {
    expect(binsOf([Number.NaN, Number.NaN]).binCounts[0]).toBe(0);
    expect(binsOf(upTo(2000), 10_000, 1).binCounts[0]).toBe(255);
  });

  it('bins columns apart, in memory of the caller', () => {
    const asked: number[] = [];
    const both = binColumns(Float64Array.of(3, 1, 2, 9, 9, 9), 3, 2, 255, 1, (bytes) => {
      asked.push(bytes);
      return new SharedArrayBuffer(bytes);
    });
    expect([...both.bins]).toEqual([3, 1, 2, 1, 1, 1]);
    expect([...both.binCounts]).toEqual([3, 1]);
    expect(both.bins.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(asked).toHaveLength(3);
  });
});

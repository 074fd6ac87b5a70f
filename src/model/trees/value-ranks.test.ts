import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BucketSort } from './bucket-sort.ts';
import { rankColumns } from './value-ranks.ts';

const value = fc.oneof(
  fc.constantFrom(Number.NaN, 0, -0, 1, 1e300, -1e300),
  fc.double({ min: -3, max: 3, noNaN: true }),
  fc.integer({ min: 0, max: 4 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

it('ranks the values of each column by where they stand among the different ones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(value, { maxLength: 120 }), (columns, all) => {
      const rows = Math.floor(all.length / columns);
      const byColumn = Float64Array.from(all.slice(0, rows * columns));
      const { codes, distinct, starts } = rankColumns(byColumn, rows, columns)!;
      for (let column = 0; column < columns; column++) {
        const values = byColumn.subarray(column * rows, (column + 1) * rows);
        const known = [...new Set([...values].filter((one) => !Number.isNaN(one)))].sort((a, b) => a - b);
        expect([...distinct.subarray(starts[column], starts[column + 1])]).toEqual(known.map((one) => one + 0));
        expect([...codes.subarray(column * rows, (column + 1) * rows)]).toEqual(
          [...values].map((one) => (Number.isNaN(one) ? 65_535 : known.indexOf(one))),
        );
      }
    }),
    { seed: 5, numRuns: 400 },
  );
});

it('sorts in buckets what is spread out, however often values repeat, and leaves what has far outliers', () => {
  const sort = new BucketSort(1_000);
  const spread = Float64Array.from({ length: 1_000 }, (_, i) => (i * 7_919) % 1_000);
  expect([...sort.order(spread)!].map((at) => spread[at])).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  const repeated = spread.map((one) => one % 2);
  expect([...sort.order(repeated)!].map((at) => repeated[at])).toEqual([...repeated].sort());
  expect(sort.order(Float64Array.from(spread, (one, i) => (i === 0 ? 1e9 : one)))).toBeNull();
  expect(sort.order(new Float64Array(1_000))).toBeNull();
  expect(sort.order(new Float64Array(1_000).fill(Number.NaN))).toBeNull();
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ThresholdRanks } from './threshold-ranks.ts';
import { TreeSetBuilder } from './tree-set.ts';

function ranksOf(thresholds: readonly number[]): ThresholdRanks {
  const builder = new TreeSetBuilder();
  for (const threshold of thresholds) builder.split(builder.addNode(), 1, threshold, false, 0, 0);
  return new ThresholdRanks(builder.finish(), 2);
}

it('ranks any number as counting the thresholds below it does', () => {
  const value = fc.oneof(fc.double(), fc.double({ min: -3, max: 3 }), fc.integer({ min: -9, max: 9 }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), fc.array(value), (thresholds, others) => {
      const ranks = ranksOf(thresholds);
      const distinct = [...new Set(thresholds.filter((threshold) => !Number.isNaN(threshold)))];
      expect([...ranks.starts]).toEqual([0, 0, distinct.length]);
      expect(ranks.most).toBe(distinct.length);
      for (const asked of [...thresholds, ...others].filter((number) => !Number.isNaN(number)))
        expect(ranks.rankOf(1, asked)).toBe(distinct.filter((threshold) => threshold < asked).length);
    }),
    { seed: 1, numRuns: 300 },
  );
});

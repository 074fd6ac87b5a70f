import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { sampleColumns, sampleRows } from './sampling.ts';

const isAscending = (drawn: Int32Array) => drawn.every((at, i) => i === 0 || at > drawn[i - 1]!);

describe('sampleColumns', () => {
  it('draws the rounded share of the columns, each once, ascending', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.nat(),
        (columns, share, seed) => {
          const drawn = sampleColumns(columns, share, createRng(seed));
          expect(drawn).toHaveLength(Math.max(1, Math.round(columns * share)));
          expect(isAscending(drawn)).toBe(true);
          expect(drawn[0]).toBeGreaterThanOrEqual(0);
          expect(drawn[drawn.length - 1]).toBeLessThan(columns);
        },
      ),
      { seed: 1 },
    );
  });

  it('draws every column about as often', () => {
    const rng = createRng(1);
    const counts = new Float64Array(10);
    for (let i = 0; i < 4000; i++) for (const column of sampleColumns(10, 0.3, rng)) counts[column]!++;
    // Binomial with a mean of 1200 and a deviation of 29.
    for (const count of counts) expect(Math.abs(count - 1200)).toBeLessThan(5 * 29);
  });
});

describe('sampleRows', () => {
  it('draws each row with the chance of the share, at least one, and all of them by null', () => {
    const rng = createRng(2);
    expect(sampleRows(100, 1, rng)).toBeNull();
    const counts = new Float64Array(20);
    for (let i = 0; i < 2000; i++) {
      const drawn = sampleRows(20, 0.4, rng)!;
      expect(isAscending(drawn)).toBe(true);
      for (const row of drawn) counts[row]!++;
    }
    // Binomial with a mean of 800 and a deviation of 22.
    for (const count of counts) expect(Math.abs(count - 800)).toBeLessThan(5 * 22);
    const alone = sampleRows(5, 1e-12, rng)!;
    expect(alone).toHaveLength(1);
    expect(alone[0]).toBeLessThan(5);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../domain/index.ts';
import { ParzenMixture } from './parzen-mixture.ts';

describe('ParzenMixture', () => {
  it('is a density: over the whole of a space it sums to 1', () => {
    const mixture = new ParzenMixture([Float64Array.of(2, 0.97), Float64Array.of(0, 0.4)], [3, null]);
    const cells = 4_000;
    let sum = 0;
    for (let choice = 0; choice < 3; choice++) {
      for (let cell = 0; cell < cells; cell++) {
        sum += Math.exp(mixture.logDensity(Float64Array.of(choice, (cell + 0.5) / cells))) / cells;
      }
    }
    expect(sum).toBeCloseTo(1, 6);
  });

  it('says infinity of a density above the ceiling, and every other to the bit', () => {
    const choices = [3, null, null, 2, null];
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(60), fc.integer({ min: 1, max: 500 }), (seed, count, hundredths) => {
        const rng = createRng(seed);
        const everywhere = new ParzenMixture([], choices);
        const mixture = new ParzenMixture(
          Array.from({ length: count }, () => everywhere.sample(rng)),
          choices,
        );
        const point = mixture.sample(rng);
        const density = mixture.logDensity(point);
        expect(Number.isFinite(density)).toBe(true);
        expect(mixture.logDensity(point, density + hundredths / 100)).toBe(density);
        expect(mixture.logDensity(point, density)).toBe(density);
        expect(mixture.logDensity(point, density - hundredths / 100)).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

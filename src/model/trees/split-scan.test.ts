import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHIFT } from './packed-gradients.ts';
import { type BoostingSplit, scanBins, scanBothWays } from './split-scan.ts';

const none = (): BoostingSplit => ({ column: -1, bin: 0, missingLeft: false, left: 0, numerator: 0, denominator: 1 });
/** Sums of a bin: gradient, hessian. */
const bin = fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 0, max: 500 }));

describe('scanBothWays', () => {
  it('finds what scanning with the missing rows to the left and then to the right finds', () => {
    fc.assert(
      fc.property(
        fc.array(bin, { minLength: 2, maxLength: 40 }),
        fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 500 })),
        fc.integer({ min: 1, max: 800 }),
        fc.integer({ min: 0, max: 50 }),
        (bins, missing, minHessian, l2) => {
          const packed = Float64Array.from([missing, ...bins], ([gradient, hessian]) => gradient * SHIFT + hessian);
          const limits = { total: packed.reduce((sum, value) => sum + value, 0), minHessian, l2, least: 0 };
          const [twice, once] = [none(), none()];
          scanBins(packed, 0, bins.length, 7, packed[0]!, limits, twice);
          scanBins(packed, 0, bins.length, 7, 0, limits, twice);
          scanBothWays(packed, 0, bins.length, 7, packed[0]!, limits, once);
          expect(once).toEqual(twice);
        },
      ),
      { seed: 4, numRuns: 2_000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHIFT } from './packed-gradients.ts';
import { noSplit, scanColumn } from './split-scan.ts';

/** Sums of a bin: gradient, hessian. */
const bin = fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 0, max: 500 }));

describe('scanColumn', () => {
  it('finds the border that loses most, to within the 32 bits it scores with, whatever side the missing rows go to', () => {
    fc.assert(
      fc.property(
        fc.array(bin, { minLength: 2, maxLength: 40 }),
        fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 500 })),
        fc.integer({ min: 1, max: 800 }),
        fc.integer({ min: 0, max: 50 }),
        (bins, missing, minHessian, l2) => {
          const all = [missing, ...bins];
          const packed = Float64Array.from(all, ([gradient, hessian]) => gradient * SHIFT + hessian);
          const [G, H] = [0, 1].map((part) => all.reduce((sum, sums) => sum + sums[part]!, 0)) as [number, number];
          const split = noSplit(0);
          scanColumn(packed, 0, bins.length, 7, { total: G * SHIFT + H, minHessian, l2, least: 0 }, split);
          const scores = bins.flatMap((_, last) =>
            [missing, [0, 0] as const].map((start) => {
              const [g, h] = [0, 1].map((part) => bins.slice(0, last + 1).reduce((sum, sums) => sum + sums[part]!, start[part]!));
              if (h! < minHessian || H - h! < minHessian) return 0;
              const [a, b] = [h! + l2, H - h! + l2];
              return (g! * b - (G - g!) * a) ** 2 / (a * b);
            }),
          );
          const most = Math.max(...scores);
          expect([-1, 7]).toContain(split.column);
          const found = split.column < 0 ? 0 : scores[2 * (split.bin - 1) + (split.missingLeft ? 0 : 1)]!;
          expect(found).toBeGreaterThan(most * (1 - 1e-5) - 1);
        },
      ),
      { seed: 4, numRuns: 2_000 },
    );
  });
});

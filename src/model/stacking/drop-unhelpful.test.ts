import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropUnhelpful } from './drop-unhelpful.ts';

describe('dropUnhelpful', () => {
  it('drops the worst first and says by how much', () => {
    const worth = [-5, 1, 3];
    const lossOf = (bases: readonly number[]) => 100 + bases.reduce((sum, base) => sum + worth[base]!, 0);
    expect(dropUnhelpful(['boosting', 'forest', 'linear'], lossOf)).toEqual({
      kept: [0],
      dropped: [
        'linear: the out-of-fold log loss is 96.000 nats without it, 99.000 with it',
        'forest: the out-of-fold log loss is 95.000 nats without it, 96.000 with it',
      ],
    });
  });

  it('keeps one at least, and never ends with a higher loss than it began with', () => {
    const losses = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(losses, (table) => {
        const lossOf = (bases: readonly number[]) => table[bases.reduce((sum, base) => sum + 2 ** base, 0)]!;
        const { kept, dropped } = dropUnhelpful(['a', 'b', 'c', 'd'], lossOf);
        expect(kept.length + dropped.length).toBe(4);
        expect(kept.length).toBeGreaterThan(0);
        expect(lossOf(kept)).toBeLessThanOrEqual(lossOf([0, 1, 2, 3]));
      }),
    );
  });
});

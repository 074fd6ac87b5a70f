import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideDown, floorToStep, isMultipleOf, money, roundToStep, toText } from './money.ts';

const amounts = fc
  .tuple(fc.integer(), fc.integer({ min: 0, max: 12 }))
  .map(([units, decimals]) => money(`${units}e-${decimals}`));
const steps = fc.oneof(
  fc.integer({ min: -2, max: 18 }).map((decimals) => money(`1e${-decimals}`)),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 0, max: 8 }))
    .map(([units, decimals]) => money(`${units}e-${decimals}`)),
);

describe('money', () => {
  it('rounds down to a multiple of the step, less than a step away', () => {
    fc.assert(
      fc.property(amounts, steps, (amount, step) => {
        const floored = floorToStep(amount, step);
        expect(isMultipleOf(floored, step)).toBe(true);
        expect(floored.abs().lte(amount.abs())).toBe(true);
        expect(amount.minus(floored).abs().lt(step)).toBe(true);
        expect(isMultipleOf(amount, step)).toBe(floored.eq(amount));
        expect(roundToStep(amount, step).minus(amount).abs().times(2).lte(step)).toBe(true);
      }),
    );
  });

  it('cuts quotients off, so that the product never exceeds the amount', () => {
    fc.assert(
      fc.property(amounts, amounts, fc.integer({ min: 0, max: 20 }), (amount, divisor, decimals) => {
        fc.pre(!divisor.eq(0));
        const quotient = divideDown(amount, divisor, decimals);
        const rest = amount.minus(quotient.times(divisor)).abs();
        expect(quotient.times(divisor).abs().lte(amount.abs())).toBe(true);
        expect(rest.lt(divisor.abs().times(`1e-${decimals}`))).toBe(true);
      }),
    );
    expect(money(1).div(3).toFixed()).toHaveLength(32);
  });

  it('writes plain decimals and refuses what is none', () => {
    expect(toText(money('1e-18'))).toBe('0.000000000000000001');
    expect(toText(money(1e21))).toBe('1000000000000000000000');
    expect(() => money('12,5')).toThrow(expect.objectContaining({ code: 'money.not_a_number' }));
    expect(() => money(Number.NaN)).toThrow(expect.objectContaining({ code: 'money.not_a_number' }));
  });
});

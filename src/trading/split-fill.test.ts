import fc from 'fast-check';
import { expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import type { Fill } from './order.ts';
import { splitAtZero } from './split-fill.ts';

const fill = (side: 'buy' | 'sell', quantity: string, fee = '1'): Fill => ({
  tradeId: 't',
  clientOrderId: 'o',
  side,
  quantity,
  priceUsd: '2000',
  feeAmount: fee,
  feeAsset: 'USDT',
  feeUsd: fee,
  executedAtMs: 1,
});

const told = (side: 'buy' | 'sell', quantity: string, position: string) =>
  splitAtZero(fill(side, quantity), money(position), '0.001').map((part) => [
    part.effect,
    part.fill.quantity,
    part.fill.feeAmount,
  ]);

it.each([
  ['opens a long position', 'buy', '1', '0', [['grow', '1', '1']]],
  ['opens a short one', 'sell', '1', '0', [['grow', '1', '1']]],
  ['adds to a short one', 'sell', '1', '-2', [['grow', '1', '1']]],
  ['makes a short one smaller', 'buy', '1', '-2', [['reduce', '1', '1']]],
  ['closes a long one', 'sell', '2', '2', [['reduce', '2', '1']]],
  [
    'turns a long one',
    'sell',
    '3',
    '2',
    [
      ['reduce', '2', '0.666666666666'],
      ['grow', '1', '0.333333333334'],
    ],
  ],
  ['takes less than a step for nothing held', 'sell', '1', '0.0005', [['grow', '1', '1']]],
  ['takes less than a step beyond zero for none', 'sell', '1', '0.9995', [['reduce', '1', '1']]],
] as const)('%s', (_name, side, quantity, position, parts) => {
  expect(told(side, quantity, position)).toEqual(parts);
});

it('leaves the fee of both parts without a value where it has none', () => {
  const parts = splitAtZero({ ...fill('sell', '3'), feeAsset: 'BNB', feeUsd: null }, money(2), '0.001');
  expect(parts.map(({ fill: { feeAmount, feeUsd } }) => [feeAmount, feeUsd])).toEqual([
    ['0.666666666666', null],
    ['0.333333333334', null],
  ]);
});

it('loses and invents nothing: parts add up to the execution, and no part crosses zero', () => {
  const units = fc.integer({ min: -50_000, max: 50_000 });
  fc.assert(
    fc.property(
      units,
      fc.integer({ min: 1, max: 50_000 }),
      fc.constantFrom('buy', 'sell'),
      fc.nat(1e9),
      (held, size, side, fee) => {
        const whole = fill(side, money(size).div(1_000).toFixed(), money(fee).div(1e8).toFixed());
        let position = money(held).div(1_000);
        const parts = splitAtZero(whole, position, '0.001');
        const sum = (pick: (part: Fill) => string | null) =>
          parts.reduce((total, part) => total.plus(pick(part.fill) ?? '0'), money(0));
        for (const key of ['quantity', 'feeAmount', 'feeUsd'] as const)
          expect(sum((one) => one[key]).eq(whole[key] ?? '0')).toBe(true);
        for (const part of parts) {
          const after = position.plus(money(part.fill.quantity).times(side === 'buy' ? 1 : -1));
          expect(after.times(position).gte(0)).toBe(true);
          expect(after.abs().gt(position.abs())).toBe(part.effect === 'grow');
          position = after;
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

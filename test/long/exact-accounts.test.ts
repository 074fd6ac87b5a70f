import { expect, it } from 'vitest';
import { bookRandomFills, bookRandomPerpetual } from '../../src/trading/exact-accounts.contract.ts';

it.each([1, 2, 3, 4])('balances to the last unit over a quarter of a million random fills, seed %d', (seed) => {
  expect(bookRandomFills(250_000, seed)).toEqual([]);
});

it.each([1, 2])('balances to the last unit over shorts, flips and funding, seed %d', (seed) => {
  expect(bookRandomPerpetual(250_000, seed)).toEqual([]);
});

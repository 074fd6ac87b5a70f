import { expect, it } from 'vitest';
import { bookRandomFills } from '../../src/trading/exact-accounts.contract.ts';

it.each([1, 2, 3, 4])('balances to the last unit over a quarter of a million random fills, seed %d', (seed) => {
  expect(bookRandomFills(250_000, seed)).toEqual([]);
});

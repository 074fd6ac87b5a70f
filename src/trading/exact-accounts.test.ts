import { expect, it } from 'vitest';
import { bookRandomFills, bookRandomPerpetual } from './exact-accounts.contract.ts';

it('balances to the last unit over random fills with fees in three assets', () => {
  expect(bookRandomFills(5_000, 1)).toEqual([]);
});

it('balances to the last unit over random shorts, flips and funding, in the accounts and over the trades', () => {
  expect(bookRandomPerpetual(5_000, 1)).toEqual([]);
});

import { expect, it } from 'vitest';
import { bookRandomFills } from './exact-accounts.contract.ts';

it('balances to the last unit over random fills with fees in three assets', () => {
  expect(bookRandomFills(5_000, 1)).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { bookCost } from './book-cost.ts';

const bids = [['99.9', '5']] as const;
const asks = [
  ['100.1', '1'],
  ['101.1', '1'],
] as const;

describe('bookCost', () => {
  it.each([
    ['0', 10],
    ['100.1', 10],
    ['201.2', 60],
  ])('a purchase of %s costs %d bps over the middle', (notional, slippageBps) => {
    const cost = bookCost({ bids, asks }, money(notional));
    expect(cost?.spreadBps).toBeCloseTo(20, 8);
    expect(cost?.slippageBps).toBeCloseTo(slippageBps, 8);
  });

  it('is infinite beyond the depth, and not known of an empty or crossed book', () => {
    expect(bookCost({ bids, asks }, money('201.3'))?.slippageBps).toBe(Number.POSITIVE_INFINITY);
    expect(bookCost({ bids: [], asks }, money('1'))).toBeUndefined();
    expect(bookCost({ bids, asks: [] }, money('1'))).toBeUndefined();
    expect(bookCost({ bids: [['100.1', '1']], asks }, money('1'))).toBeUndefined();
  });
});

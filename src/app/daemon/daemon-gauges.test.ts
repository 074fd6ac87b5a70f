import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import type { Order } from '../../trading/index.ts';
import { meanSlippageBps } from './daemon-gauges.ts';

const order = (side: 'buy' | 'sell', referencePriceUsd: string, quantity: string, notionalUsd: string): Order =>
  ({ intent: { side, referencePriceUsd }, filledQuantity: money(quantity), notionalUsd: money(notionalUsd) }) as unknown as Order;

describe('meanSlippageBps', () => {
  it('is what buys paid more and sales got less, of orders that were executed', () => {
    const orders = [order('buy', '2000', '0', '0'), order('buy', '2000', '0.5', '1001'), order('sell', '2000', '1', '1998')];
    expect(meanSlippageBps(orders)).toBeCloseTo(10, 9);
    expect(meanSlippageBps([order('sell', '2000', '1', '2002')])).toBeCloseTo(-10, 9);
  });

  it('is not known before the first, and forgets what is long ago', () => {
    expect(meanSlippageBps([order('buy', '2000', '0', '0')])).toBeUndefined();
    const old = order('buy', '2000', '1', '3000');
    expect(meanSlippageBps([old, ...Array.from({ length: 20 }, () => order('buy', '2000', '1', '2000'))])).toBe(0);
  });
});

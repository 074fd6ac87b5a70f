import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { ORDER_STATES, type Order } from '../../trading/index.ts';
import { meanSlippageBps, ordersByState } from './daemon-gauges.ts';

const order = (side: 'buy' | 'sell', referencePriceUsd: string, quantity: string, notionalUsd: string): Order =>
  ({ intent: { side, referencePriceUsd }, filledQuantity: money(quantity), notionalUsd: money(notionalUsd) }) as unknown as Order;

describe('ordersByState', () => {
  it('shows every state, 0 where no order is in it', () => {
    const shown = ordersByState([{ state: 'FILLED' }, { state: 'REJECTED' }, { state: 'FILLED' }]);
    expect(shown.map(({ labels }) => labels.state)).toEqual([...ORDER_STATES]);
    expect(shown.filter(({ value }) => value > 0).map(({ labels, value }) => [labels.state, value])).toEqual([
      ['FILLED', 2],
      ['REJECTED', 1],
    ]);
  });
});

describe('meanSlippageBps', () => {
  it('is what buys paid more and sales got less, of orders that were executed', () => {
    const orders = [order('buy', '2000', '0', '0'), order('buy', '2000', '0.5', '1001'), order('sell', '2000', '1', '1998')];
    expect(meanSlippageBps(orders)).toBeCloseTo(10, 9);
    expect(meanSlippageBps([order('sell', '2000', '1', '2002')])).toBeCloseTo(-10, 9);
  });

  it('measures a stop or target that rested at the exchange against its own price', () => {
    const atVenue = (leg: string, price: object, notionalUsd: string): Order => {
      const one = order('sell', '2000', '1', notionalUsd);
      return { ...one, intent: { ...one.intent, leg, ...price } } as Order;
    };
    expect(meanSlippageBps([atVenue('stop_on_exchange', { stopPriceUsd: '1840' }, '1840')])).toBe(0);
    expect(meanSlippageBps([atVenue('stop_on_exchange', { stopPriceUsd: '1840' }, '1838.16')])).toBeCloseTo(10, 9);
    expect(meanSlippageBps([atVenue('target_on_exchange', { limitPriceUsd: '2320' }, '2320')])).toBe(0);
  });

  it('is not known before the first, and forgets what is long ago', () => {
    expect(meanSlippageBps([order('buy', '2000', '0', '0')])).toBeUndefined();
    const old = order('buy', '2000', '1', '3000');
    expect(meanSlippageBps([old, ...Array.from({ length: 20 }, () => order('buy', '2000', '1', '2000'))])).toBe(0);
  });
});

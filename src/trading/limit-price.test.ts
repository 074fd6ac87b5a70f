import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { limitPrice, repricedLimit } from './limit-price.ts';
import { type IntentInput, makeIntent } from './plan-trade.ts';
import { settleOrders } from './settle-orders.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

describe('limitPrice', () => {
  it.each([
    ['buy', '2000.123', 0, '2000.12'],
    ['buy', '2000', 10, '2002'],
    ['sell', '2000.123', 0, '2000.13'],
    ['sell', '2000', 10, '1998'],
    ['sell', '2000', -10, '2002'],
  ] as const)('of a %s at %s with %d bps is %s', (side, price, offset, expected) => {
    expect(limitPrice(side, money(price), offset, money('0.01')).toFixed()).toBe(expected);
  });

  it('keeps its distance when it is priced anew, and 8 decimals where there is no tick', () => {
    const first = { side: 'buy', limitPriceUsd: '1998', referencePriceUsd: '2000' } as const;
    expect(repricedLimit(first, money('2100'), money('0.01')).toFixed()).toBe('2097.9');
    expect(limitPrice('buy', money('2000.123456789'), 0, money(0)).toFixed()).toBe('2000.12345679');
  });
});

describe('a limit order', () => {
  async function settle(side: 'buy' | 'sell') {
    const clock = new ManualClock(0);
    const venue = new SimulatedVenue(clock, '10000');
    venue.balances.set('ETH', money(1));
    venue.sending = 'rest';
    // Away from the limits: a post-only order inside the book would be refused.
    venue.priceUsd = side === 'buy' ? '2500' : '1900';
    const engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock,
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
    });
    const input: IntentInput = {
      decisionId: 'd',
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side,
      quantity: money(1),
      priceUsd: money(2000),
      filters: BINANCE_ETHUSDT_FILTERS,
      limit: { offsetBps: 10, postOnly: true },
      nowMs: 0,
      validUntilMs: 600_000,
      reason: 'test',
      modelId: null,
    };
    await settleOrders(engine, [makeIntent(input)], {
      clock,
      wait: async (untilMs) => clock.moveTo(untilMs),
      price: async () => money(2100),
      unfilledTimeoutMs: 30_000,
      maxAttempts: 3,
      maxRounds: 6,
    });
    return [...engine.ledger.orders.values()].map(({ intent, state }) => [
      intent.type,
      intent.limitPriceUsd,
      intent.postOnly,
      state,
    ]);
  }

  it('that is not filled in time is cancelled and priced anew', async () => {
    expect(await settle('buy')).toEqual([
      ['limit', '2002', true, 'CANCELLED'],
      ['limit', '2102.1', true, 'CANCELLED'],
      ['limit', '2102.1', true, 'CANCELLED'],
    ]);
  });

  it('of a sale ends as a market order', async () => {
    expect((await settle('sell')).map(([type]) => type)).toEqual(['limit', 'limit', 'market']);
  });
});

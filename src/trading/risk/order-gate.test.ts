import { describe, expect, it } from 'vitest';
import { money } from '../../domain/index.ts';
import { Ledger } from '../ledger.ts';
import { makeIntent } from '../plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { createOrderGate } from './order-gate.ts';
import { DEFAULT_RISK_LIMITS } from './risk-limits.ts';

const ledger = new Ledger();
ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: '1', valueUsd: '2000', reason: 'adopted' });

const order = (side: 'buy' | 'sell', quantity: string) =>
  makeIntent({
    decisionId: 'd',
    leg: 'entry',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'paper',
    side,
    quantity: money(quantity),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: 1,
    validUntilMs: 2,
    reason: 'test',
    modelId: null,
  });

describe('createOrderGate', () => {
  it.each([
    ['an ordinary purchase', 'buy', '2', {}, false, []],
    ['an ordinary sale', 'sell', '1', {}, false, []],
    ['a purchase while halted', 'buy', '2', {}, true, ['halted']],
    ['a sale while halted, beyond every limit', 'sell', '1', { maxOrderUsd: 1, maxPositionUsd: 1, tradesPerDay: 0 }, true, []],
    ['a sale of more than is held', 'sell', '1.0001', {}, false, ['position']],
    ['a purchase beyond cash', 'buy', '5.0001', {}, false, ['cash']],
    [
      'a purchase beyond every limit',
      'buy',
      '2',
      { maxOrderUsd: 3_999, maxPositionUsd: 5_999, tradesPerDay: 0 },
      false,
      ['max_order_usd', 'max_position_usd', 'trades_per_day'],
    ],
    ['a purchase at every limit', 'buy', '2', { maxOrderUsd: 4_000, maxPositionUsd: 6_000, tradesPerDay: 1 }, false, []],
  ] as const)('%s', async (_name, side, quantity, limits, isHalted, rules) => {
    const gate = createOrderGate({ limits: { ...DEFAULT_RISK_LIMITS, ...limits }, isHalted: async () => isHalted });
    expect((await gate(order(side, quantity), ledger)).map(({ rule }) => rule)).toEqual(rules);
  });
});

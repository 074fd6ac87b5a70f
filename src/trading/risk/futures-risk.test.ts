import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, money } from '../../domain/index.ts';
import { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import { makeIntent } from '../plan-trade.ts';
import { freeToClose, pendingOn } from '../reserved.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS } from '../symbol-filters.ts';
import { accountView } from './account-view.ts';
import { assess, takesMoreRisk } from './assess.ts';
import { createOrderGate } from './order-gate.ts';
import type { AccountView, RiskContext } from './risk-input.ts';
import { DEFAULT_RISK_LIMITS, type FuturesLimits, type RiskLimits } from './risk-limits.ts';

const futures: FuturesLimits = {
  leverage: 2,
  allowShort: true,
  minLiquidationDistance: 0.25,
  maintenanceMarginRate: 0.01,
  stopLoss: 0.08,
};
const limits: RiskLimits = { ...DEFAULT_RISK_LIMITS, maxExposure: 5, futures };
const account: AccountView = {
  nowMs: 100 * DAY_MS,
  equityUsd: 10_000,
  exposure: 0,
  peakEquityUsd: 10_000,
  dayStartEquityUsd: 10_000,
  weekStartEquityUsd: 10_000,
  ordersToday: 0,
  workingOrders: 0,
  closedTrades: [],
};
const context: RiskContext = { isHalted: false, dataAgeMs: 0, priceUsd: 2000 };
const judge = (
  targetExposure: number,
  more: { account?: Partial<AccountView>; limits?: Partial<RiskLimits>; context?: Partial<RiskContext> } = {},
) => {
  const {
    allowed,
    targetExposure: target,
    reasons,
  } = assess({ targetExposure }, { ...account, ...more.account }, { ...limits, ...more.limits }, { ...context, ...more.context });
  return [allowed, target, reasons.map(({ rule }) => rule)];
};

describe('assess, of perpetuals', () => {
  it.each([
    ['a short', -0.5, {}, [true, -0.5, []]],
    ['a short while halted', -0.5, { context: { isHalted: true } }, [false, null, ['halted']]],
    ['a smaller short while halted', -0.2, { account: { exposure: -0.5 }, context: { isHalted: true } }, [true, -0.2, []]],
    ['out of a short while halted', 0, { account: { exposure: -0.5 }, context: { isHalted: true } }, [true, 0, []]],
    ['a turn while halted: out alone', -0.5, { account: { exposure: 0.5 }, context: { isHalted: true } }, [true, 0, ['halted']]],
    ['a turn to long while halted', 0.5, { account: { exposure: -0.5 }, context: { isHalted: true } }, [true, 0, ['halted']]],
    ['more than the leverage', -3, {}, [true, -2, ['leverage']]],
    ['more than the largest share', -1.5, { limits: { maxExposure: 1 } }, [true, -1, ['max_exposure']]],
    ['a short beyond the largest order', -1, { limits: { maxOrderUsd: 3_000 } }, [true, -0.3, ['max_order_usd']]],
    [
      'more of a short beyond the largest order',
      -1,
      { limits: { maxOrderUsd: 3_000 }, account: { exposure: -0.5 } },
      [true, -0.8, ['max_order_usd']],
    ],
    [
      'a turn: the order limit counts what opens',
      -1,
      { limits: { maxOrderUsd: 3_000 }, account: { exposure: 0.5 } },
      [true, -0.3, ['max_order_usd']],
    ],
    ['a short beyond the largest position', -1, { limits: { maxPositionUsd: 4_000 } }, [true, -0.4, ['max_position_usd']]],
    [
      'a short where none is allowed',
      -0.5,
      { limits: { futures: { ...futures, allowShort: false } } },
      [false, null, ['short_not_allowed']],
    ],
    [
      'a short on spot',
      -0.5,
      { limits: { ...DEFAULT_RISK_LIMITS, futures: undefined as never } },
      [false, null, ['short_not_allowed']],
    ],
    [
      'a liquidation price that is too near',
      0.5,
      { limits: { futures: { ...futures, leverage: 5 } } },
      [false, null, ['liquidation_distance']],
    ],
    [
      'a stop beyond the liquidation price',
      -0.5,
      { limits: { futures: { ...futures, minLiquidationDistance: 0.05, stopLoss: 0.6 } } },
      [false, null, ['liquidation_distance']],
    ],
    [
      'more of a position that lost too much to be near its entry',
      -0.6,
      { account: { exposure: -0.5, entryPriceUsd: 1500 } },
      [false, null, ['liquidation_distance']],
    ],
  ] as const)('%s', (_name, target, more, expected) => {
    expect(judge(target, more)).toEqual(expected);
  });

  it('says distance and limit', () => {
    const { reasons } = assess({ targetExposure: -0.5 }, account, { ...limits, futures: { ...futures, leverage: 4 } }, context);
    // (1 + 1/4) / 1.01 - 1
    expect(reasons).toEqual([{ rule: 'liquidation_distance', value: expect.closeTo(0.237624, 6), limit: 0.25 }]);
  });

  it('denies nothing that takes less risk, and allows nothing larger than was asked for', () => {
    const share = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.boolean(), (target, exposure, isHalted) => {
        const verdict = assess({ targetExposure: target }, { ...account, exposure }, limits, { ...context, isHalted });
        if (!takesMoreRisk(target, exposure)) {
          expect(verdict).toEqual({ allowed: true, targetExposure: target, reasons: [] });
          return;
        }
        const got = verdict.targetExposure;
        if (got === null || got === 0) return;
        expect(Math.sign(got)).toBe(Math.sign(target));
        expect(Math.abs(got)).toBeLessThanOrEqual(Math.abs(target));
        expect(isHalted).toBe(false);
      }),
    );
  });
});

describe('the order gate, of perpetuals', () => {
  const order = (side: 'buy' | 'sell', quantity: string, reduceOnly: boolean) =>
    makeIntent({
      decisionId: `d-${side}-${quantity}`,
      leg: reduceOnly ? 'exit' : 'entry',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      reduceOnly,
      quantity: money(quantity),
      priceUsd: money(2000),
      filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS,
      nowMs: 1,
      validUntilMs: 2,
      reason: 'test',
      modelId: null,
    });

  /** 10,000 USDT, and a position of so much that was opened at 2000. */
  function holding(eth: string): Ledger {
    const ledger = new Ledger();
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
    if (eth === '0') return ledger;
    const side = eth.startsWith('-') ? 'sell' : 'buy';
    const quantity = eth.replace('-', '');
    const intent = { ...order(side, quantity, false), clientOrderId: 'before', plannedAtMs: -DAY_MS };
    const fill = { tradeId: '1', clientOrderId: 'before', side, quantity, priceUsd: '2000' } as const;
    ledger.apply({ type: 'order_planned', atMs: 0, intent });
    ledger.apply({ type: 'order_submitting', atMs: 0, clientOrderId: 'before', sendBeforeMs: 0 });
    ledger.apply({ type: 'fill', atMs: 0, fill: { ...fill, feeAmount: '0', feeAsset: 'USDT', feeUsd: '0', executedAtMs: 0 } });
    return ledger;
  }

  const gateFor = (given: RiskLimits, isHalted = false, more: Partial<RiskContext> = {}, feeBps = 0) =>
    createOrderGate({
      limits: given,
      isHalted: () => isHalted,
      feeBps,
      history: () => [],
      context: () => ({ ...context, ...more }),
    });

  /** The same with an order whose outcome is not known. */
  function waiting(eth: string, intent: OrderIntent): Ledger {
    const ledger = holding(eth);
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs: 0, intent });
    ledger.apply({ type: 'order_submitting', atMs: 0, clientOrderId, sendBeforeMs: 0 });
    const state = { state: 'UNKNOWN', venueOrderId: null, message: null } as const;
    ledger.apply({ type: 'order_state', atMs: 0, clientOrderId, ...state });
    return ledger;
  }

  const none = { maxOrderUsd: 1, maxPositionUsd: 1, tradesPerDay: 0 };
  it.each([
    ['a short within everything', '0', order('sell', '5', false), {}, false, []],
    ['a short while halted', '0', order('sell', '1', false), {}, true, ['halted']],
    ['a short beyond the leverage', '0', order('sell', '10.001', false), {}, false, ['leverage']],
    ['a purchase beyond the leverage', '4', order('buy', '6.001', false), {}, false, ['leverage']],
    ['out of a short, halted and beyond every limit', '-3', order('buy', '3', true), none, true, []],
    ['out of a long position in the same way', '3', order('sell', '3', true), none, true, []],
    ['more than is held, said to reduce', '-3', order('buy', '3.001', true), {}, false, ['position']],
    ['a reduction of nothing', '0', order('sell', '1', true), {}, false, ['position']],
    ['a turn while halted', '3', order('sell', '4', false), {}, true, ['halted']],
    ['a turn of which the limit allows what opens', '3', order('sell', '4', false), { maxOrderUsd: 2_000 }, false, []],
    ['a turn of which it does not', '3', order('sell', '5', false), { maxOrderUsd: 3_999 }, false, ['max_order_usd']],
    [
      'a short beyond the other limits',
      '0',
      order('sell', '1', false),
      none,
      false,
      ['trades_per_day', 'max_order_usd', 'max_position_usd'],
    ],
  ] as const)('%s', async (_name, eth, intent, more, isHalted, rules) => {
    const gate = gateFor({ ...limits, ...more }, isHalted);
    expect((await gate(intent, holding(eth))).map(({ rule }) => rule)).toEqual(rules);
  });

  it('takes no short where none is allowed, and still lets one go', async () => {
    const gate = gateFor({ ...limits, futures: { ...futures, allowShort: false } });
    expect((await gate(order('sell', '1', false), holding('0'))).map(({ rule }) => rule)).toEqual(['short_not_allowed']);
    expect(await gate(order('buy', '1', true), holding('-1'))).toEqual([]);
    expect(await gate(order('buy', '1', false), holding('0'))).toEqual([]);
  });

  it('reckons the liquidation of the position that the order leaves, each part of it at its own price', async () => {
    // Short 2 at 2000 and 0.1 at 2600: on average 2028.57, liquidated at 3012.73, which is 15.9 % away.
    const gate = gateFor(limits, false, { priceUsd: 2600 });
    expect(await gate(order('sell', '0.1', false), holding('-2'))).toEqual([
      { rule: 'liquidation_distance', value: expect.closeTo(3012.729 / 2600 - 1, 6), limit: 0.25 },
    ]);
    expect(await gate(order('sell', '8', false), holding('-2'))).toEqual([]);
  });

  it.each([
    ['data that is too old', { dataAgeMs: 30 * DAY_MS }, 'data_age'],
    ['a market that is closed', { marketStatus: 'halted' }, 'exchange_status'],
    ['a price that another source does not confirm', { secondPriceUsd: 1500 }, 'price_sanity'],
    ['an order book that nobody knows', { needsBook: true }, 'spread_bps'],
    ['a wide order book', { spreadBps: 500 }, 'spread_bps'],
    ['a price that nobody knows', { priceUsd: Number.NaN }, 'price_sanity'],
  ] as const)('denies a short because of %s, and lets one be closed all the same', async (_name, more, rule) => {
    const gate = gateFor(limits, false, more);
    expect((await gate(order('sell', '1', false), holding('0'))).map((one) => one.rule)).toContain(rule);
    expect(await gate(order('buy', '1', true), holding('-1'))).toEqual([]);
  });

  it('denies a short whose liquidation would be too near', async () => {
    const gate = gateFor({ ...limits, futures: { ...futures, leverage: 5 } });
    expect((await gate(order('sell', '1', false), holding('0'))).map(({ rule }) => rule)).toEqual(['liquidation_distance']);
  });

  it('takes fees from the equity that margin comes out of', async () => {
    // 9.99 ETH are 19,980 USDT; with 10 basis points of fee 9,980.02 USDT are left as margin, with a leverage of 2 for 19,960.04.
    const rules = await gateFor(limits, false, {}, 10)(order('sell', '9.99', false), holding('0'));
    expect(rules).toEqual([{ rule: 'leverage', value: '19980', limit: '19960.04' }]);
    expect(await gateFor(limits, false, {}, 10)(order('sell', '9.98', false), holding('0'))).toEqual([]);
  });

  it('keeps for an order whose outcome is not known what it may still close', async () => {
    const ledger = waiting('-3', { ...order('buy', '2', true), clientOrderId: 'open' });
    expect(freeToClose(ledger).toFixed()).toBe('1');
    expect(freeToClose(ledger, 'open').toFixed()).toBe('3');
    expect(pendingOn(ledger, 'sell').toFixed()).toBe('0');
    const gate = gateFor(limits);
    expect(await gate(order('buy', '1', true), ledger)).toEqual([]);
    expect(await gate(order('buy', '1.001', true), ledger)).toEqual([{ rule: 'position', value: '1.001', limit: '1' }]);
  });

  it('counts what an order whose outcome is not known may still open, and takes no new risk meanwhile', async () => {
    const ledger = waiting('-3', { ...order('sell', '4', false), clientOrderId: 'open' });
    const gate = gateFor(limits);
    expect((await gate(order('sell', '3', false), ledger)).map(({ rule }) => rule)).toEqual(['working_order']);
    expect((await gate(order('sell', '3.001', false), ledger)).map(({ rule }) => rule)).toEqual(['working_order', 'leverage']);
    expect(await gate(order('buy', '3', true), ledger)).toEqual([]);
  });

  it('sees the entry price of a perpetual in the account', () => {
    expect(accountView(holding('-2'), money(2200), DAY_MS, [])).toMatchObject({ entryPriceUsd: 2000, equityUsd: 9_600 });
    expect(accountView(holding('0'), money(2200), DAY_MS, [])).not.toHaveProperty('entryPriceUsd');
  });
});

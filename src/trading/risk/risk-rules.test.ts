import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../domain/index.ts';
import type { Reason } from '../reason.ts';
import { MARKET_STATUSES } from '../symbol-filters.ts';
import { assess } from './assess.ts';
import type { AccountView, ClosedTrade, RiskContext } from './risk-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk-limits.ts';

const NOW = 100 * DAY_MS;
const account: AccountView = {
  nowMs: NOW,
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
const off: RiskLimits = { ...DEFAULT_RISK_LIMITS, dailyLoss: null, weeklyLoss: null, tradesPerDay: null };

const judge = (
  limits: Partial<RiskLimits>,
  more: { readonly account?: Partial<AccountView>; readonly context?: Partial<RiskContext> } = {},
): readonly Reason[] =>
  assess({ targetExposure: 0.5 }, { ...account, ...more.account }, { ...off, ...limits }, { ...context, ...more.context })
    .reasons;

const closed = (hoursAgo: number, pnlUsd: number, isStop = false): ClosedTrade => ({
  exitTimeMs: NOW - hoursAgo * HOUR_MS,
  pnlUsd,
  return: pnlUsd / 10_000,
  reason: isStop ? 'stop_loss' : 'signal_sell',
  isStop,
});
const trades = (...closedTrades: ClosedTrade[]) => ({ account: { closedTrades } });

describe('the exchange status', () => {
  const rule = (more: Partial<RiskContext>) => judge({}, { context: more });
  it('denies with what the market is, and what it should be', () => {
    expect(rule({ isExchangeUp: true, marketStatus: 'trading' })).toEqual([]);
    expect(rule({})).toEqual([]);
    expect(rule({ isExchangeUp: false })).toEqual([{ rule: 'exchange_status', value: 'down', limit: 'up' }]);
    for (const marketStatus of MARKET_STATUSES.filter((status) => status !== 'trading'))
      expect(rule({ isExchangeUp: true, marketStatus })).toEqual([
        { rule: 'exchange_status', value: marketStatus, limit: 'trading' },
      ]);
  });
});

describe('the second source of prices', () => {
  const rule = (otherSourcePriceUsd: number | null | undefined) =>
    judge({ maxPriceDeviation: 0.25 }, { context: { priceUsd: 2500, otherSourcePriceUsd } });
  it('allows what is near it, or where none is asked for', () => {
    for (const price of [undefined, 2000, 2500, 3000]) expect(rule(price)).toEqual([]);
  });
  it('denies what is far from it on either side, and where it knows no price', () => {
    expect(rule(1000)).toEqual([{ rule: 'second_source', value: 1.5, limit: 0.25 }]);
    expect(rule(10_000)).toEqual([{ rule: 'second_source', value: 0.75, limit: 0.25 }]);
    for (const price of [null, 0, Number.NaN])
      expect(rule(price)).toEqual([{ rule: 'second_source', value: 'unknown', limit: 0.25 }]);
  });
});

describe('a limit that is just reached', () => {
  it.each<[string, Partial<RiskLimits>, Parameters<typeof judge>[1]]>([
    ['daily loss', { dailyLoss: 0.25 }, { account: { equityUsd: 7_500 } }],
    ['weekly loss', { weeklyLoss: 0.25 }, { account: { equityUsd: 7_500 } }],
    ['drawdown', { drawdown: 0.25 }, { account: { equityUsd: 7_500 } }],
    ['data age', { maxDataAgeMs: 5 }, { context: { dataAgeMs: 5 } }],
    ['model age', { maxModelAgeMs: 5 }, { context: { modelAgeMs: 5 } }],
    ['drift', { maxDriftLevel: 0.5 }, { context: { driftLevel: 0.5 } }],
    ['spread', { maxSpreadBps: 5 }, { context: { spreadBps: 5 } }],
    ['slippage', { maxSlippageBps: 5 }, { context: { slippageBps: 5 } }],
    ['confidence', { minConfidence: 0.6 }, { context: { confidence: 0.6 } }],
    ['price deviation', { maxPriceDeviation: 0.25 }, { context: { priceUsd: 2500, secondPriceUsd: 2000 } }],
    ['trades of a day', { tradesPerDay: 3 }, { account: { ordersToday: 2 } }],
    [
      'a gain of nothing, which ends a row of losses',
      { consecutiveLosses: 2 },
      trades(closed(3, -1), closed(2, 0), closed(1, -1)),
    ],
    ['cool-down', { cooldownMs: HOUR_MS }, trades(closed(1, 5))],
  ])('%s: allows', (_name, limits, more) => {
    expect(judge(limits, more)).toEqual([]);
  });
});

describe('a denial says rule, value and limit', () => {
  it.each<[Partial<RiskLimits>, Parameters<typeof judge>[1], Reason]>([
    [{}, { context: { isHalted: true } }, { rule: 'halted', value: 1, limit: 0 }],
    [{}, { context: { isExchangeUp: false } }, { rule: 'exchange_status', value: 'down', limit: 'up' }],
    [{}, { account: { equityUsd: 0 } }, { rule: 'equity', value: 0, limit: 0 }],
    [{}, { context: { priceUsd: 0 } }, { rule: 'price_sanity', value: 0, limit: 0 }],
    [{}, { context: { priceUsd: -5 } }, { rule: 'price_sanity', value: -5, limit: 0 }],
    [{}, { context: { priceUsd: Number.NaN } }, { rule: 'price_sanity', value: null, limit: 0 }],
    [
      { maxPriceDeviation: 0.2 },
      { context: { priceUsd: 2500, secondPriceUsd: 2000 } },
      { rule: 'price_sanity', value: 0.25, limit: 0.2 },
    ],
    [
      {},
      {
        context: {
          dataVerdicts: [
            { dataset: 'whale_data', verdict: 'missing', isRequired: false },
            { dataset: 'sentiment_data', verdict: 'ok', isRequired: true },
            { dataset: 'blockchain_data', verdict: 'warning', isRequired: true },
            { dataset: 'price_data', verdict: 'stale', isRequired: true },
          ],
        },
      },
      { rule: 'data_verdict', value: 'price_data stale', limit: 'ok' },
    ],
    [{ dailyLoss: 0.2 }, { account: { equityUsd: 7_500 } }, { rule: 'daily_loss', value: 0.25, limit: 0.2 }],
    [{ weeklyLoss: 0.2 }, { account: { equityUsd: 7_500 } }, { rule: 'weekly_loss', value: 0.25, limit: 0.2 }],
    [{ drawdown: 0.2 }, { account: { equityUsd: 7_500 } }, { rule: 'drawdown', value: 0.25, limit: 0.2 }],
    [{ needsSkill: true }, { context: { hasSkill: false } }, { rule: 'model_skill', value: 'none', limit: 'found' }],
    [{ needsSkill: true }, {}, { rule: 'model_skill', value: 'unknown', limit: 'found' }],
    [{ maxSpreadBps: 7 }, { context: { needsBook: true } }, { rule: 'spread_bps', value: 'unknown', limit: 7 }],
    [{ maxSlippageBps: 8 }, { context: { needsBook: true } }, { rule: 'slippage_bps', value: 'unknown', limit: 8 }],
    [{ tradesPerDay: 3 }, { account: { ordersToday: 3 } }, { rule: 'trades_per_day', value: 3, limit: 3 }],
    [{ minConfidence: 0.6 }, { context: { confidence: 0.59 } }, { rule: 'min_confidence', value: 0.59, limit: 0.6 }],
    [
      { consecutiveLosses: 2 },
      trades(closed(3, 9), closed(2, -1), closed(1, -1)),
      { rule: 'consecutive_losses', value: 2, limit: 2 },
    ],
    [
      { cooldownMs: 2 * HOUR_MS },
      trades(closed(9, 1), closed(1, 5)),
      { rule: 'cooldown_period', value: HOUR_MS, limit: 2 * HOUR_MS },
    ],
  ])('%j', (limits, more, expected) => {
    expect(judge(limits, more)).toContainEqual(expected);
  });

  it('lets pass what is not known, and what is switched off', () => {
    expect(judge({ minConfidence: 0.6, maxModelAgeMs: 1, maxDriftLevel: 0, maxSpreadBps: 0 })).toEqual([]);
    expect(
      judge({ maxModelAgeMs: null, maxSpreadBps: null }, { context: { modelAgeMs: 1e15, spreadBps: 1e9, confidence: 0 } }),
    ).toEqual([]);
    expect(judge({ maxSpreadBps: null, maxSlippageBps: null }, { context: { needsBook: true } })).toEqual([]);
    expect(judge({ minConfidence: null }, { context: { confidence: Number.NaN } })).toEqual([]);
    expect(judge({}, { context: { secondPriceUsd: 0 } })).toEqual([]);
    expect(judge({}, { context: { secondPriceUsd: -1 } })).toEqual([]);
    expect(judge({}, { account: { ordersToday: 1e9 } })).toEqual([]);
  });
});

describe('protections', () => {
  const guard = { lookbackMs: DAY_MS, trades: 2, stopMs: 6 * HOUR_MS };
  const stops = { stoplossGuard: guard };
  const losses = { maxDrawdownGuard: { ...guard, drawdown: 0.1 } };
  const poor = { lowProfitPairs: { ...guard, profit: 0 } };

  it('StoplossGuard counts stops within its window and ends its stop after the last of them', () => {
    const denied = [{ rule: 'stoploss_guard', value: 2, limit: 2 }];
    expect(judge(stops, trades(closed(8, -1, true), closed(5, -1, true)))).toEqual(denied);
    expect(judge(stops, trades(closed(8, -1, true), closed(6, -1, true)))).toEqual([]);
    expect(judge(stops, trades(closed(9, -1, true), closed(7, -1, true), closed(5, -1, true)))).toMatchObject([{ value: 3 }]);
    expect(judge({ stoplossGuard: { ...guard, trades: 1 } }, trades(closed(5, -1, true)))).toMatchObject([{ value: 1 }]);
    expect(judge(stops, trades(closed(24, -1, true), closed(5, -1, true)))).toEqual([]);
    expect(judge(stops, trades(closed(8, -1, false), closed(5, -1, true)))).toEqual([]);
    expect(judge(stops, trades(closed(8, -1, true), closed(0, -1, true)))).toEqual(denied);
    expect(judge(stops, trades(closed(8, -1, true), closed(-1, -1, true)))).toEqual([]);
    expect(judge({ stoplossGuard: { ...guard, trades: 0 } })).toEqual([]);
  });

  it('MaxDrawdown walks the equity of closed trades from their peak', () => {
    // Equity was 10,000 before: 12,000 at the peak, 10,000 now: a sixth lost.
    const deep = trades(closed(3, 2_000), closed(2, -2_000));
    expect(judge(losses, deep)).toEqual([{ rule: 'max_drawdown', value: 1 - 10_000 / 12_000, limit: 0.1 }]);
    expect(judge({ maxDrawdownGuard: { ...guard, drawdown: 1 - 10_000 / 12_000 } }, deep)).toEqual([]);
    expect(judge({ maxDrawdownGuard: { ...guard, trades: 3, drawdown: 0.1 } }, deep)).toEqual([]);
    expect(judge(losses, trades(closed(9, 2_000), closed(8, -2_000)))).toEqual([]);
    expect(judge(losses, trades(closed(3, 500), closed(2, -500)))).toEqual([]);
    // Half of 20,000 is gone: 1 - 10,000 / 20,000.
    expect(judge(losses, trades(closed(3, -6_000), closed(2, -4_000)))).toEqual([
      { rule: 'max_drawdown', value: 0.5, limit: 0.1 },
    ]);
  });

  it('LowProfitPairs needs enough trades that together returned too little', () => {
    expect(judge(poor, trades(closed(3, 100), closed(2, -300)))).toEqual([
      { rule: 'low_profit_pairs', value: expect.closeTo(-0.02, 12), limit: 0 },
    ]);
    expect(judge(poor, trades(closed(2, -300)))).toEqual([]);
    expect(judge(poor, trades(closed(3, 300), closed(2, -300)))).toEqual([]);
    expect(judge(poor, trades(closed(9, 100), closed(8, -300)))).toEqual([]);
  });
});

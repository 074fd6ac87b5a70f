import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../domain/index.ts';
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
const context: RiskContext = {
  isHalted: false,
  dataAgeMs: 0,
  priceUsd: 2000,
  confidence: 0.6,
  modelAgeMs: DAY_MS,
  secondPriceUsd: 2000,
  isExchangeUp: true,
  hasSkill: true,
};
const trade = (hoursAgo: number, pnlUsd: number, isStop = false): ClosedTrade => ({
  exitTimeMs: NOW - hoursAgo * HOUR_MS,
  pnlUsd,
  return: pnlUsd / 5_000,
  reason: isStop ? 'stop_loss' : 'signal_sell',
  isStop,
});

const strict: RiskLimits = {
  ...DEFAULT_RISK_LIMITS,
  dailyLoss: 0.02,
  weeklyLoss: 0.05,
  drawdown: 0.2,
  tradesPerDay: 3,
  consecutiveLosses: 2,
  cooldownMs: 2 * HOUR_MS,
  minConfidence: 0.5,
  maxDriftLevel: 0.5,
  needsSkill: true,
  maxSpreadBps: 20,
  maxSlippageBps: 20,
  stoplossGuard: { lookbackMs: DAY_MS, trades: 2, stopMs: 6 * HOUR_MS },
  maxDrawdownGuard: { lookbackMs: 2 * DAY_MS, trades: 2, drawdown: 0.1, stopMs: 12 * HOUR_MS },
  lowProfitPairs: { lookbackMs: 2 * DAY_MS, trades: 2, profit: 0, stopMs: 12 * HOUR_MS },
};

const cases: [rule: string, account: Partial<AccountView>, context: Partial<RiskContext>][] = [
  ['halted', {}, { isHalted: true }],
  ['exchange_status', {}, { isExchangeUp: false }],
  ['working_order', { workingOrders: 1 }, {}],
  ['equity', { equityUsd: 0, dayStartEquityUsd: 0, weekStartEquityUsd: 0, peakEquityUsd: 0 }, {}],
  ['price_sanity', {}, { priceUsd: -1 }],
  ['price_sanity', {}, { priceUsd: Number.POSITIVE_INFINITY, secondPriceUsd: undefined }],
  ['price_sanity', {}, { secondPriceUsd: 1_700 }],
  ['data_verdict', {}, { dataVerdicts: [{ dataset: 'price_data', verdict: 'stale', isRequired: true }] }],
  ['data_age', {}, { dataAgeMs: 4 * DAY_MS }],
  ['data_age', {}, { dataAgeMs: Number.NaN }],
  ['model_age', {}, { modelAgeMs: 366 * DAY_MS }],
  ['drift_level', {}, { driftLevel: 0.6 }],
  ['model_skill', {}, { hasSkill: false }],
  ['model_skill', {}, { hasSkill: undefined }],
  ['min_confidence', {}, { confidence: 0.49 }],
  ['daily_loss', { dayStartEquityUsd: 10_300 }, {}],
  ['weekly_loss', { weekStartEquityUsd: 10_700 }, {}],
  ['drawdown', { peakEquityUsd: 13_000 }, {}],
  ['trades_per_day', { ordersToday: 3 }, {}],
  ['consecutive_losses', { closedTrades: [trade(90, 5), trade(80, -1), trade(70, -1)] }, {}],
  ['cooldown_period', { closedTrades: [trade(1, 5)] }, {}],
  ['stoploss_guard', { closedTrades: [trade(9, -1, true), trade(7, 500), trade(5, -1, true), trade(3, 500)] }, {}],
  ['max_drawdown', { closedTrades: [trade(13, -1_200), trade(11, 900), trade(9, 900)] }, {}],
  ['low_profit_pairs', { closedTrades: [trade(13, 1), trade(11, -20), trade(9, 1)] }, {}],
  ['spread_bps', {}, { spreadBps: 21 }],
  ['slippage_bps', {}, { slippageBps: 21 }],
  ['spread_bps', {}, { needsBook: true, slippageBps: 1 }],
  ['slippage_bps', {}, { needsBook: true, spreadBps: 1 }],
];

describe('assess', () => {
  it('allows a purchase that nothing is in the way of', () => {
    expect(assess({ targetExposure: 0.5 }, account, strict, context)).toEqual({
      allowed: true,
      targetExposure: 0.5,
      reasons: [],
    });
  });

  it.each(cases)('denies new risk by %s alone, with value and limit (%#)', (rule, accountChange, contextChange) => {
    const verdict = assess({ targetExposure: 0.5 }, { ...account, ...accountChange }, strict, { ...context, ...contextChange });
    expect(verdict).toMatchObject({ allowed: false, targetExposure: null });
    expect(verdict.reasons.map((one) => one.rule)).toEqual([rule]);
    expect(Object.keys(verdict.reasons[0]!)).toEqual(['rule', 'value', 'limit']);
  });

  it.each(cases)('never stops a sale (%s, %#)', (_rule, accountChange, contextChange) => {
    const holding = { ...account, ...accountChange, exposure: 0.5 };
    for (const targetExposure of [0, 0.3, 0.5]) {
      expect(assess({ targetExposure }, holding, strict, { ...context, ...contextChange })).toEqual({
        allowed: true,
        targetExposure,
        reasons: [],
      });
    }
  });

  it.each([
    ['cooldown_period', [trade(2, 5)]],
    ['stoploss_guard', [trade(9, -1, true), trade(7, 3), trade(6, -1, true), trade(3, 5)]],
    ['stoploss_guard', [trade(26, -1, true), trade(24, -1, true), trade(23, 5), trade(5, -1, true), trade(4, 5)]],
  ])('lets %s pass once its time is over', (_rule, closedTrades) => {
    expect(assess({ targetExposure: 0.5 }, { ...account, closedTrades }, strict, context).allowed).toBe(true);
  });

  it('makes a wish smaller that is above a position or order limit', () => {
    const limits = { ...DEFAULT_RISK_LIMITS, maxExposure: 0.4, maxPositionUsd: 3_500, maxOrderUsd: 1_000 };
    const verdict = assess({ targetExposure: 0.5 }, { ...account, exposure: 0.2 }, limits, context);
    expect(verdict.allowed).toBe(true);
    expect(verdict.targetExposure).toBeCloseTo(0.3, 12);
    expect(verdict.reasons.map(({ rule }) => rule)).toEqual(['max_exposure', 'max_position_usd', 'max_order_usd']);
  });

  it('says nothing of a limit that a wish just reaches', () => {
    const limits = { ...DEFAULT_RISK_LIMITS, maxExposure: 0.5, maxPositionUsd: 5_000, maxOrderUsd: 5_000 };
    expect(assess({ targetExposure: 0.5 }, account, limits, context)).toEqual({
      allowed: true,
      targetExposure: 0.5,
      reasons: [],
    });
  });

  it('keeps what is to be kept', () => {
    expect(assess({ targetExposure: null }, account, strict, { ...context, isHalted: true })).toEqual({
      allowed: true,
      targetExposure: null,
      reasons: [],
    });
  });

  it('ships limits that let ordinary losses pass', () => {
    const rough = {
      ...account,
      dayStartEquityUsd: 11_000,
      weekStartEquityUsd: 13_000,
      peakEquityUsd: 40_000,
      closedTrades: Array.from({ length: 30 }, (_, i) => trade(30 - i, -50, true)),
    };
    expect(assess({ targetExposure: 0.5 }, rough, DEFAULT_RISK_LIMITS, context).allowed).toBe(true);
  });

  it('never allows more than was wished, nor less than is held', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        share,
        share,
        share,
        fc.option(fc.integer({ min: 0, max: 20_000 })),
        (targetExposure, exposure, maxExposure, maxPositionUsd) => {
          const verdict = assess(
            { targetExposure },
            { ...account, exposure },
            { ...DEFAULT_RISK_LIMITS, maxExposure, maxPositionUsd },
            context,
          );
          expect(verdict.targetExposure).toBeLessThanOrEqual(targetExposure);
          expect(verdict.targetExposure).toBeGreaterThanOrEqual(Math.min(exposure, targetExposure));
        },
      ),
    );
  });
});

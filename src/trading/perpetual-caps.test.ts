import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, floorToStep, HOUR_MS, money } from '../domain/index.ts';
import { Ledger } from './ledger.ts';
import { limitPrice } from './limit-price.ts';
import { makeIntent, planTrade } from './plan-trade.ts';
import { mostToTrade } from './purchase-caps.ts';
import { planRetry } from './retry-intent.ts';
import { accountView } from './risk/account-view.ts';
import { createOrderGate } from './risk/order-gate.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk/risk-limits.ts';
import { BINANCE_ETHUSDT_PERPETUAL_FILTERS as FILTERS } from './symbol-filters.ts';

const T = 100 * DAY_MS;
const COSTS = { feeBps: 10, slippageBps: 5 };

/** 10,000 USDT, and a position that was opened at a price, its fee paid in another asset. */
function holding(eth: string, entryUsd = '2000', feeUsd = '0'): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  if (money(eth).eq(0)) return ledger;
  const side = money(eth).lt(0) ? 'sell' : 'buy';
  const quantity = money(eth).abs().toFixed();
  const intent = order(side, quantity, entryUsd);
  const { clientOrderId } = intent;
  const fill = { tradeId: '1', clientOrderId, side, quantity, priceUsd: entryUsd, feeAmount: '0.01', feeAsset: 'BNB' } as const;
  ledger.apply({ type: 'order_planned', atMs: 0, intent });
  ledger.apply({ type: 'order_submitting', atMs: 0, clientOrderId, sendBeforeMs: 0 });
  ledger.apply({ type: 'fill', atMs: 0, fill: { ...fill, feeUsd, executedAtMs: 0 } });
  return ledger;
}

const order = (side: 'buy' | 'sell', quantity: string, priceUsd: string, decisionId = 'before', offsetBps?: number) =>
  makeIntent({
    decisionId,
    leg: 'entry',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'paper',
    side,
    reduceOnly: false,
    quantity: money(quantity),
    priceUsd: money(priceUsd),
    filters: FILTERS,
    ...(offsetBps !== undefined && { limit: { offsetBps, postOnly: false } }),
    nowMs: decisionId === 'before' ? 0 : T,
    validUntilMs: T + HOUR_MS,
    reason: 'test',
    modelId: null,
  });

const gateOf = (limits: RiskLimits, priceUsd: number) =>
  createOrderGate({
    limits,
    feeBps: COSTS.feeBps,
    isHalted: () => false,
    history: () => [],
    context: () => ({ dataAgeMs: 0, priceUsd }),
  });

const limitsFor = (leverage: number, more: Partial<RiskLimits> = {}): RiskLimits => ({
  ...DEFAULT_RISK_LIMITS,
  dailyLoss: null,
  weeklyLoss: null,
  maxExposure: leverage,
  futures: { leverage, allowShort: true, minLiquidationDistance: 0.01, maintenanceMarginRate: 0.005 },
  ...more,
});

const cases = fc.record({
  eth: fc.integer({ min: -9_000, max: 9_000 }).map((lots) => money('0.001').times(lots).toFixed()),
  price: fc.integer({ min: 1_700, max: 2_300 }),
  side: fc.constantFrom('buy' as const, 'sell' as const),
  exposure: fc.double({ min: 0, max: 3, noNaN: true }),
  leverage: fc.constantFrom(1, 2, 3),
  offsetBps: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
  maxOrderUsd: fc.option(fc.integer({ min: 100, max: 30_000 }), { nil: null }),
  maxPositionUsd: fc.option(fc.integer({ min: 100, max: 30_000 }), { nil: null }),
  maxExposure: fc.double({ min: 0.1, max: 3, noNaN: true }),
  feeUsd: fc.integer({ min: 0, max: 900 }).map(String),
});

describe('orders of perpetuals', () => {
  it('that were planned pass the gate, with every limit and either way', async () => {
    let orders = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ eth, price, side, exposure, leverage, offsetBps, maxExposure, feeUsd, ...caps }) => {
        const limits = limitsFor(leverage, { ...caps, maxExposure: Math.min(maxExposure, leverage) });
        const ledger = holding(eth, '2000', feeUsd);
        const { intents } = planTrade({
          decisionId: 'd',
          symbol: 'ETHUSDT',
          mode: 'paper',
          view: { decisionTimeMs: T, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] },
          prediction: { modelId: 'm', classIndex: side === 'buy' ? 0 : 1, probabilities: [0.5, 0.5, 0], confidence: 0.6 },
          policy: {
            confidenceThreshold: 0.4,
            targetExposure: exposure,
            shortExposure: exposure,
            rebalanceBand: 0.01,
            maxHoldingMs: DAY_MS,
            maxDataAgeMs: DAY_MS,
          },
          ledger,
          account: accountView(ledger, money(price), T, []),
          limits,
          context: { isHalted: false, dataAgeMs: 0, priceUsd: price },
          priceUsd: money(price),
          costs: COSTS,
          filters: FILTERS,
          ...(offsetBps !== undefined && { limit: { offsetBps, postOnly: false } }),
          nowMs: T,
          validUntilMs: T + HOUR_MS,
        });
        for (const intent of intents) {
          orders++;
          expect(await gateOf(limits, price)(intent, ledger)).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(orders).toBeGreaterThan(300);
  });

  it('of the most that may be traded pass the gate, and out of nothing those of a twentieth more do not', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ eth, price, side, leverage, offsetBps, maxExposure, feeUsd, ...caps }) => {
        const limits = limitsFor(leverage, { ...caps, maxExposure: Math.min(maxExposure, leverage) });
        const ledger = holding(eth, '2000', feeUsd);
        const now = money(price);
        const limit = offsetBps === undefined ? undefined : limitPrice(side, now, offsetBps, FILTERS.priceTick);
        const most = mostToTrade(ledger, side, { limits, ...COSTS }, now, limit);
        const quantity = floorToStep(most, FILTERS.quantityStep);
        const gate = gateOf(limits, price);
        const ask = (much: string, of: Ledger) => gate(order(side, much, String(price), 'd', offsetBps), of);
        if (quantity.gt(0)) expect(await ask(quantity.toFixed(), ledger)).toEqual([]);
        // Of a position that is held, profit that is not realised is left out of what may be added, and the gate counts it.
        const flat = holding('0');
        const mostOfFlat = mostToTrade(flat, side, { limits, ...COSTS }, now, limit);
        expect(await ask(mostOfFlat.times('1.05').plus('0.001').round(3).toFixed(), flat)).not.toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are closed and no more where no short is allowed', () => {
    const limits = limitsFor(2);
    const caps = { limits: { ...limits, futures: { ...limits.futures!, allowShort: false } }, ...COSTS };
    expect(mostToTrade(holding('2'), 'sell', caps, money(2000), undefined).toFixed()).toBe('2');
    expect(mostToTrade(holding('0'), 'sell', caps, money(2000), undefined).toFixed()).toBe('0');
    expect(mostToTrade(holding('-2'), 'buy', caps, money(2000), undefined).gt(9)).toBe(true);
  });

  it('become smaller when ordered again at a price at which margin does not reach', () => {
    const ledger = holding('0');
    const intent = order('sell', '4.9', '2000', 'd');
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs: T, intent });
    ledger.apply({ type: 'order_submitting', atMs: T, clientOrderId, sendBeforeMs: T });
    const ended = { state: 'EXPIRED', venueOrderId: null, message: null } as const;
    ledger.apply({ type: 'order_state', atMs: T, clientOrderId, ...ended });
    const options = { priceUsd: money(2200), filters: FILTERS, nowMs: T, validUntilMs: T + HOUR_MS, maxAttempts: 3 };
    const again = planRetry(ledger, intent, { ...options, caps: { limits: limitsFor(1), ...COSTS } });
    // 10,000 / (2201.1 + 2.2011 + 1.1)
    expect(again).toMatchObject({ kind: 'order', intent: { quantity: '4.536', reduceOnly: false, side: 'sell', attempt: 2 } });
    expect(planRetry(ledger, intent, options)).toMatchObject({ intent: { quantity: '4.9' } });
  });
});

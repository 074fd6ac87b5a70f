import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { Ledger } from './ledger.ts';
import { planTrade } from './plan-trade.ts';
import { mostToBuy, type PurchaseCaps } from './purchase-caps.ts';
import { accountView } from './risk/account-view.ts';
import { createOrderGate } from './risk/order-gate.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk/risk-limits.ts';
import { settleOrders } from './settle-orders.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const T = 100 * DAY_MS;
const PRICE = money(2000);
const COSTS = { feeBps: 10, slippageBps: 5 };

function cashOnly(eth = '0'): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  if (eth !== '0') ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: eth, valueUsd: '2000', reason: 'adopted' });
  return ledger;
}

/** What a BUY of so much exposure becomes. */
function plan(ledger: Ledger, limits: RiskLimits, targetExposure: number, offsetBps: number) {
  return planTrade({
    decisionId: 'd',
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    view: { decisionTimeMs: T, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] },
    prediction: { modelId: 'm', classIndex: 0, probabilities: [0.6, 0.2, 0.2], confidence: 0.6 },
    policy: { confidenceThreshold: 0.4, targetExposure, rebalanceBand: 0.01, maxHoldingMs: DAY_MS, maxDataAgeMs: DAY_MS },
    ledger,
    account: accountView(ledger, PRICE, T, []),
    limits,
    context: { isHalted: false, dataAgeMs: 0, priceUsd: 2000 },
    priceUsd: PRICE,
    costs: COSTS,
    filters: BINANCE_ETHUSDT_FILTERS,
    limit: { offsetBps, postOnly: false },
    nowMs: T,
    validUntilMs: T + HOUR_MS,
  });
}

const gateOf = (limits: RiskLimits) =>
  createOrderGate({
    limits,
    feeBps: COSTS.feeBps,
    isHalted: () => false,
    history: () => [],
    context: () => ({ dataAgeMs: 0, priceUsd: 2000 }),
  });

describe('an order with a limit', () => {
  it.each<[string, Partial<RiskLimits>, number, string, string]>([
    ['the largest order', { maxOrderUsd: 1_000 }, 1, '0', '0.499'],
    ['the largest position', { maxPositionUsd: 3_000 }, 1, '1', '0.499'],
    ['the largest exposure', { maxExposure: 0.25 }, 1, '0', '1.2475'],
    ['all cash, with the fee', {}, 1, '0', '4.985'],
  ])('above the price is sized at its limit and passes the gate: %s', async (_name, change, exposure, eth, quantity) => {
    const limits = { ...DEFAULT_RISK_LIMITS, ...change };
    const ledger = cashOnly(eth);
    const [intent] = plan(ledger, limits, exposure, 20).intents;
    expect(intent).toMatchObject({ limitPriceUsd: '2004', quantity });
    expect(await gateOf(limits)(intent!, ledger)).toEqual([]);
  });

  it.each<[string, Partial<RiskLimits>, string[]]>([
    ['cash', {}, ['4.985', '4.7476']],
    ['the largest order', { maxOrderUsd: 1_000 }, ['0.499', '0.4752']],
    ['the largest exposure', { maxExposure: 0.5 }, ['2.495', '2.3761']],
  ])('is made smaller when it is ordered again at a higher price, by %s', async (_name, change, quantities) => {
    const limits = { ...DEFAULT_RISK_LIMITS, ...change };
    const clock = new ManualClock(T);
    const venue = new SimulatedVenue(clock, '10000');
    venue.sending = 'rest';
    const journal = new MemoryJournal();
    const connect = () => venue.connect();
    const engine = await TradingEngine.open({ journal, clock, connect, gate: gateOf(limits), capitalUsd: '10000' });
    const outcomes = await settleOrders(engine, plan(engine.ledger, limits, 1, 20).intents, {
      clock,
      wait: async (untilMs) => clock.moveTo(untilMs),
      price: async () => money(2100),
      unfilledTimeoutMs: 30_000,
      maxAttempts: 2,
      maxRounds: 6,
      caps: { limits, ...COSTS },
    });
    expect(outcomes.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED']);
    expect([...engine.ledger.orders.values()].map(({ intent }) => intent.quantity)).toEqual(quantities);
  });
});

describe('mostToBuy', () => {
  const caps = (change: Partial<RiskLimits> = {}): PurchaseCaps => ({ limits: { ...DEFAULT_RISK_LIMITS, ...change }, ...COSTS });

  it('keeps back fee and slippage at the market, and the fee alone at a limit', () => {
    expect(mostToBuy(cashOnly(), caps(), PRICE, undefined).toFixed(6)).toBe('4.992509');
    expect(mostToBuy(cashOnly(), caps(), PRICE, money(2000)).toFixed(6)).toBe('4.995005');
  });

  it('is nothing where the position is as large as it may be', () => {
    expect(mostToBuy(cashOnly('1'), caps({ maxPositionUsd: 2_000 }), PRICE, undefined).toFixed()).toBe('0');
    expect(mostToBuy(cashOnly('1'), caps({ maxPositionUsd: 1_000 }), PRICE, undefined).toFixed()).toBe('0');
  });
});

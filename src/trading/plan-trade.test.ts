import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, money, type Prediction } from '../domain/index.ts';
import { clientOrderId, isOwnClientOrderId } from './client-order-id.ts';
import { decisionId, manualDecisionId } from './decision-id.ts';
import { Ledger } from './ledger.ts';
import { planExit, planTrade, type TradeInput } from './plan-trade.ts';
import { accountView } from './risk/account-view.ts';
import { DEFAULT_RISK_LIMITS } from './risk/risk-limits.ts';
import { BINANCE_ETHUSDT_FILTERS, BINANCE_ETHUSDT_PERPETUAL_FILTERS } from './symbol-filters.ts';

const T = 1_700_000_000_000;
const key = { strategy: 'main', symbol: 'ETHUSDT', decisionTimeMs: T, mode: 'paper' } as const;
const says = (classIndex: 0 | 1 | 2): Prediction => ({
  modelId: 'm1',
  classIndex,
  probabilities: [0.6, 0.2, 0.2],
  confidence: 0.6,
});

function ledgerWith(eth = '0'): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  if (eth !== '0') ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: eth, valueUsd: '2000', reason: 'adopted' });
  return ledger;
}

const inputFor = (prediction: Prediction | undefined, more: Partial<TradeInput> = {}): TradeInput => {
  const ledger = more.ledger ?? ledgerWith();
  return {
    decisionId: decisionId(key),
    symbol: 'ETHUSDT',
    mode: 'paper',
    view: { decisionTimeMs: T, isBarSuspect: false, dataAgeMs: 0, dataVerdicts: [] },
    prediction,
    policy: {
      confidenceThreshold: 0.45,
      targetExposure: 0.5,
      rebalanceBand: 0.05,
      maxHoldingMs: DAY_MS,
      maxDataAgeMs: 3 * DAY_MS,
    },
    ledger,
    account: accountView(ledger, money(2000), T, []),
    limits: DEFAULT_RISK_LIMITS,
    context: { isHalted: false, dataAgeMs: 0, priceUsd: 2000 },
    priceUsd: money(2000),
    costs: { feeBps: 10, slippageBps: 5 },
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: T + 5,
    validUntilMs: T + HOUR_MS,
    ...more,
  };
};

describe('planTrade', () => {
  it('turns a BUY into one order of half the equity', () => {
    const plan = planTrade(inputFor(says(0)));
    expect(plan.intents).toHaveLength(1);
    expect(plan.intents[0]).toMatchObject({
      side: 'buy',
      quantity: '2.5',
      leg: 'entry',
      attempt: 1,
      modelId: 'm1',
      plannedAtMs: T + 5,
      reason: 'signal_buy',
    });
    expect(plan.intents[0]?.clientOrderId).toBe(clientOrderId(decisionId(key), 'entry', 1));
    expect(plan.sizing).toMatchObject({ side: 'buy', quantity: '2.5', priceUsd: '2000', reason: null });
    expect(planTrade(inputFor(says(0)))).toEqual(plan);
  });

  it('plans nothing but what the order is to be', () => {
    expect(planTrade(inputFor(says(0))).intents).toStrictEqual([
      {
        clientOrderId: clientOrderId(decisionId(key), 'entry', 1),
        decisionId: decisionId(key),
        leg: 'entry',
        attempt: 1,
        symbol: 'ETHUSDT',
        side: 'buy',
        type: 'market',
        quantity: '2.5',
        quantityStep: '0.0001',
        referencePriceUsd: '2000',
        plannedAtMs: T + 5,
        validUntilMs: T + HOUR_MS,
        reason: 'signal_buy',
        modelId: 'm1',
        mode: 'paper',
      },
    ]);
  });

  it('sells everything on SELL, and says of a time exit what it is', () => {
    const ledger = ledgerWith('1.23456');
    expect(planTrade(inputFor(says(1), { ledger })).intents).toMatchObject([
      { side: 'sell', quantity: '1.2345', leg: 'exit', reason: 'signal_sell' },
    ]);
    expect(planTrade(inputFor(says(2), { ledger })).intents).toMatchObject([{ leg: 'time_exit', reason: 'time_exit' }]);
  });

  it.each([
    ['position_kept', {}, says(2)],
    ['risk_denied', { context: { isHalted: true, dataAgeMs: 0, priceUsd: 2000 } }, says(0)],
    ['no_price', { priceUsd: undefined }, says(0)],
    [
      'nothing_to_trade',
      { ledger: new Ledger(), limits: { ...DEFAULT_RISK_LIMITS }, account: accountView(ledgerWith(), money(2000), T, []) },
      says(0),
    ],
  ])('plans nothing and says why: %s', (rule, more, prediction) => {
    const plan = planTrade(inputFor(prediction, more));
    expect(plan.intents).toEqual([]);
    expect(plan.sizing).toMatchObject({ side: null, quantity: null, reason: { rule } });
  });

  it('rests an order in the book where that is wanted, and checks its limit against the rules of the venue', () => {
    const limit = { offsetBps: 10, postOnly: true };
    expect(planTrade(inputFor(says(0), { limit })).intents).toMatchObject([
      { type: 'limit', limitPriceUsd: '2002', postOnly: true, quantity: '2.4975' },
    ]);
    const narrow = { ...BINANCE_ETHUSDT_FILTERS, priceBandHigh: money('1.0005') };
    expect(planTrade(inputFor(says(0), { limit, filters: narrow }))).toMatchObject({
      intents: [],
      sizing: { reason: { rule: 'price_band', value: '2002', limit: '2001' } },
    });
  });

  it('checks the limit of a sale against the rules for sales', () => {
    const limit = { offsetBps: 10, postOnly: false };
    const ledger = ledgerWith('2');
    expect(planTrade(inputFor(says(1), { limit, ledger })).intents).toMatchObject([
      { side: 'sell', type: 'limit', limitPriceUsd: '1998', quantity: '2' },
    ]);
    expect(planTrade(inputFor(says(1), { limit, ledger })).intents[0]).not.toHaveProperty('postOnly');
    const narrow = { ...BINANCE_ETHUSDT_FILTERS, sellBandLow: money('0.9995') };
    expect(planTrade(inputFor(says(1), { limit, ledger, filters: narrow }))).toMatchObject({
      intents: [],
      sizing: { side: null, quantity: null, reason: { rule: 'price_band', value: '1998', limit: '1999' } },
    });
  });

  it('records what it was sized with, whether there is an order or not', () => {
    const ledger = ledgerWith('1.5');
    const given = { cashUsd: '10000', positionEth: '1.5', feeBps: 10, slippageBps: 5 };
    expect(planTrade(inputFor(says(1), { ledger })).sizing).toEqual({
      ...given,
      priceUsd: '2000',
      targetExposure: 0,
      side: 'sell',
      quantity: '1.5',
      reason: null,
    });
    expect(planTrade(inputFor(says(1), { ledger, priceUsd: undefined })).sizing).toEqual({
      ...given,
      priceUsd: null,
      targetExposure: 0,
      side: null,
      quantity: null,
      reason: { rule: 'no_price', value: null, limit: null },
    });
  });

  it('leaves no sale whose limit makes it too small', () => {
    const ledger = ledgerWith('0.0025');
    expect(planTrade(inputFor(says(1), { ledger })).intents).toMatchObject([{ quantity: '0.0025' }]);
    const limit = { offsetBps: 10, postOnly: false };
    expect(planTrade(inputFor(says(1), { ledger, limit }))).toMatchObject({
      intents: [],
      sizing: { reason: { rule: 'min_notional', value: '4.995', limit: '5' } },
    });
  });

  it('ends a position whose time is over without a prediction too, and keeps one whose time is not', () => {
    const ledger = ledgerWith('1');
    expect(planTrade(inputFor(undefined, { ledger })).intents).toMatchObject([
      { leg: 'time_exit', reason: 'time_exit', modelId: null, quantity: '1' },
    ]);
    const held = { decisionTimeMs: T - HOUR_MS, action: 'BUY', renewsHolding: true } as const;
    ledger.apply({ type: 'decision_taken', atMs: T - HOUR_MS, decisionId: 'before', ...held });
    const kept = planTrade(inputFor(undefined, { ledger }));
    expect(kept.intents).toEqual([]);
    expect(kept.decision.reasons).toMatchObject([{ rule: 'no_prediction' }, { rule: 'holding', value: HOUR_MS }]);
  });

  it('leaves a position in a perpetual however little it is worth, at the market and with a limit', () => {
    const futures = { leverage: 2, allowShort: true, minLiquidationDistance: 0.1, maintenanceMarginRate: 0.01 };
    const perpetual = {
      ledger: ledgerWith('0.002'),
      limits: { ...DEFAULT_RISK_LIMITS, futures },
      filters: BINANCE_ETHUSDT_PERPETUAL_FILTERS,
    };
    const out = { side: 'sell', quantity: '0.002', reduceOnly: true, leg: 'exit' };
    expect(planTrade(inputFor(says(1), perpetual)).intents).toMatchObject([{ ...out, type: 'market' }]);
    const limit = { offsetBps: 10, postOnly: false };
    expect(planTrade(inputFor(says(1), { ...perpetual, limit })).intents).toMatchObject([
      { ...out, type: 'limit', limitPriceUsd: '1998' },
    ]);
  });

  it('takes dust for a flat position', () => {
    const ledger = ledgerWith('0.00005');
    expect(planTrade(inputFor(says(1), { ledger })).decision.action).toBe('HOLD');
    expect(planTrade(inputFor(undefined, { ledger })).decision.reasons.map(({ rule }) => rule)).toEqual([
      'no_prediction',
      'flat',
    ]);
  });
});

describe('planExit', () => {
  const how = {
    leg: 'flatten',
    symbol: 'ETHUSDT',
    mode: 'paper',
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: T,
    validUntilMs: T + 1,
    reason: 'flatten',
  } as const;

  it('carries the price at which a stop fired, and the model of the trade that it leaves', () => {
    const ledger = ledgerWith('2');
    const exit = planExit(ledger, { ...how, leg: 'stop_loss', triggerPriceUsd: money('1840') });
    expect(exit).toMatchObject({ triggerPriceUsd: '1840', referencePriceUsd: '2000', modelId: null, leg: 'stop_loss' });
    expect(planExit(ledger, how)).not.toHaveProperty('triggerPriceUsd');
    expect(planExit(ledger, how)).not.toHaveProperty('reduceOnly');
  });

  it('names the model whose trade it leaves', () => {
    const ledger = ledgerWith();
    const [entry] = planTrade(inputFor(says(0), { ledger })).intents;
    const { clientOrderId, side, quantity } = entry!;
    ledger.apply({ type: 'order_planned', atMs: T, intent: entry! });
    ledger.apply({ type: 'order_submitting', atMs: T, clientOrderId, sendBeforeMs: T });
    const costs = { priceUsd: '2000', feeAmount: '0', feeAsset: 'USDT', feeUsd: '0' };
    ledger.apply({ type: 'fill', atMs: T, fill: { tradeId: '1', clientOrderId, side, quantity, ...costs, executedAtMs: T } });
    expect(planExit(ledger, how)).toMatchObject({ modelId: 'm1', decisionId: decisionId(key), quantity: '2.5' });
  });

  it('buys back what is short, and is another attempt where one was made before', () => {
    const ledger = new Ledger();
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: '-2', valueUsd: '-4000', reason: 'adopted' });
    const first = planExit(ledger, { ...how, isPerpetual: true, decisionId: 'x' })!;
    expect(first).toMatchObject({ side: 'buy', quantity: '2', reduceOnly: true, attempt: 1 });
    expect(planExit(ledger, { ...how, decisionId: 'x' })).toBeUndefined();
    ledger.apply({ type: 'order_planned', atMs: T, intent: first });
    const given = { clientOrderId: first.clientOrderId, atMs: T, venueOrderId: null, message: null };
    ledger.apply({ type: 'order_state', state: 'NOT_SENT', ...given });
    expect(planExit(ledger, { ...how, isPerpetual: true, decisionId: 'x' })).toMatchObject({ quantity: '2', attempt: 2 });
  });

  it('sells all there is under the id it is given', () => {
    expect(planExit(ledgerWith('2'), { ...how, decisionId: 'x' })).toMatchObject({
      side: 'sell',
      quantity: '2',
      decisionId: 'x',
      attempt: 1,
    });
    expect(planExit(ledgerWith(), { ...how, decisionId: 'x' })).toBeUndefined();
    expect(planExit(ledgerWith('2'), how)).toMatchObject({ side: 'sell', quantity: '2', decisionId: `adopted-${T}` });
  });
});

describe('ids', () => {
  it('derive from what they identify and nothing else', () => {
    expect(decisionId(key)).toBe(decisionId({ ...key }));
    const others = [
      { ...key, strategy: 'other' },
      { ...key, symbol: 'BTCUSDT' },
      { ...key, decisionTimeMs: T + 1 },
      { ...key, mode: 'live' as const },
    ];
    const ids = [key, ...others].map(decisionId);
    expect(new Set([...ids, manualDecisionId(key, 'flatten')]).size).toBe(6);
    const orders = ['entry', 'exit'].flatMap((leg) => [1, 2].map((attempt) => clientOrderId('d', leg as 'entry', attempt)));
    expect(new Set(orders).size).toBe(4);
  });

  it('are what venues take', () => {
    for (const length of [36, 18, 16]) {
      const id = clientOrderId(decisionId(key), 'entry', 1, length);
      expect(id).toMatch(/^[a-zA-Z0-9-_]{1,36}$/);
      expect(id).toHaveLength(length);
      expect(isOwnClientOrderId(id)).toBe(true);
    }
    expect(isOwnClientOrderId('web_0123456789abcdef')).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { DAY_MS, ManualClock, money } from '../../domain/index.ts';
import { SimulatedVenue } from '../brokers/simulated-venue.contract.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import type { OrderState } from '../order-state.ts';
import type { EquityPoint } from '../performance-log.ts';
import { makeIntent } from '../plan-trade.ts';
import { freeToSell, freeToSpend } from '../reserved.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { TradingEngine } from '../trading-engine.ts';
import { createOrderGate, type OrderGateOptions } from './order-gate.ts';
import type { RiskContext } from './risk-input.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk-limits.ts';

const NOW = 10 * DAY_MS;

function ledgerWith(): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: '1', valueUsd: '2000', reason: 'adopted' });
  return ledger;
}

const order = (side: 'buy' | 'sell', quantity: string, decisionId = 'd', offsetBps?: number): OrderIntent =>
  makeIntent({
    decisionId,
    leg: side === 'buy' ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'paper',
    side,
    quantity: money(quantity),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    ...(offsetBps !== undefined && { limit: { offsetBps, postOnly: false } }),
    nowMs: NOW,
    validUntilMs: NOW + 1,
    reason: 'test',
    modelId: null,
  });

/** A ledger in which an order was sent, is in a state and has filled so much. */
function withOrder(intent: OrderIntent, state: Extract<OrderState, 'UNKNOWN' | 'ACCEPTED' | 'CANCELLING'>, filled = '0'): Ledger {
  const ledger = ledgerWith();
  const { clientOrderId, side } = intent;
  ledger.apply({ type: 'order_planned', atMs: NOW, intent });
  ledger.apply({ type: 'order_submitting', atMs: NOW, clientOrderId, sendBeforeMs: NOW });
  const move = (to: OrderState) =>
    ledger.apply({ type: 'order_state', atMs: NOW, clientOrderId, state: to, venueOrderId: null, message: null });
  move(state === 'UNKNOWN' ? 'UNKNOWN' : 'ACCEPTED');
  if (filled !== '0') {
    const amounts = { quantity: filled, priceUsd: '2000', feeAmount: '0', feeAsset: 'USDT', feeUsd: '0' };
    ledger.apply({ type: 'fill', atMs: NOW, fill: { tradeId: '1', clientOrderId, side, ...amounts, executedAtMs: NOW } });
  }
  if (state === 'CANCELLING') move('CANCELLING');
  return ledger;
}

interface Asked {
  readonly limits?: Partial<RiskLimits>;
  readonly context?: Partial<RiskContext>;
  readonly history?: readonly EquityPoint[];
  readonly isHalted?: boolean;
}

function gateFor({ limits, context, history = [], isHalted = false }: Asked = {}) {
  const options: OrderGateOptions = {
    limits: { ...DEFAULT_RISK_LIMITS, ...limits },
    feeBps: 10,
    isHalted: async () => isHalted,
    history: () => history,
    context: async () => ({ dataAgeMs: 0, priceUsd: 2000, ...context }),
  };
  return createOrderGate(options);
}

const ask = async (intent: OrderIntent, ledger: Ledger, asked: Asked = {}) =>
  (await gateFor(asked)(intent, ledger)).map(({ rule }) => rule);

describe('createOrderGate', () => {
  it.each([
    ['an ordinary purchase', 'buy', '2', {}, false, []],
    ['an ordinary sale', 'sell', '1', {}, false, []],
    ['a purchase while halted', 'buy', '2', {}, true, ['halted']],
    ['a sale while halted, beyond every limit', 'sell', '1', { maxOrderUsd: 1, maxPositionUsd: 1, tradesPerDay: 0 }, true, []],
    ['a sale of more than is held', 'sell', '1.0001', {}, false, ['position']],
    ['a purchase of which cash does not pay the fee', 'buy', '5', {}, false, ['cash']],
    ['a purchase beyond all equity, of which cash says so', 'buy', '6', {}, false, ['cash']],
    ['a purchase with all cash and its fee', 'buy', '4.995', {}, false, []],
    [
      'a purchase beyond every limit',
      'buy',
      '2',
      { maxOrderUsd: 3_999, maxPositionUsd: 5_999, maxExposure: 0.49, tradesPerDay: 0 },
      false,
      ['trades_per_day', 'max_order_usd', 'max_position_usd', 'max_exposure'],
    ],
    [
      'a purchase at every limit',
      'buy',
      '2',
      { maxOrderUsd: 4_000, maxPositionUsd: 6_000, maxExposure: 0.5, tradesPerDay: 1 },
      false,
      [],
    ],
  ] as const)('%s', async (_name, side, quantity, limits, isHalted, rules) => {
    expect(await ask(order(side, quantity), ledgerWith(), { limits, isHalted })).toEqual(rules);
  });

  it('values what is held at the price that the order was sized with, and the order at its limit', async () => {
    const intent = order('buy', '0.998', 'd', 20);
    expect(await ask(intent, ledgerWith(), { limits: { maxOrderUsd: 2_000, maxPositionUsd: 4_000 } })).toEqual([]);
    expect(await ask(intent, ledgerWith(), { limits: { maxOrderUsd: 1_999 } })).toEqual(['max_order_usd']);
  });
});

describe('an account that owes more than it holds', () => {
  it('buys nothing: whatever it held would be beyond every share of equity', async () => {
    const ledger = ledgerWith();
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '-13000', valueUsd: '-13000', reason: 'by hand' });
    const rules = await ask(order('buy', '0.1'), ledger, { limits: { maxExposure: 0.5 } });
    expect(rules).toEqual(['equity', 'cash', 'max_exposure']);
    expect(await ask(order('sell', '1'), ledger, { limits: { maxExposure: 0.5 } })).toEqual([]);
  });
});

describe('what another order may still trade', () => {
  it.each([
    ['of unknown outcome', 'UNKNOWN', '0', '0'],
    ['open', 'ACCEPTED', '0', '0'],
    ['filled in part', 'ACCEPTED', '0.4', '0'],
    ['being cancelled', 'CANCELLING', '0.4', '0'],
  ] as const)('a sale that is %s keeps what it may still sell', async (_name, state, filled, free) => {
    const ledger = withOrder(order('sell', '1', 'stop'), state, filled);
    expect(freeToSell(ledger).toFixed()).toBe(free);
    expect(await ask(order('sell', '0.5'), ledger)).toEqual(['position']);
  });

  it('a purchase keeps its notional and its fee, and no other is taken before its outcome is known', async () => {
    const ledger = withOrder(order('buy', '4', 'first'), 'UNKNOWN');
    expect(freeToSpend(ledger, 10).toFixed()).toBe('1992');
    expect(await ask(order('buy', '4'), ledger)).toEqual(['working_order', 'cash']);
    expect(await ask(order('buy', '0.5'), ledger)).toEqual(['working_order']);
  });

  it('values a purchase with a limit at that, and lets go of what was filled', () => {
    const open = withOrder(order('buy', '2', 'first', 100), 'ACCEPTED', '1.5');
    expect(freeToSpend(open, 0).toFixed()).toBe('5990');
  });

  it('does not count the order itself', async () => {
    const sale = order('sell', '1', 'stop');
    expect(await ask(sale, withOrder(sale, 'ACCEPTED'))).toEqual([]);
    const purchase = order('buy', '4', 'first');
    expect(await ask(purchase, withOrder(purchase, 'ACCEPTED'))).toEqual([]);
  });

  it('leaves the rest of a position that is being sold in part', async () => {
    const ledger = withOrder(order('sell', '0.4', 'stop'), 'UNKNOWN');
    expect(await ask(order('sell', '0.6'), ledger)).toEqual([]);
    expect(await ask(order('sell', '0.6001'), ledger)).toEqual(['position']);
  });
});

describe('every rule of the risk engine', () => {
  const lost: EquityPoint = {
    timeMs: NOW - DAY_MS,
    decisionId: 'before',
    equityUsd: 20_000,
    cashUsd: 20_000,
    positionEth: 0,
    priceUsd: 2000,
    exposure: 0,
    transfersUsd: 12_000,
  };

  it.each<[string, Asked, string[]]>([
    ['a loss since yesterday', { history: [lost] }, ['daily_loss', 'weekly_loss']],
    ['an exchange that does not answer', { context: { isExchangeUp: false } }, ['exchange_status']],
    ['a market that is halted', { context: { marketStatus: 'halted' } }, ['exchange_status']],
    ['a price that is none', { context: { priceUsd: Number.NaN } }, ['price_sanity']],
    ['a price far from the stored one', { context: { secondPriceUsd: 1_000 } }, ['price_sanity']],
    ['data of an age that nobody knows', { context: { dataAgeMs: Number.NaN } }, ['data_age']],
    ['a wide book', { context: { spreadBps: 201 } }, ['spread_bps']],
    ['a thin book', { context: { slippageBps: Number.POSITIVE_INFINITY } }, ['slippage_bps']],
    ['no book where one is needed', { context: { needsBook: true } }, ['spread_bps', 'slippage_bps']],
    ['no book where none is needed', {}, []],
  ])('is asked at the gate: %s', async (_name, asked, rules) => {
    expect(await ask(order('buy', '0.5'), ledgerWith(), asked)).toEqual(rules);
    expect(await ask(order('sell', '1'), ledgerWith(), asked)).toEqual([]);
  });
});

describe('on an account that holds more than the system owns', () => {
  const desk = async () => {
    const venue = new SimulatedVenue(new ManualClock(NOW), '100000');
    venue.balances.set('ETH', money(20));
    const engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: venue.clock,
      connect: () => venue.connect(),
      gate: gateFor(),
      capitalUsd: '10000',
    });
    return { venue, engine };
  };

  it('sells once what a sale of unknown outcome may have sold', async () => {
    const { venue, engine } = await desk();
    await engine.execute([order('buy', '1', 'bought')]);
    venue.sending = 'lost';
    expect(await engine.execute([order('sell', '1', 'stop')])).toMatchObject([{ state: 'UNKNOWN' }]);
    venue.sending = 'fill';
    expect(await engine.execute([order('sell', '1', 'decided')])).toMatchObject([
      { state: 'NOT_SENT', message: 'denied: position (1 against 0)' },
    ]);
    expect(venue.submits).toBe(2);
    expect(engine.ledger.balance('ETH').toFixed()).toBe('1');
  });

  it('spends its cash once while the outcome of a purchase is open', async () => {
    const { venue, engine } = await desk();
    venue.sending = 'lost';
    await engine.execute([order('buy', '4', 'first')]);
    venue.sending = 'fill';
    expect(await engine.execute([order('buy', '4', 'second')])).toMatchObject([
      { state: 'NOT_SENT', message: 'denied: working_order (1 against 0), cash (8008 against 1992)' },
    ]);
    expect(venue.submits).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import type { Fill, OrderIntent } from './order.ts';
import { OrderBlotter } from './order-blotter.ts';
import { ORDER_STATES, type OrderState } from './order-state.ts';

const intent = (clientOrderId: string, side: 'buy' | 'sell' = 'buy'): OrderIntent => ({
  clientOrderId,
  decisionId: `decision-${clientOrderId}`,
  leg: side === 'buy' ? 'entry' : 'exit',
  attempt: 1,
  symbol: 'ETHUSDT',
  side,
  type: 'market',
  quantity: '2',
  quantityStep: '0.0001',
  referencePriceUsd: '2000',
  plannedAtMs: 1,
  validUntilMs: 2,
  reason: 'test',
  modelId: null,
  mode: 'paper',
});

const fill = (tradeId: string, quantity: string, more: Partial<Fill> = {}): Fill => ({
  tradeId,
  clientOrderId: 'a',
  side: 'buy',
  quantity,
  priceUsd: '2000',
  feeAmount: '0',
  feeAsset: 'USDT',
  feeUsd: '0',
  executedAtMs: 50,
  ...more,
});

const state = (
  next: OrderState,
  more: { venueOrderId?: string; message?: string; isTransient?: true; brokeFilter?: true } = {},
) => ({ type: 'order_state', atMs: 30, clientOrderId: 'a', state: next, venueOrderId: null, message: null, ...more }) as const;

/** A blotter with order `a`, announced. */
function sent(): OrderBlotter {
  const blotter = new OrderBlotter();
  blotter.plan({ type: 'order_planned', atMs: 10, intent: intent('a') });
  blotter.announce({ type: 'order_submitting', atMs: 20, clientOrderId: 'a', sendBeforeMs: 5_000 });
  return blotter;
}

/** An error with its code, what it says and its data. */
const fails = (code: string, message: string, details: object, hint?: string) =>
  expect.objectContaining({ code, message, details: expect.objectContaining(details), ...(hint !== undefined && { hint }) });

describe('OrderBlotter', () => {
  it('knows of a planned order nothing but its plan', () => {
    const blotter = new OrderBlotter();
    blotter.plan({ type: 'order_planned', atMs: 10, intent: intent('a') });
    const { filledQuantity, notionalUsd, ...order } = blotter.order('a');
    expect(order).toEqual({
      intent: intent('a'),
      state: 'PLANNED',
      venueOrderId: null,
      sendBeforeMs: null,
      venueAheadMs: null,
      tradeIds: new Set(),
      updatedAtMs: 10,
      message: null,
      isTransient: false,
      brokeFilter: false,
    });
    expect([filledQuantity.toFixed(), notionalUsd.toFixed()]).toEqual(['0', '0']);
  });

  it('takes a plan once, and steps of planned orders only', () => {
    const blotter = sent();
    const planned = { type: 'order_planned', atMs: 11, intent: intent('a') } as const;
    expect(() => blotter.plan(planned)).toThrow(
      fails('ledger.order_planned_twice', 'order a was planned before', { clientOrderId: 'a', decisionId: 'decision-a' }),
    );
    const unknown = fails('ledger.unknown_order', 'the journal has no order x', { clientOrderId: 'x' });
    expect(() => blotter.order('x')).toThrow(unknown);
    expect(() => blotter.changeState({ ...state('ACCEPTED'), clientOrderId: 'x' })).toThrow(unknown);
    expect(() => blotter.fill(fill('1', '1', { clientOrderId: 'x' }))).toThrow(unknown);
    expect(blotter.orders.size).toBe(1);
  });

  it('notes until when an order may be sent, and how far the clock of the exchange was ahead where that was known', () => {
    const blotter = sent();
    expect(blotter.order('a')).toMatchObject({ state: 'SUBMITTING', updatedAtMs: 20, sendBeforeMs: 5_000, venueAheadMs: null });
    blotter.plan({ type: 'order_planned', atMs: 10, intent: intent('b') });
    blotter.announce({ type: 'order_submitting', atMs: 20, clientOrderId: 'b', sendBeforeMs: 6_000, venueAheadMs: -70 });
    expect(blotter.order('b')).toMatchObject({ sendBeforeMs: 6_000, venueAheadMs: -70 });
  });

  it('keeps number and message of an order until there are new ones, and why it was refused for that refusal alone', () => {
    const blotter = sent();
    blotter.changeState(state('UNKNOWN', { venueOrderId: '7', message: 'time-out' }));
    expect(blotter.order('a')).toMatchObject({ state: 'UNKNOWN', updatedAtMs: 30, venueOrderId: '7', message: 'time-out' });
    blotter.changeState(state('ACCEPTED'));
    expect(blotter.order('a')).toMatchObject({ venueOrderId: '7', message: 'time-out', isTransient: false, brokeFilter: false });
    blotter.changeState(state('REJECTED', { message: 'refused', isTransient: true, brokeFilter: true }));
    expect(blotter.order('a')).toMatchObject({ venueOrderId: '7', message: 'refused', isTransient: true, brokeFilter: true });
  });

  it('lists orders that have not ended, oldest first', () => {
    const blotter = sent();
    for (const id of ['b', 'c']) blotter.plan({ type: 'order_planned', atMs: 10, intent: intent(id) });
    expect(blotter.unsettled().map((order) => order.intent.clientOrderId)).toEqual(['a', 'b', 'c']);
    blotter.changeState({ ...state('NOT_SENT'), clientOrderId: 'b' });
    blotter.changeState(state('CANCELLED'));
    expect(blotter.unsettled().map((order) => order.intent.clientOrderId)).toEqual(['c']);
    expect([...blotter.orders.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('adds up executions, each once, until the order is filled', () => {
    const blotter = sent();
    expect(blotter.fill(fill('1', '0.5'))).toBe(blotter.order('a'));
    expect(blotter.order('a')).toMatchObject({ state: 'PARTIALLY_FILLED', updatedAtMs: 50 });
    expect(blotter.fill(fill('1', '0.5', { executedAtMs: 60 }))).toBeUndefined();
    expect(blotter.order('a').updatedAtMs).toBe(50);
    blotter.fill(fill('2', '1.5', { priceUsd: '2100', executedAtMs: 70 }));
    const order = blotter.order('a');
    expect(order).toMatchObject({ state: 'FILLED', updatedAtMs: 70, tradeIds: new Set(['1', '2']) });
    expect([order.filledQuantity.toFixed(), order.notionalUsd.toFixed()]).toEqual(['2', '4150']);
    expect(blotter.unsettled()).toEqual([]);
  });

  it('leaves an order that is being cancelled as such until it is filled', () => {
    const blotter = sent();
    blotter.changeState(state('ACCEPTED'));
    blotter.changeState(state('CANCELLING'));
    blotter.fill(fill('1', '0.5'));
    expect(blotter.order('a').state).toBe('CANCELLING');
    blotter.fill(fill('2', '1.5'));
    expect(blotter.order('a').state).toBe('FILLED');
  });

  it.each([
    ['more than was ordered', { quantity: '1.5001' }],
    ['nothing', { quantity: '0' }],
    ['less than nothing', { quantity: '-0.1' }],
    ['the other side', { side: 'sell' }],
  ] as const)('refuses an execution of %s, and changes nothing', (_name, more) => {
    const blotter = sent();
    blotter.fill(fill('1', '0.5'));
    const wrong = fill('2', '1', more);
    expect(() => blotter.fill(wrong)).toThrow(
      fails(
        'ledger.fill_does_not_fit',
        'fill 2 does not fit order a',
        { fill: wrong, filledBefore: '0.5', quantity: '2' },
        'Trading stops here. Compare `ets journal` with the trades at the exchange.',
      ),
    );
    const order = blotter.order('a');
    expect(order).toMatchObject({ state: 'PARTIALLY_FILLED', tradeIds: new Set(['1']) });
    expect([order.filledQuantity.toFixed(), order.notionalUsd.toFixed()]).toEqual(['0.5', '1000']);
  });

  it('tries records on copies: what can follow changes nothing until it is applied', () => {
    const blotter = sent();
    const fills = ['1', '2'].map((tradeId) => ({ type: 'fill', atMs: 50, fill: fill(tradeId, '1') }) as const);
    const other = { type: 'order_planned', atMs: 40, intent: intent('b') } as const;
    blotter.assertFollows([state('ACCEPTED'), ...fills, other]);
    expect(blotter.order('a')).toMatchObject({ state: 'SUBMITTING', tradeIds: new Set() });
    expect([...blotter.orders.keys()]).toEqual(['a']);
    for (const record of [state('ACCEPTED'), ...fills]) blotter.apply(record);
    expect(blotter.order('a').state).toBe('FILLED');
  });

  it('refuses records of which one cannot follow those before it', () => {
    const blotter = sent();
    const full = { type: 'fill', atMs: 50, fill: fill('1', '2') } as const;
    expect(() => blotter.assertFollows([full, { ...full, fill: fill('2', '1') }])).toThrow(
      fails('ledger.fill_does_not_fit', 'fill 2 does not fit order a', { filledBefore: '2' }),
    );
    expect(() => blotter.assertFollows([full, state('CANCELLED')])).toThrow(
      fails('order.illegal_transition', 'order a cannot go from FILLED to CANCELLED', {}),
    );
    expect(() => blotter.assertFollows([{ ...full, fill: fill('1', '1', { clientOrderId: 'c' }) }])).toThrow(
      fails('ledger.unknown_order', 'the journal has no order c', {}),
    );
    blotter.apply(full);
    expect(() => blotter.assertFollows([full])).not.toThrow();
  });

  it('goes on from what a snapshot says, whatever state an order is in', () => {
    const snapshot = (id: string, stateOf: OrderState, more: object = {}) => ({
      intent: intent(id),
      state: stateOf,
      venueOrderId: '7',
      sendBeforeMs: 5_000,
      filledQuantity: '0.5',
      notionalUsd: '1000',
      tradeIds: ['1'],
      updatedAtMs: 20,
      message: 'before',
      isTransient: true,
      brokeFilter: true,
      ...more,
    });
    const blotter = new OrderBlotter();
    blotter.restore([...ORDER_STATES.map((one) => snapshot(one, one)), snapshot('a', 'ACCEPTED', { venueAheadMs: 40 })]);
    expect(blotter.unsettled().map((order) => order.intent.clientOrderId)).toEqual([
      'PLANNED',
      'SUBMITTING',
      'ACCEPTED',
      'PARTIALLY_FILLED',
      'CANCELLING',
      'UNKNOWN',
      'a',
    ]);
    expect(blotter.order('UNKNOWN').venueAheadMs).toBeNull();
    expect(blotter.order('a')).toMatchObject({ venueAheadMs: 40, message: 'before', isTransient: true, brokeFilter: true });
    expect(blotter.fill(fill('1', '0.5'))).toBeUndefined();
    blotter.fill(fill('2', '1.5'));
    expect(blotter.order('a')).toMatchObject({ state: 'FILLED' });
    expect(blotter.order('a').notionalUsd.toFixed()).toBe('4000');
  });
});

import { describe, expect, it } from 'vitest';
import { money, toText } from '../domain/index.ts';
import { clientOrderId } from './client-order-id.ts';
import { DESK_START, orderOf } from './engine-desk.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { Ledger } from './ledger.ts';
import type { OrderIntent } from './order.ts';
import type { OrderState } from './order-state.ts';
import { planRetry, type RetryOptions, retryIntent } from './retry-intent.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';

type StateRecord = Extract<JournalRecord, { type: 'order_state' }>;

/** One attempt: how it ended, and what was filled before. */
interface Attempt {
  readonly state: OrderState;
  readonly filled?: string;
  readonly intent?: Partial<OrderIntent>;
  readonly isTransient?: boolean;
  readonly brokeFilter?: boolean;
}

const NOW = DESK_START + 30_000;
const options: RetryOptions = {
  priceUsd: money(2000),
  filters: BINANCE_ETHUSDT_FILTERS,
  nowMs: NOW,
  validUntilMs: NOW + 60_000,
  maxAttempts: 3,
};

/** A ledger that holds `eth`, with these attempts at an order, and the first of them. */
function ledgerAfter(attempts: readonly Attempt[], first: OrderIntent = orderOf('d', 'buy'), eth = '0') {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  const given = money(eth).times(2000);
  if (eth !== '0')
    ledger.apply({ type: 'transfer', atMs: 0, asset: 'ETH', amount: eth, valueUsd: toText(given), reason: 'adopted' });
  for (const [i, { state, filled, intent: more, isTransient, brokeFilter }] of attempts.entries()) {
    const attempt = i + 1;
    const id = clientOrderId(first.decisionId, first.leg, attempt);
    const intent = { ...first, ...(i > 0 && { clientOrderId: id }), attempt, ...more };
    const { clientOrderId: ownId, side } = intent;
    const ended: StateRecord = {
      type: 'order_state',
      atMs: NOW,
      clientOrderId: ownId,
      state,
      venueOrderId: null,
      message: null,
      ...(isTransient !== undefined && { isTransient }),
      ...(brokeFilter !== undefined && { brokeFilter }),
    };
    ledger.apply({ type: 'order_planned', atMs: NOW, intent });
    if (state === 'NOT_SENT') {
      ledger.apply(ended);
      continue;
    }
    ledger.apply({ type: 'order_submitting', atMs: NOW, clientOrderId: ownId, sendBeforeMs: NOW });
    const costs = { feeAmount: '0', feeAsset: 'USDT', feeUsd: '0' };
    if (filled !== undefined) {
      const fill = { tradeId: '1', clientOrderId: ownId, side, quantity: filled, priceUsd: '2000', ...costs, executedAtMs: NOW };
      ledger.apply({ type: 'fill', atMs: NOW, fill });
    }
    if (state === 'NOT_FOUND') ledger.apply({ ...ended, state: 'UNKNOWN' });
    if (state !== 'SUBMITTING' && state !== 'PARTIALLY_FILLED' && state !== 'FILLED') ledger.apply(ended);
  }
  return { ledger, first };
}

const retry = (attempts: readonly Attempt[], more: Partial<RetryOptions> = {}, first?: OrderIntent, eth?: string) => {
  const { ledger, first: intent } = ledgerAfter(attempts, first, eth);
  return planRetry(ledger, intent, { ...options, ...more });
};
const NOTHING = { kind: 'none', reason: null };

describe('planRetry', () => {
  it('orders what is left under the id of the next attempt, at the price, the rules and the time now', () => {
    const filters = { ...BINANCE_ETHUSDT_FILTERS, quantityStep: money('0.001') };
    const first = orderOf('d', 'buy', { quantity: '1.0005' });
    const { ledger } = ledgerAfter([{ state: 'CANCELLED', filled: '0.4' }], first);
    const given = { ...options, filters, priceUsd: money('2100.5') };
    expect(planRetry(ledger, first, given)).toStrictEqual({
      kind: 'order',
      intent: {
        ...first,
        clientOrderId: clientOrderId('d', 'entry', 2),
        attempt: 2,
        quantity: '0.6',
        quantityStep: '0.001',
        referencePriceUsd: '2100.5',
        plannedAtMs: NOW,
        validUntilMs: NOW + 60_000,
      },
    });
    expect(retryIntent(ledger, first, given)?.quantity).toBe('0.6');
    expect(planRetry(ledger, first, { ...given, clientOrderIdLength: 18 })).toMatchObject({
      intent: { clientOrderId: clientOrderId('d', 'entry', 2, 18) },
    });
  });

  it.each<[string, readonly Attempt[]]>([
    ['before there was an attempt', []],
    ['while the last one is open', [{ state: 'PARTIALLY_FILLED', filled: '0.4' }]],
    ['while an earlier one is open', [{ state: 'SUBMITTING' }, { state: 'CANCELLED' }]],
    ['where the exchange refused it for what it is', [{ state: 'REJECTED' }]],
    ['where it was given up before it was sent', [{ state: 'NOT_SENT' }]],
    ['where the attempts are used up', [{ state: 'CANCELLED' }, { state: 'CANCELLED' }, { state: 'CANCELLED' }]],
  ])('orders nothing again %s', (_name, attempts) => {
    expect(retry(attempts)).toEqual(NOTHING);
    expect(retryIntent(ledgerAfter(attempts).ledger, orderOf('d', 'buy'), options)).toBeUndefined();
  });

  it.each<[string, readonly Attempt[]]>([
    ['cancelled', [{ state: 'CANCELLED' }]],
    ['expired', [{ state: 'EXPIRED' }]],
    ['proven not to have arrived', [{ state: 'NOT_FOUND' }]],
    ['refused for load', [{ state: 'REJECTED', isTransient: true }]],
  ])('orders all of it again where it was %s', (_name, attempts) => {
    expect(retry(attempts)).toMatchObject({ kind: 'order', intent: { quantity: '1', attempt: 2 } });
  });

  it('never orders more than the largest attempt less what all of them traded', () => {
    const attempts: Attempt[] = [
      { state: 'CANCELLED', filled: '0.25' },
      { state: 'CANCELLED', filled: '0.5', intent: { quantity: '0.75' } },
    ];
    expect(retry(attempts)).toMatchObject({ kind: 'order', intent: { quantity: '0.25', attempt: 3 } });
    expect(retry([{ state: 'FILLED', filled: '1' }])).toEqual({
      kind: 'none',
      reason: { rule: 'quantity_not_positive', value: '0', limit: '0' },
    });
  });

  it('says by which rule nothing is left to order', () => {
    expect(retry([{ state: 'CANCELLED', filled: '0.998' }])).toEqual({
      kind: 'none',
      reason: { rule: 'min_notional', value: '4', limit: '5' },
    });
  });

  it('gives up what broke a rule where the rules now change nothing, and rounds it where they do', () => {
    const broken: Attempt[] = [{ state: 'REJECTED', brokeFilter: true }];
    expect(retry(broken)).toEqual({ kind: 'none', reason: { rule: 'unchanged', value: '1', limit: '1' } });
    const coarse = { ...BINANCE_ETHUSDT_FILTERS, quantityStep: money('0.4') };
    expect(retry(broken, { filters: coarse })).toMatchObject({ kind: 'order', intent: { quantity: '0.8' } });
    expect(retry([{ state: 'REJECTED', isTransient: true }])).toMatchObject({ kind: 'order', intent: { quantity: '1' } });
    const limited = orderOf('d', 'buy', { type: 'limit', limitPriceUsd: '1990' });
    expect(retry(broken, {}, limited)).toMatchObject({ kind: 'none', reason: { rule: 'unchanged' } });
    expect(retry(broken, { priceUsd: money(2010) }, limited)).toMatchObject({ kind: 'order', intent: { quantity: '1' } });
  });

  it('orders no more at once than the venue takes, at the market or with a limit', () => {
    const filters = { ...BINANCE_ETHUSDT_FILTERS, maxQuantity: money('0.7'), marketMaxQuantity: money('0.5') };
    expect(retry([{ state: 'CANCELLED' }], { filters })).toMatchObject({ intent: { type: 'market', quantity: '0.5' } });
    const limited = orderOf('d', 'buy', { type: 'limit', limitPriceUsd: '1990' });
    expect(retry([{ state: 'CANCELLED' }], { filters }, limited)).toMatchObject({ intent: { type: 'limit', quantity: '0.7' } });
  });

  it('prices a limit anew, as far from the price as it was, and stays post-only where it was', () => {
    const limited = (more: Partial<OrderIntent> = {}) => orderOf('d', 'buy', { type: 'limit', limitPriceUsd: '1990', ...more });
    const at = (first: OrderIntent) => {
      const next = retry([{ state: 'CANCELLED' }], { priceUsd: money(2100) }, first);
      return next.kind === 'order' ? [next.intent.type, next.intent.limitPriceUsd, next.intent.postOnly] : next;
    };
    expect(at(limited())).toEqual(['limit', '2089.5', undefined]);
    expect(at(limited({ postOnly: true }))).toEqual(['limit', '2089.5', true]);
    expect(at(limited({ postOnly: false }))).toEqual(['limit', '2089.5', false]);
    expect(at(orderOf('d', 'buy'))).toEqual(['market', undefined, undefined]);
  });

  it('takes what the market gives with the last attempt of a way out, and of nothing else', () => {
    const limit = { type: 'limit', limitPriceUsd: '2010', postOnly: true } as const;
    const typeAfter = (attempts: readonly Attempt[], first: OrderIntent) => {
      const next = retry(attempts, {}, first, '5');
      return next.kind === 'order' ? [next.intent.type, next.intent.limitPriceUsd, next.intent.postOnly] : next;
    };
    const once: Attempt[] = [{ state: 'CANCELLED' }];
    const twice: Attempt[] = [...once, { state: 'CANCELLED' }];
    expect(typeAfter(once, orderOf('d', 'sell', limit))).toEqual(['limit', '2010', true]);
    expect(typeAfter(twice, orderOf('d', 'sell', limit))).toEqual(['market', undefined, undefined]);
    expect(typeAfter(twice, orderOf('d', 'buy', limit))).toEqual(['limit', '2010', true]);
    expect(typeAfter(twice, orderOf('d', 'sell', { ...limit, reduceOnly: true }))).toEqual(['market', undefined, undefined]);
    expect(typeAfter(twice, orderOf('d', 'sell', { ...limit, reduceOnly: false, quantity: '6' }))).toEqual([
      'limit',
      '2010',
      true,
    ]);
  });

  it('makes no smaller what only leaves, whatever it is worth', () => {
    const small = [{ state: 'CANCELLED', filled: '0.998' }] as const;
    const out = orderOf('d', 'sell', { reduceOnly: true });
    expect(retry(small, {}, out, '5')).toMatchObject({ kind: 'order', intent: { quantity: '0.002', reduceOnly: true } });
    expect(retry(small, {}, orderOf('d', 'sell'), '5')).toMatchObject({ kind: 'none', reason: { rule: 'min_notional' } });
  });

  it('orders the rest of a way out whole: what may still be closed, the gate says', () => {
    const out = orderOf('d', 'sell', { reduceOnly: true });
    const expected = { kind: 'order', intent: { quantity: '1', reduceOnly: true } };
    expect(retry([{ state: 'CANCELLED' }], {}, out, '0.5')).toMatchObject(expected);
  });

  it('leaves the way out of what is held where the gate denied a turn, and goes on with it', () => {
    const turn = orderOf('d', 'sell', { reduceOnly: false, quantity: '3' });
    const denied: Attempt[] = [{ state: 'NOT_SENT' }];
    const next = retry(denied, {}, turn, '2');
    expect(next).toMatchObject({ kind: 'order', intent: { quantity: '2', reduceOnly: true, attempt: 2 } });
    const wayOut: Attempt = { state: 'NOT_SENT', intent: { quantity: '2', reduceOnly: true } };
    expect(retry([...denied, { ...wayOut, state: 'CANCELLED', filled: '0.5' }], {}, turn, '2')).toMatchObject({
      intent: { quantity: '1.5', reduceOnly: true, attempt: 3 },
    });
    expect(retry([...denied, wayOut], {}, turn, '2')).toEqual(NOTHING);
    // Without anything to close there is no turn.
    expect(retry(denied, {}, turn)).toEqual(NOTHING);
    expect(retry(denied, {}, { ...turn, reduceOnly: true }, '2')).toEqual(NOTHING);
    const { reduceOnly: _none, ...spot } = turn;
    expect(retry(denied, {}, spot, '2')).toEqual(NOTHING);
  });
});

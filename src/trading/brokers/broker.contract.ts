import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, money, type TimeMs } from '../../domain/index.ts';
import type { Broker } from '../broker.ts';
import { clientOrderId, orderListId } from '../client-order-id.ts';
import { decisionId } from '../decision-id.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import type { Ledger } from '../ledger.ts';
import type { OrderIntent } from '../order.ts';
import type { OrderListIntent } from '../order-list.ts';
import { makeIntent } from '../plan-trade.ts';
import { TradingEngine } from '../trading-engine.ts';

/** A venue to test a broker against: its account holds `capitalUsd` in the quote currency and nothing else. */
export interface BrokerHarness {
  readonly connect: (ledger: Ledger) => Broker | Promise<Broker>;
  readonly clock: Clock;
  readonly capitalUsd: string;
  /** About what one Ether costs there. */
  readonly priceUsd: string;
  readonly dispose: () => Promise<void>;
  /** From now on orders rest in the book; absent where the venue fills everything. */
  readonly letOrdersRest?: () => void;
  /** Orders are for a perpetual: sales say that they only make the position smaller. */
  readonly isPerpetual?: boolean;
}

/** What every broker has to do, driven through the engine as in production. */
export function describeBroker(start: () => Promise<BrokerHarness>): void {
  let harness: BrokerHarness;
  let journal: MemoryJournal;
  let engine: TradingEngine;

  const open = () =>
    TradingEngine.open({
      journal,
      clock: harness.clock,
      connect: harness.connect,
      gate: () => [],
      capitalUsd: harness.capitalUsd,
    });

  beforeEach(async () => {
    harness = await start();
    journal = new MemoryJournal();
    engine = await open();
  });
  afterEach(async () => {
    await engine.close();
    await harness.dispose();
  });

  const intent = async (side: 'buy' | 'sell', quantity: string, decisionTimeMs: TimeMs): Promise<OrderIntent> => {
    const nowMs = harness.clock.nowMs();
    return makeIntent({
      decisionId: decisionId({ strategy: 'contract', symbol: 'ETHUSDT', decisionTimeMs, mode: 'sandbox' }),
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side,
      ...(harness.isPerpetual === true && { reduceOnly: side === 'sell' }),
      quantity: money(quantity),
      priceUsd: money(harness.priceUsd),
      filters: (await engine.broker.market('ETHUSDT')).filters,
      nowMs,
      validUntilMs: nowMs + 60_000,
      reason: 'contract',
      modelId: null,
      clientOrderIdLength: engine.broker.capabilities.clientOrderIdLength,
    });
  };

  const pairFor = async (quantity: string): Promise<OrderListIntent> => {
    const { type: _type, ...sale } = await intent('sell', quantity, 7);
    const listClientOrderId = orderListId(sale.decisionId, 1, engine.broker.capabilities.clientOrderIdLength);
    const around = (share: string) => money(harness.priceUsd).times(share).round(2).toFixed();
    const id = (leg: 'stop_on_exchange' | 'target_on_exchange') => ({
      leg,
      clientOrderId: clientOrderId(sale.decisionId, leg, 1),
    });
    return {
      listClientOrderId,
      symbol: 'ETHUSDT',
      stop: { ...sale, ...id('stop_on_exchange'), listClientOrderId, type: 'stop', stopPriceUsd: around('0.8') },
      target: { ...sale, ...id('target_on_exchange'), listClientOrderId, type: 'limit', limitPriceUsd: around('1.2') },
    };
  };

  const agreeWithVenue = async () => {
    const balances = await engine.broker.balances();
    for (const asset of ['ETH', 'USDT']) {
      const { free, locked } = balances.get(asset) ?? { free: money(0), locked: money(0) };
      expect(free.plus(locked).toFixed(8)).toBe(engine.ledger.balance(asset).toFixed(8));
    }
  };

  it('knows the rules of its venue', async () => {
    const { filters } = await engine.broker.market('ETHUSDT');
    expect(filters.quantityStep.gt(0)).toBe(true);
    expect(engine.broker.capabilities.clientOrderIdLength).toBeGreaterThanOrEqual(16);
    await agreeWithVenue();
  });

  it('fills market orders, and the journal agrees with the account to the last unit', async () => {
    const [bought] = await engine.execute([await intent('buy', '0.5', 1)]);
    expect(bought).toMatchObject({ state: 'FILLED', filledQuantity: '0.5' });
    expect(engine.ledger.cashUsd.lt(harness.capitalUsd)).toBe(true);
    await agreeWithVenue();
    const [sold] = await engine.execute([await intent('sell', '0.4', 2)]);
    expect(sold).toMatchObject({ state: 'FILLED', filledQuantity: '0.4' });
    await agreeWithVenue();
    expect(await engine.broker.openOrders('ETHUSDT')).toEqual([]);
  });

  it('shows every execution of the account, each once, under the ids that the journal booked', async () => {
    const sinceMs = harness.clock.nowMs();
    await engine.execute([await intent('buy', '0.5', 1)]);
    await engine.execute([await intent('sell', '0.4', 2)]);
    const booked = [...engine.ledger.orders.values()].flatMap(({ tradeIds }) => [...tradeIds]);
    const shown = await engine.broker.recentFills('ETHUSDT', sinceMs - 1_000);
    expect(shown.map(({ tradeId }) => tradeId).sort()).toEqual(booked.sort());
    const sum = (side: 'buy' | 'sell') =>
      shown
        .filter((fill) => fill.side === side)
        .reduce((total, { quantity }) => total.plus(quantity), money(0))
        .toFixed();
    expect([sum('buy'), sum('sell')]).toEqual(['0.5', '0.4']);
    for (const { tradeId, venueOrderId } of shown) {
      const id = await engine.broker.clientOrderIdOf('ETHUSDT', venueOrderId);
      expect(engine.ledger.order(id ?? 'none').tradeIds.has(tradeId)).toBe(true);
    }
    for (const { executedAtMs } of shown) expect(Math.abs(executedAtMs - sinceMs)).toBeLessThan(60_000);
    expect(await engine.broker.recentFills('ETHUSDT', harness.clock.nowMs() + 3_600_000)).toEqual([]);
  });

  it('carries an intent out once, however often it is asked to', async () => {
    const order = await intent('buy', '0.5', 1);
    await engine.execute([order, order]);
    const [again] = await engine.execute([order]);
    expect(again?.state).toBe('FILLED');
    expect(engine.ledger.fillCount).toBeGreaterThan(0);
    expect(engine.ledger.orders.size).toBe(1);
    await agreeWithVenue();
  });

  it('finds an order by its id, with the same executions', async () => {
    const order = await intent('buy', '0.5', 1);
    await engine.execute([order]);
    const found = await engine.broker.lookup({
      clientOrderId: order.clientOrderId,
      symbol: 'ETHUSDT',
      venueOrderId: null,
      plannedAtMs: order.plannedAtMs,
    });
    expect(found).toMatchObject({ outcome: 'found', report: { clientOrderId: order.clientOrderId, state: 'FILLED' } });
    const tradeIds = found.outcome === 'found' ? found.report.fills.map((fill) => fill.tradeId) : [];
    expect([...new Set(tradeIds)]).toEqual([...engine.ledger.order(order.clientOrderId).tradeIds]);
  });

  it('keeps what it claims of ids: as long as it says, and enough to find and cancel an order that rests', async () => {
    const { capabilities } = engine.broker;
    expect(capabilities).toMatchObject({ setsClientOrderId: true, looksUpByClientOrderId: true });
    const order = { ...(await intent('buy', '0.5', 1)), type: 'limit', limitPriceUsd: harness.priceUsd } as const;
    expect(order.clientOrderId).toHaveLength(capabilities.clientOrderIdLength);
    if (!capabilities.orderTypes.includes('limit') || harness.letOrdersRest === undefined) return;
    harness.letOrdersRest();
    expect(await engine.execute([order])).toMatchObject([{ state: 'ACCEPTED' }]);
    const terms = { clientOrderId: order.clientOrderId, side: 'buy', limitPriceUsd: harness.priceUsd };
    const [open] = await engine.broker.openOrders('ETHUSDT');
    expect(open).toMatchObject(terms);
    expect(open?.quantity.toFixed()).toBe('0.5');
    const ours = { clientOrderId: order.clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: order.plannedAtMs };
    expect(await engine.broker.lookup(ours)).toMatchObject({ outcome: 'found', report: { ...terms, state: 'ACCEPTED' } });
    expect(await engine.broker.cancel(ours)).toMatchObject({ outcome: 'done', report: { state: 'CANCELLED' } });
    expect(await engine.broker.cancel(ours)).toMatchObject({ outcome: 'not_cancelled' });
    expect(await engine.refresh()).toMatchObject([{ state: 'CANCELLED', filledQuantity: '0' }]);
    expect(await engine.broker.openOrders('ETHUSDT')).toEqual([]);
    await agreeWithVenue();
  });

  it('refuses a post-only order that would be filled at once, as one to be priced anew, and lets another rest', async () => {
    if (!engine.broker.capabilities.orderTypes.includes('limit')) return;
    const postOnly = async (share: string, decisionTimeMs: TimeMs): Promise<OrderIntent> => {
      const limitPriceUsd = money(harness.priceUsd).times(share).round(2).toFixed();
      return { ...(await intent('buy', '0.5', decisionTimeMs)), type: 'limit', limitPriceUsd, postOnly: true };
    };
    const across = await postOnly('1.01', 1);
    expect(await engine.execute([across])).toMatchObject([{ state: 'REJECTED', filledQuantity: '0' }]);
    expect(engine.ledger.order(across.clientOrderId)).toMatchObject({ isTransient: true, brokeFilter: false });
    const below = await postOnly('0.99', 2);
    expect(await engine.execute([below])).toMatchObject([{ state: 'ACCEPTED', filledQuantity: '0' }]);
    const open = await engine.broker.openOrders('ETHUSDT');
    expect(open).toMatchObject([{ clientOrderId: below.clientOrderId, limitPriceUsd: below.limitPriceUsd }]);
    expect(await engine.cancel(below.clientOrderId)).toMatchObject({ state: 'CANCELLED' });
    await agreeWithVenue();
  });

  it('says that it does not find an order that it never got', async () => {
    const order = await intent('buy', '0.5', 99);
    const reference = {
      clientOrderId: order.clientOrderId,
      symbol: 'ETHUSDT',
      venueOrderId: null,
      plannedAtMs: order.plannedAtMs,
    };
    expect(await engine.broker.lookup(reference)).toMatchObject({ outcome: 'not_found' });
  });

  it('ends what it cannot take as REJECTED, with the reason, and changes nothing', async () => {
    const tooMuch = await intent('buy', '500', 1);
    const notHeld = await intent('sell', '1', 2);
    const outcomes = await engine.execute([tooMuch, notHeld]);
    expect(outcomes.map(({ state }) => state)).toEqual(['REJECTED', 'REJECTED']);
    for (const { message } of outcomes) expect(message).toBeTruthy();
    await agreeWithVenue();
  });

  it('refuses quantities that break the rules of the venue', async () => {
    const outcomes = await engine.execute([await intent('buy', '0.00001', 1), await intent('buy', '0.0002', 2)]);
    expect(outcomes.map(({ state }) => state)).toEqual(['REJECTED', 'REJECTED']);
    await agreeWithVenue();
  });

  it('does not cancel what is filled', async () => {
    const order = await intent('buy', '0.5', 1);
    await engine.execute([order]);
    expect((await engine.cancel(order.clientOrderId)).state).toBe('FILLED');
  });

  it('takes pairs of which one order cancels the other, finds them and cancels them, where it says so', async () => {
    const { orderLists, capabilities } = engine.broker;
    expect(orderLists !== undefined).toBe(capabilities.placesOco);
    if (orderLists === undefined) return;
    await engine.execute([await intent('buy', '0.5', 1)]);
    const list = await pairFor('0.4');
    expect(await orderLists.lookup(list)).toEqual({ outcome: 'not_found' });
    expect(await engine.executeList(list)).toMatchObject([{ state: 'ACCEPTED' }, { state: 'ACCEPTED' }]);
    await engine.executeList(list);
    const ids = [list.stop.clientOrderId, list.target.clientOrderId];
    const found = await orderLists.lookup(list);
    expect(found).toMatchObject({ outcome: 'found', isExecuting: true });
    expect(found.outcome === 'found' && [...found.clientOrderIds].sort()).toEqual([...ids].sort());
    const open = await engine.broker.openOrders('ETHUSDT');
    expect(open.map(({ clientOrderId }) => clientOrderId).sort()).toEqual([...ids].sort());
    expect((await engine.broker.balances()).get('ETH')?.locked.toFixed()).toBe('0.4');
    await agreeWithVenue();
    expect(await engine.cancelList(list.listClientOrderId)).toMatchObject([{ state: 'CANCELLED' }, { state: 'CANCELLED' }]);
    expect(await orderLists.lookup(list)).toMatchObject({ outcome: 'found', isExecuting: false });
    expect(await orderLists.cancel(list)).toMatchObject({ outcome: 'not_cancelled' });
    expect(await engine.broker.openOrders('ETHUSDT')).toEqual([]);
    await agreeWithVenue();
  });

  it('places a stop that is in no pair only where it says so', async () => {
    if (engine.broker.capabilities.placesStops || engine.broker.venue === 'paper') return;
    await engine.execute([await intent('buy', '0.5', 1)]);
    const stopPriceUsd = money(harness.priceUsd).times('0.9').round(2).toFixed();
    const stop = { ...(await intent('sell', '0.4', 2)), type: 'stop', stopPriceUsd } as const;
    expect(await engine.execute([stop])).toMatchObject([{ state: 'REJECTED', filledQuantity: '0' }]);
    expect(await engine.broker.openOrders('ETHUSDT')).toEqual([]);
    await agreeWithVenue();
  });

  it('refuses a pair whole', async () => {
    if (!engine.broker.capabilities.placesOco) return;
    expect(await engine.executeList(await pairFor('3'))).toMatchObject([{ state: 'REJECTED' }, { state: 'REJECTED' }]);
    expect(await engine.broker.openOrders('ETHUSDT')).toEqual([]);
  });

  it('knows after a restart what it knew before', async () => {
    const order = await intent('buy', '0.5', 1);
    await engine.execute([order]);
    await engine.broker.close();
    engine = await open();
    await engine.recover();
    expect(engine.ledger.balance('ETH').toFixed()).toBe('0.5');
    await agreeWithVenue();
    const [again] = await engine.execute([order]);
    expect(again).toMatchObject({ state: 'FILLED', filledQuantity: '0.5' });
    await engine.execute([await intent('sell', '0.5', 2)]);
    await agreeWithVenue();
    expect(engine.ledger.closedTrades).toHaveLength(1);
  });
}

import { describe, expect, it } from 'vitest';
import { DESK_START, openDesk, orderOf, pairOf } from './engine-desk.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { MemoryJournal } from './journal/memory-journal.ts';

const buy = orderOf('b', 'buy');
const { clientOrderId } = buy;
const pair = pairOf('p');

const capital: JournalRecord = {
  type: 'transfer',
  atMs: 0,
  asset: 'USDT',
  amount: '10000',
  valueUsd: '10000',
  reason: 'capital',
};

/** A desk with a pair that rests at the exchange. */
async function pairedDesk(more: Parameters<typeof openDesk>[0] = {}) {
  const desk = await openDesk(more);
  await desk.engine.execute([buy]);
  desk.venue.sending = 'rest';
  await desk.engine.executeList(pair);
  const before = (await desk.records()).length;
  const states = () => ['stop-p', 'target-p'].map((id) => desk.engine.ledger.order(id).state);
  return { ...desk, states, laterRecords: async () => (await desk.records()).slice(before) };
}

/** Kills at a point. */
const dieAt = (point: string) => ({
  crash: (reached: string) => {
    if (reached === point) throw new Error('killed');
  },
});

describe('cancelling an order', () => {
  it('is written down before the exchange is asked, by the number that it gave the order', async () => {
    const { engine, venue, records } = await openDesk();
    venue.sending = 'part';
    await engine.execute([buy]);
    const before = (await records()).length;
    const asked: unknown[] = [];
    const cancel = engine.broker.cancel.bind(engine.broker);
    engine.broker.cancel = async (reference) => {
      asked.push(reference, (await records()).at(-1)?.type, engine.ledger.order(clientOrderId).state);
      return cancel(reference);
    };
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state: 'CANCELLED', filledQuantity: '0.5' });
    const reference = { clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: DESK_START, venueAheadMs: undefined };
    expect(asked).toEqual([reference, 'order_state', 'CANCELLING']);
    expect((await records()).slice(before)).toEqual([
      { type: 'order_state', atMs: DESK_START, clientOrderId, state: 'CANCELLING', venueOrderId: null, message: null },
      { type: 'order_state', atMs: DESK_START, clientOrderId, state: 'CANCELLED', venueOrderId: '1', message: null },
    ]);
  });

  it('gives up an order that was not sent, without asking the exchange', async () => {
    const journal = new MemoryJournal();
    await journal.append([capital, { type: 'order_planned', atMs: DESK_START, intent: buy }]);
    const { engine } = await openDesk({ journal });
    engine.broker.cancel = async () => {
      throw new Error('asked');
    };
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state: 'NOT_SENT', message: 'cancelled before it was sent' });
  });

  it.each([
    ['fill', 'FILLED'],
    ['lost', 'UNKNOWN'],
  ] as const)('leaves an order as it is that is, after "%s", %s', async (sending, state) => {
    const { engine, venue, records } = await openDesk();
    venue.sending = sending;
    await engine.execute([buy]);
    engine.broker.cancel = async () => {
      throw new Error('asked');
    };
    const before = await records();
    expect(await engine.cancel(clientOrderId)).toMatchObject({ state });
    expect(await records()).toEqual(before);
  });

  it.each([
    ['order.before_cancel', 'ACCEPTED'],
    ['order.after_cancel', 'CANCELLED'],
  ])('may die at %s, with the order %s at the exchange', async (point, state) => {
    const { engine, venue } = await openDesk(dieAt(point));
    venue.sending = 'rest';
    await engine.execute([buy]);
    await expect(engine.cancel(clientOrderId)).rejects.toThrow('killed');
    expect(engine.ledger.order(clientOrderId).state).toBe('CANCELLING');
    expect(venue.orders[0]?.state).toBe(state);
  });
});

describe('cancelling a list', () => {
  it('announces both orders in one append and asks the exchange once', async () => {
    const { engine, states, laterRecords, clock } = await pairedDesk();
    let asked: unknown;
    engine.broker.lookup = async () => {
      throw new Error('what the answer says was looked up');
    };
    const { orderLists } = engine.broker;
    const cancel = orderLists!.cancel.bind(orderLists);
    orderLists!.cancel = (reference) => {
      asked = reference;
      return cancel(reference);
    };
    expect(await engine.cancelList('list-p')).toMatchObject([{ state: 'CANCELLED' }, { state: 'CANCELLED' }]);
    expect(asked).toEqual({ listClientOrderId: 'list-p', symbol: 'ETHUSDT' });
    expect(states()).toEqual(['CANCELLED', 'CANCELLED']);
    const cancelling = { type: 'order_state', atMs: clock.nowMs(), state: 'CANCELLING', venueOrderId: null, message: null };
    expect((await laterRecords()).slice(0, 2)).toEqual([
      { ...cancelling, clientOrderId: 'stop-p' },
      { ...cancelling, clientOrderId: 'target-p' },
    ]);
    expect(await laterRecords()).toHaveLength(4);
  });

  it('is what cancelling one order of it does', async () => {
    const { engine, states } = await pairedDesk();
    engine.broker.cancel = async () => {
      throw new Error('one of two');
    };
    expect(await engine.cancel('target-p')).toMatchObject({ clientOrderId: 'target-p', state: 'CANCELLED' });
    expect(states()).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('does nothing to a list that has ended or that nobody knows', async () => {
    const { engine, journal, laterRecords } = await pairedDesk();
    await engine.cancelList('list-p');
    const { length } = await laterRecords();
    journal.append = async () => {
      throw new Error('written');
    };
    engine.broker.lookup = async () => {
      throw new Error('looked up');
    };
    engine.broker.orderLists!.cancel = async () => {
      throw new Error('asked');
    };
    expect(await engine.cancelList('list-p')).toMatchObject([{ state: 'CANCELLED' }, { state: 'CANCELLED' }]);
    expect(await engine.cancelList('list-x')).toEqual([]);
    expect(await laterRecords()).toHaveLength(length);
  });

  it('books what one of its orders executed meanwhile', async () => {
    const { engine, venue, states } = await pairedDesk();
    venue.reach('stop');
    expect(await engine.cancelList('list-p')).toMatchObject([{ state: 'FILLED' }, { state: 'EXPIRED' }]);
    expect(states()).toEqual(['FILLED', 'EXPIRED']);
    expect(engine.ledger.closedTrades).toHaveLength(1);
  });

  it('opens it again where the cancellation did not get through, and asks anew', async () => {
    const { engine, venue, states } = await pairedDesk();
    venue.isDown = true;
    await engine.cancelList('list-p');
    expect(states()).toEqual(['CANCELLING', 'CANCELLING']);
    await engine.cancelList('list-p');
    venue.isDown = false;
    await engine.refresh();
    expect(states()).toEqual(['ACCEPTED', 'ACCEPTED']);
    await engine.cancelList('list-p');
    expect(states()).toEqual(['CANCELLED', 'CANCELLED']);
    expect(venue.openList()).toBeUndefined();
  });

  it('passes over orders in the answer that the journal does not know', async () => {
    const { engine, states } = await pairedDesk();
    const { orderLists } = engine.broker;
    const cancel = orderLists!.cancel.bind(orderLists);
    orderLists!.cancel = async (reference) => {
      const result = await cancel(reference);
      if (result.outcome !== 'done') return result;
      return { ...result, reports: [{ ...result.reports[0]!, clientOrderId: 'web_1' }, ...result.reports] };
    };
    await engine.cancelList('list-p');
    expect(states()).toEqual(['CANCELLED', 'CANCELLED']);
    expect(engine.ledger.orders.has('web_1')).toBe(false);
  });

  it('gives up an order of it that was not sent, and looks up the one that may have been', async () => {
    const journal = new MemoryJournal();
    await journal.append([
      capital,
      { type: 'order_planned', atMs: DESK_START, intent: pair.stop },
      { type: 'order_planned', atMs: DESK_START, intent: pair.target },
      { type: 'order_submitting', atMs: DESK_START, clientOrderId: 'target-p', sendBeforeMs: DESK_START + 5_000 },
    ]);
    const { engine } = await openDesk({ journal });
    engine.broker.orderLists!.cancel = async () => {
      throw new Error('asked');
    };
    expect(await engine.cancelList('list-p')).toMatchObject([
      { clientOrderId: 'stop-p', state: 'NOT_SENT', message: 'cancelled before it was sent' },
      { clientOrderId: 'target-p', state: 'UNKNOWN', message: 'not answered before a restart' },
    ]);
  });

  it('looks its orders up where the exchange takes no lists any more', async () => {
    const { engine, states } = await pairedDesk();
    Object.assign(engine.broker, { orderLists: undefined });
    await engine.cancelList('list-p');
    expect(states()).toEqual(['ACCEPTED', 'ACCEPTED']);
  });

  it.each([
    ['list.before_cancel', 'ACCEPTED'],
    ['list.after_cancel', 'CANCELLED'],
  ])('may die at %s, with its orders %s at the exchange', async (point, state) => {
    const { engine, venue, states } = await pairedDesk(dieAt(point));
    await expect(engine.cancelList('list-p')).rejects.toThrow('killed');
    expect(states()).toEqual(['CANCELLING', 'CANCELLING']);
    expect(venue.orders.slice(-2).map((order) => order.state)).toEqual([state, state]);
  });
});

describe('looking at an order of a list', () => {
  it('looks at the other one too', async () => {
    const { engine, venue, states } = await pairedDesk();
    venue.reach('target');
    expect(await engine.lookAt('stop-p')).toBe(true);
    expect(states()).toEqual(['EXPIRED', 'FILLED']);
  });
});

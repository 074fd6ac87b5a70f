import { describe, expect, it } from 'vitest';
import { DESK_START, openDesk, orderOf, pairOf } from './engine-desk.contract.ts';
import { reason } from './reason.ts';

const buy = orderOf('b', 'buy');
const pair = pairOf('p');

/** A desk that holds an Ether, so that a pair can be placed. */
async function holdingDesk(more: Parameters<typeof openDesk>[0] = {}) {
  const desk = await openDesk(more);
  await desk.engine.execute([buy]);
  const before = (await desk.records()).length;
  return { ...desk, laterRecords: async () => (await desk.records()).slice(before) };
}

describe('sending an order', () => {
  it('writes down, in one append, the plan and until when it may be sent', async () => {
    const { engine, journal, records, venue } = await openDesk({ sendWindowMs: 7_000 });
    const appends: number[] = [];
    const append = journal.append.bind(journal);
    journal.append = (some) => {
      appends.push(some.length);
      return append(some);
    };
    venue.sending = 'lost';
    await engine.execute([buy]);
    expect((await records()).slice(0, 2)).toStrictEqual([
      { type: 'order_planned', atMs: DESK_START, intent: buy },
      {
        type: 'order_submitting',
        atMs: DESK_START,
        clientOrderId: buy.clientOrderId,
        sendBeforeMs: DESK_START + 7_000,
      },
    ]);
    expect(appends).toEqual([2, 1]);
  });

  it.each([
    [undefined, 60_000, 5_000],
    [7_000, 60_000, 7_000],
    [7_000, 3_000, 3_000],
  ])('with a window of %s ms and valid for %d ms, it may be sent for %d ms', async (sendWindowMs, validMs, expected) => {
    const { engine } = await openDesk(sendWindowMs === undefined ? {} : { sendWindowMs });
    const order = { ...buy, validUntilMs: DESK_START + validMs };
    const sendBefore: number[] = [];
    const submit = engine.broker.submit.bind(engine.broker);
    engine.broker.submit = (intent, sendBeforeMs) => {
      sendBefore.push(sendBeforeMs);
      return submit(intent, sendBeforeMs);
    };
    await engine.execute([order]);
    expect(sendBefore).toEqual([DESK_START + expected]);
    expect(engine.ledger.order(order.clientOrderId).sendBeforeMs).toBe(DESK_START + expected);
  });

  it('writes down how far the clock of the exchange was ahead, and looks the order up with it', async () => {
    const { engine, records, venue } = await openDesk();
    Object.assign(engine.broker, { venueAheadMs: -40 });
    venue.sending = 'lost';
    await engine.execute([buy]);
    expect((await records())[1]).toMatchObject({ type: 'order_submitting', venueAheadMs: -40 });
    const asked: unknown[] = [];
    engine.broker.lookup = async (reference) => {
      asked.push(reference);
      return { outcome: 'unknown', message: 'time-out' };
    };
    await engine.refresh();
    const { clientOrderId } = buy;
    expect(asked).toEqual([{ clientOrderId, symbol: 'ETHUSDT', venueOrderId: null, plannedAtMs: DESK_START, venueAheadMs: -40 }]);
  });

  it('sends what is valid until now, and says of anything later that its time has passed', async () => {
    const { engine, clock, venue, records } = await openDesk();
    clock.moveTo(buy.validUntilMs);
    expect(await engine.execute([buy])).toMatchObject([{ state: 'FILLED' }]);
    clock.moveTo(buy.validUntilMs + 1);
    const late = orderOf('late', 'buy');
    const message = `valid until ${late.validUntilMs}, now ${late.validUntilMs + 1}`;
    expect(await engine.execute([late])).toEqual([
      { clientOrderId: late.clientOrderId, state: 'NOT_SENT', filledQuantity: '0', message },
    ]);
    expect((await records()).slice(-2)).toEqual([
      { type: 'order_planned', atMs: clock.nowMs(), intent: late },
      {
        type: 'order_state',
        atMs: clock.nowMs(),
        clientOrderId: late.clientOrderId,
        state: 'NOT_SENT',
        venueOrderId: null,
        message,
      },
    ]);
    expect(venue.submits).toBe(1);
  });

  it('names every rule that denies it', async () => {
    const { engine } = await openDesk({ gate: () => [reason('halted', 1, 0), reason('drawdown', 0.4, 0.3)] });
    expect(await engine.execute([buy])).toMatchObject([{ message: 'denied: halted (1 against 0), drawdown (0.4 against 0.3)' }]);
    expect(await engine.denials(buy)).toEqual([reason('halted', 1, 0), reason('drawdown', 0.4, 0.3)]);
  });

  it('asks the gate for nothing that was sent before', async () => {
    let asked = 0;
    const gate = () => {
      asked++;
      return [];
    };
    const { engine, venue } = await openDesk({ gate });
    venue.sending = 'rest';
    await engine.execute([buy]);
    venue.fillRest();
    expect(await engine.execute([buy])).toMatchObject([{ state: 'FILLED' }]);
    expect([asked, venue.submits]).toEqual([1, 1]);
  });

  it('does not look up what was given up before it was sent, nor what has ended', async () => {
    const { engine, clock } = await openDesk();
    await engine.execute([buy]);
    clock.moveTo(buy.validUntilMs + 1);
    const late = orderOf('late', 'buy');
    await engine.execute([late]);
    engine.broker.lookup = async () => {
      throw new Error('looked up');
    };
    expect(await engine.execute([buy, late])).toMatchObject([{ state: 'FILLED' }, { state: 'NOT_SENT' }]);
  });

  it.each([
    ['order.before_send', 0],
    ['order.after_send', 1],
  ])('dies at %s with %d orders at the exchange, announced already', async (point, submits) => {
    const crash = (reached: string) => {
      if (reached === point) throw new Error('killed');
    };
    const { engine, venue, records } = await openDesk({ crash });
    await expect(engine.execute([buy])).rejects.toThrow('killed');
    expect(venue.submits).toBe(submits);
    expect((await records()).map(({ type }) => type)).toEqual(['order_planned', 'order_submitting']);
  });
});

describe('sending a list', () => {
  it('announces both orders in one append, and sends them as one request', async () => {
    const { engine, venue, laterRecords, clock } = await holdingDesk();
    venue.sending = 'rest';
    expect(await engine.executeList(pair)).toMatchObject([
      { clientOrderId: 'stop-p', state: 'ACCEPTED' },
      { clientOrderId: 'target-p', state: 'ACCEPTED' },
    ]);
    const announced = { type: 'order_submitting', atMs: clock.nowMs(), sendBeforeMs: clock.nowMs() + 5_000 };
    expect((await laterRecords()).slice(0, 4)).toEqual([
      { type: 'order_planned', atMs: clock.nowMs(), intent: pair.stop },
      { type: 'order_planned', atMs: clock.nowMs(), intent: pair.target },
      { ...announced, clientOrderId: 'stop-p' },
      { ...announced, clientOrderId: 'target-p' },
    ]);
    expect(venue.submits).toBe(2);
  });

  it('is not sent after the earlier of the times of its orders', async () => {
    const { engine } = await holdingDesk();
    await engine.executeList(pairOf('p', { target: { validUntilMs: DESK_START + 2_000 } }));
    for (const id of ['stop-p', 'target-p']) expect(engine.ledger.order(id).sendBeforeMs).toBe(DESK_START + 2_000);
  });

  it.each(['stop_on_exchange', 'target_on_exchange'])(
    'ends as NOT_SENT, both orders of it, where the gate denies the %s',
    async (leg) => {
      const asked: string[] = [];
      const { engine, venue } = await holdingDesk({
        gate: (intent) => {
          asked.push(intent.leg);
          return intent.leg === leg ? [reason('position', 1, 0)] : [];
        },
      });
      expect(await engine.executeList(pair)).toMatchObject([
        { clientOrderId: 'stop-p', state: 'NOT_SENT', message: 'denied: position (1 against 0)' },
        { clientOrderId: 'target-p', state: 'NOT_SENT', message: 'denied: position (1 against 0)' },
      ]);
      expect(venue.submits).toBe(1);
      expect(asked.at(-1)).toBe(leg);
    },
  );

  it('is refused where the exchange takes none, and while another one has not ended', async () => {
    const { engine, venue } = await holdingDesk();
    venue.sending = 'rest';
    await engine.executeList(pair);
    await expect(engine.executeList(pairOf('q'))).rejects.toMatchObject({ code: 'engine.list_repeated' });
    await engine.cancelList('list-p');
    Object.assign(engine.broker, { orderLists: undefined });
    await expect(engine.executeList(pairOf('q'))).rejects.toMatchObject({
      code: 'engine.no_order_lists',
      message: 'simulated takes no lists of orders',
      details: { listClientOrderId: 'list-q' },
    });
    expect(engine.ledger.orders.has('stop-q')).toBe(false);
  });

  it('is looked up, not sent, when it is asked for again; what has ended is not even looked up', async () => {
    const { engine, venue } = await holdingDesk();
    venue.sending = 'rest';
    await engine.executeList(pair);
    venue.reach('stop');
    const looked: string[] = [];
    const lookup = engine.broker.lookup.bind(engine.broker);
    engine.broker.lookup = (reference) => {
      looked.push(reference.clientOrderId);
      return lookup(reference);
    };
    expect(await engine.executeList(pair)).toMatchObject([{ state: 'FILLED' }, { state: 'EXPIRED' }]);
    expect(looked).toEqual(['stop-p', 'target-p']);
    await engine.executeList(pair);
    expect(looked).toHaveLength(2);
    expect(venue.submits).toBe(2);
  });

  it('is refused or lost as a whole', async () => {
    const { engine, venue } = await holdingDesk();
    venue.sending = 'reject';
    expect(await engine.executeList(pair)).toMatchObject([
      { state: 'REJECTED', message: 'refused' },
      { state: 'REJECTED', message: 'refused' },
    ]);
    venue.sending = 'lost';
    engine.broker.lookup = async () => {
      throw new Error('looked up, although the exchange does not have the list');
    };
    expect(await engine.executeList(pairOf('q'))).toMatchObject([
      { state: 'UNKNOWN', message: 'time-out' },
      { state: 'UNKNOWN', message: 'time-out' },
    ]);
  });

  it('does not know what became of an order that the answer leaves out', async () => {
    const { engine, venue } = await holdingDesk();
    venue.sending = 'rest';
    const { orderLists } = engine.broker;
    const submit = orderLists!.submit.bind(orderLists);
    orderLists!.submit = async (list, sendBeforeMs) => {
      const result = await submit(list, sendBeforeMs);
      return result.outcome === 'accepted' ? { ...result, reports: result.reports.slice(1) } : result;
    };
    expect(await engine.executeList(pair)).toMatchObject([
      { clientOrderId: 'stop-p', state: 'UNKNOWN', message: 'the answer leaves it out' },
      { clientOrderId: 'target-p', state: 'ACCEPTED' },
    ]);
    expect(await engine.refresh()).toMatchObject([{ state: 'ACCEPTED' }, { state: 'ACCEPTED' }]);
  });

  it('finds both orders at once where the answer was lost and the exchange has the list', async () => {
    const { engine, venue } = await holdingDesk();
    venue.sending = 'taken-timeout';
    expect(await engine.executeList(pair)).toMatchObject([{ state: 'ACCEPTED' }, { state: 'ACCEPTED' }]);
  });

  it('asks nothing more where the answer was not lost', async () => {
    const { engine, venue } = await holdingDesk();
    engine.broker.orderLists!.lookup = async () => {
      throw new Error('asked');
    };
    venue.sending = 'rest';
    expect(await engine.executeList(pair)).toMatchObject([{ state: 'ACCEPTED' }, { state: 'ACCEPTED' }]);
  });

  it.each([
    ['list.before_send', 1],
    ['list.after_send', 2],
  ])('dies at %s with %d requests sent, announced already', async (point, submits) => {
    const crash = (reached: string) => {
      if (reached === point) throw new Error('killed');
    };
    const { engine, venue, laterRecords } = await holdingDesk({ crash });
    venue.sending = 'rest';
    await expect(engine.executeList(pair)).rejects.toThrow('killed');
    expect(venue.submits).toBe(submits);
    expect(await laterRecords()).toHaveLength(4);
  });
});

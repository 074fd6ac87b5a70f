import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { clientOrderId } from './client-order-id.ts';
import { orderAt } from './engine-desk.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { PreTradeGate } from './order-sender.ts';
import { reason } from './reason.ts';
import { reconcile } from './reconcile.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = orderAt(0, 60_000);
const show = { symbol: 'ETHUSDT', mode: 'sandbox', foreignOrders: 'show', unknownOrders: 'halt' } as const;

describe('orders and executions that the journal has not, or has otherwise', () => {
  const day = 86_400_000;
  const openDesk = async (gate: PreTradeGate = () => []) => {
    const clock = new ManualClock(day);
    const venue = new SimulatedVenue(clock, '10000');
    const journal = new MemoryJournal();
    const engine = await TradingEngine.open({ journal, clock, connect: () => venue.connect(), gate, capitalUsd: '10000' });
    const intent = { ...buy, plannedAtMs: day, validUntilMs: day + 60_000 };
    return { clock, venue, engine, intent, compare: { ...show, fillsSinceMs: 0 } as const };
  };

  it('halts where an order that has ended in the journal is open at the exchange', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([intent]);
    await engine.cancel(intent.clientOrderId);
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    venue.orders[0]!.state = 'ACCEPTED';
    const { unexplained } = await reconcile(engine, compare);
    expect(unexplained).toMatchObject([
      { kind: 'ended_order_open', subject: intent.clientOrderId, journal: 'CANCELLED', venue: 'ACCEPTED', action: 'halted' },
    ]);
    venue.orders[0]!.state = 'PARTIALLY_FILLED';
    expect((await reconcile(engine, compare)).unexplained).toMatchObject([
      { kind: 'ended_order_open', venue: 'PARTIALLY_FILLED' },
    ]);
  });

  it('does not take a list of open orders that is older than the end of one for that', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([intent]);
    const stale = await engine.broker.openOrders('ETHUSDT');
    await engine.cancel(intent.clientOrderId);
    engine.broker.openOrders = async () => stale;
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    venue.orders.length = 0;
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    venue.isDown = true;
    expect(await reconcile(engine, compare)).toMatchObject({
      differences: [{ kind: 'ended_order_open', journal: 'CANCELLED', venue: 'ACCEPTED', explained: true, action: 'shown' }],
      unexplained: [],
    });
  });

  it('books an execution that happens while it compares, by looking its order up', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([intent]);
    const { openOrders } = engine.broker;
    engine.broker.openOrders = async (symbol) => {
      venue.fillRest();
      return openOrders(symbol);
    };
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    expect(engine.ledger.order(intent.clientOrderId).state).toBe('FILLED');
  });

  it('halts on an execution of an order that has ended without it', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([intent]);
    await engine.cancel(intent.clientOrderId);
    const order = venue.orders[0]!;
    order.state = 'ACCEPTED';
    venue.fillRest();
    const { unexplained } = await reconcile(engine, compare);
    expect(unexplained.map(({ kind, journal }) => [kind, journal])).toContainEqual([
      'fill_missing',
      `${intent.clientOrderId} is CANCELLED`,
    ]);
  });

  it('finds the order of an execution whose number the journal never learnt', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    await engine.execute([{ ...intent, clientOrderId: 'first', decisionId: 'first', quantity: '0.1' }]);
    venue.sending = 'reject';
    await engine.execute([intent]);
    venue.sending = 'fill';
    await venue.connect().submit(intent, 2 * day);
    const { unexplained } = await reconcile(engine, compare);
    expect(unexplained[0]).toMatchObject({ kind: 'fill_missing', journal: `${intent.clientOrderId} is REJECTED` });
  });

  it('shows what somebody else executed, once, and nothing from before its first order', async () => {
    const { clock, venue, engine, intent, compare } = await openDesk();
    await venue.connect().submit({ ...intent, clientOrderId: 'web_0' }, 2 * day);
    clock.moveTo(day + 1_000);
    await engine.execute([{ ...intent, plannedAtMs: day + 1_000 }]);
    venue.balances.set('USDT', money(20_000));
    await venue.connect().submit({ ...intent, clientOrderId: 'web_1' }, 2 * day);
    const first = await reconcile(engine, compare);
    expect(first.differences).toEqual([
      {
        kind: 'foreign_fill',
        subject: '3.1',
        journal: 'none',
        venue: 'buy 1 at 2000, order 3',
        explained: true,
        action: 'shown',
      },
    ]);
    expect((await reconcile(engine, compare)).differences).toEqual([]);
  });

  it.each([
    ['halt', 'ACCEPTED', { action: 'halted', explained: false, venue: 'ACCEPTED' }],
    ['cancel', 'CANCELLED', { action: 'cancelled', explained: true, venue: 'CANCELLED' }],
  ] as const)('does not adopt a purchase that the gate denies: %s', async (deniedAdoption, state, done) => {
    const { venue, engine, intent, compare } = await openDesk(() => [reason('halted', 1, 0), reason('equity', 0, 0)]);
    venue.sending = 'rest';
    const byHand = { ...intent, clientOrderId: 'web_1', quantity: '0.1', type: 'limit', limitPriceUsd: '2000' } as const;
    await venue.connect().submit(byHand, 2 * day);
    const { differences } = await reconcile(engine, { ...compare, foreignOrders: 'adopt', deniedAdoption });
    expect(differences).toEqual([
      {
        kind: 'foreign_order',
        subject: 'web_1',
        journal: 'adoption denied: halted (1 against 0), equity (0 against 0)',
        ...done,
      },
    ]);
    expect(engine.ledger.orders.size).toBe(0);
    expect(venue.orders[0]?.state).toBe(state);
  });

  it('halts on what another program of this kind executed, whatever the account holds', async () => {
    const { clock, venue, engine, intent, compare } = await openDesk();
    const other = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock,
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
    });
    venue.balances.set('USDT', money(50_000));
    await engine.execute([intent]);
    const theirs = { ...intent, decisionId: 'their decision', clientOrderId: clientOrderId('their decision', 'entry', 1) };
    await other.execute([theirs]);
    for (const [one, venueOrderId] of [
      [engine, '2'],
      [other, '1'],
    ] as const) {
      const id = one === engine ? theirs.clientOrderId : intent.clientOrderId;
      expect((await reconcile(one, compare)).unexplained).toEqual([
        {
          kind: 'own_fill_unknown',
          subject: `${venueOrderId}.1`,
          journal: 'none',
          venue: `buy 1 at 2000, order ${venueOrderId}, client order id ${id}`,
          explained: false,
          action: 'halted',
        },
      ]);
    }
    // It is not taken for told: it halts for as long as it is compared.
    expect((await reconcile(engine, compare)).unexplained).toHaveLength(1);
  });

  it('halts on an execution of another order under an id of ours', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.balances.set('USDT', money(50_000));
    await engine.execute([intent]);
    await venue.connect().submit({ ...intent, quantity: '0.3' }, 2 * day);
    expect((await reconcile(engine, compare)).unexplained).toMatchObject([
      { kind: 'own_fill_unknown', subject: '2.1', journal: `${intent.clientOrderId} is another order, FILLED` },
    ]);
    expect(engine.ledger.balance('ETH').toFixed()).toBe('1');
  });

  it('asks for an order of which many executions are not known once, and for none that was told', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    await engine.execute([intent]);
    venue.balances.set('USDT', money(50_000));
    venue.sending = 'part';
    await venue.connect().submit({ ...intent, clientOrderId: 'web_1' }, 2 * day);
    venue.fillRest();
    const asked: string[] = [];
    const { clientOrderIdOf } = engine.broker;
    engine.broker.clientOrderIdOf = async (symbol, venueOrderId) => {
      asked.push(venueOrderId);
      return clientOrderIdOf(symbol, venueOrderId);
    };
    expect((await reconcile(engine, compare)).differences).toMatchObject([{ subject: '2.1' }, { subject: '2.2' }]);
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    expect(asked).toEqual(['2']);
  });
});

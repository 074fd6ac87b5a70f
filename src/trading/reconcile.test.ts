import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { clientOrderId } from './client-order-id.ts';
import { readAll } from './journal/journal.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { PreTradeGate } from './order-sender.ts';
import { makeIntent } from './plan-trade.ts';
import { reason } from './reason.ts';
import { reconcile } from './reconcile.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = makeIntent({
  decisionId: 'd',
  leg: 'entry',
  attempt: 1,
  symbol: 'ETHUSDT',
  mode: 'sandbox',
  side: 'buy',
  quantity: money(1),
  priceUsd: money(2000),
  filters: BINANCE_ETHUSDT_FILTERS,
  nowMs: 0,
  validUntilMs: 60_000,
  reason: 'test',
  modelId: null,
});
const show = { symbol: 'ETHUSDT', mode: 'sandbox', foreignOrders: 'show', unknownOrders: 'halt' } as const;

describe('reconcile', () => {
  let venue: SimulatedVenue;
  let journal: MemoryJournal;
  let engine: TradingEngine;
  beforeEach(async () => {
    const clock = new ManualClock(0);
    venue = new SimulatedVenue(clock, '10000');
    journal = new MemoryJournal();
    engine = await TradingEngine.open({ journal, clock, connect: () => venue.connect(), gate: () => [], capitalUsd: '10000' });
  });

  const placeByHand = async (id: string) => {
    venue.sending = 'rest';
    await venue.connect().submit({ ...buy, clientOrderId: id, quantity: '0.1', type: 'limit', limitPriceUsd: '2000' }, 1);
  };

  it('finds nothing where both agree, after booking what is new', async () => {
    venue.sending = 'part';
    await engine.execute([buy]);
    venue.fillRest();
    expect(await reconcile(engine, show)).toEqual({ differences: [], unexplained: [] });
    expect(engine.ledger.balance('ETH').toFixed()).toBe('1');
  });

  it('lets the account hold more than the system owns', async () => {
    venue.balances.set('ETH', money(7));
    venue.balances.set('USDT', money(99_999));
    expect((await reconcile(engine, show)).differences).toEqual([]);
  });

  it('says what is missing, and writes it down', async () => {
    venue.balances.set('USDT', money('9999.5'));
    const missing = {
      kind: 'balance_missing',
      subject: 'USDT',
      journal: '10000',
      venue: '9999.5',
      explained: false,
      action: 'halted',
    };
    expect(await reconcile(engine, show)).toEqual({ differences: [missing], unexplained: [missing] });
    const last = (await readAll(journal)).at(-1);
    expect(last?.record).toMatchObject({ type: 'reconciliation', differences: [missing] });
  });

  it('explains a missing balance by an order whose outcome is open', async () => {
    venue.sending = 'taken-timeout';
    await engine.execute([buy]);
    venue.isDown = true;
    const { differences, unexplained } = await reconcile(engine, show);
    expect(differences).toMatchObject([{ kind: 'balance_missing', subject: 'USDT', explained: true }]);
    expect(unexplained).toEqual([]);
  });

  it('shows orders placed by hand, or cancels them', async () => {
    await placeByHand('web_123');
    expect(await reconcile(engine, show)).toMatchObject({
      differences: [{ kind: 'foreign_order', subject: 'web_123', explained: true }],
      unexplained: [],
    });
    expect(venue.orders[0]?.state).toBe('ACCEPTED');
    expect(await reconcile(engine, { ...show, foreignOrders: 'cancel' })).toMatchObject({
      differences: [{ venue: 'CANCELLED' }],
    });
    expect(venue.orders[0]?.state).toBe('CANCELLED');
  });

  it('does not explain, nor cancel, an order of our own making that the journal does not know', async () => {
    await placeByHand(clientOrderId('elsewhere', 'entry', 1));
    expect(await reconcile(engine, { ...show, foreignOrders: 'cancel' })).toMatchObject({
      unexplained: [{ kind: 'own_order_unknown' }],
    });
    expect(venue.orders[0]?.state).toBe('ACCEPTED');
  });

  it('halts on orders placed by hand where it is told to', async () => {
    await placeByHand('web_123');
    expect(await reconcile(engine, { ...show, foreignOrders: 'halt' })).toMatchObject({
      unexplained: [{ kind: 'foreign_order', action: 'halted' }],
    });
    expect(venue.orders[0]?.state).toBe('ACCEPTED');
  });

  it('cancels an order of our own making where it is told to, and halts on what it had executed', async () => {
    const id = clientOrderId('elsewhere', 'entry', 1);
    const cancel = { ...show, unknownOrders: 'cancel' } as const;
    await placeByHand(id);
    expect(await reconcile(engine, cancel)).toMatchObject({
      differences: [{ kind: 'own_order_unknown', subject: id, venue: 'CANCELLED', action: 'cancelled' }],
      unexplained: [],
    });
    expect(await reconcile(engine, cancel)).toMatchObject({ differences: [] });
    await placeByHand(clientOrderId('elsewhere', 'entry', 2));
    venue.fillRest(money('0.5'));
    expect(await reconcile(engine, cancel)).toMatchObject({
      unexplained: [{ kind: 'balance_missing', subject: 'USDT', action: 'halted' }],
    });
    expect(venue.orders[1]?.state).toBe('CANCELLED');
  });

  it('halts on an order of our own making that the exchange does not cancel', async () => {
    await placeByHand(clientOrderId('elsewhere', 'entry', 1));
    const { broker } = engine;
    broker.cancel = async () => ({ outcome: 'unknown', message: 'time-out' });
    expect(await reconcile(engine, { ...show, unknownOrders: 'cancel' })).toMatchObject({ unexplained: [{ action: 'failed' }] });
  });

  it.each(['web_123', clientOrderId('elsewhere', 'entry', 1)])('adopts %s, and goes on with it as its own', async (id) => {
    const adopt = { ...show, foreignOrders: 'adopt', unknownOrders: 'adopt' } as const;
    await placeByHand(id);
    venue.fillRest(money('0.5'));
    expect(await reconcile(engine, adopt)).toMatchObject({
      differences: [{ subject: id, action: 'adopted', journal: 'PARTIALLY_FILLED', venue: 'PARTIALLY_FILLED' }],
      unexplained: [],
    });
    const agree = () => {
      for (const asset of ['ETH', 'USDT'])
        expect(engine.ledger.balance(asset).toFixed()).toBe(venue.balances.get(asset)?.toFixed());
    };
    agree();
    expect(await reconcile(engine, adopt)).toEqual({ differences: [], unexplained: [] });
    venue.fillRest();
    expect(await engine.refresh()).toMatchObject([{ clientOrderId: id, state: 'FILLED', filledQuantity: '0.1' }]);
    agree();
    expect(engine.ledger.lastReconciliation?.differences).toMatchObject([{ subject: id, action: 'adopted' }]);
  });

  it('adopts nothing at a venue of perpetuals', async () => {
    await placeByHand('web_123');
    const perpetual = {
      prepare: async () => undefined,
      position: async () => ({
        quantityEth: money(0),
        entryPriceUsd: money(0),
        markPriceUsd: money(2000),
        liquidationPriceUsd: null,
      }),
      walletUsd: async () => money(10_000),
      funding: async () => [],
    };
    Object.assign(engine.broker, { perpetual });
    expect((await reconcile(engine, { ...show, foreignOrders: 'adopt' })).unexplained).toEqual([
      {
        kind: 'foreign_order',
        subject: 'web_123',
        journal: 'cannot adopt: not for perpetuals',
        venue: 'ACCEPTED',
        explained: false,
        action: 'failed',
      },
    ]);
    expect(engine.ledger.orders.size).toBe(0);
  });

  it('does not adopt what costs more than the journal owns', async () => {
    venue.balances.set('USDT', money('50000'));
    venue.sending = 'rest';
    await venue.connect().submit({ ...buy, clientOrderId: 'web_9', quantity: '20', type: 'limit', limitPriceUsd: '2000' }, 1);
    expect(await reconcile(engine, { ...show, foreignOrders: 'adopt' })).toMatchObject({
      unexplained: [{ action: 'failed', journal: 'cannot adopt: cash 40000 against 10000' }],
    });
    expect(engine.ledger.orders.size).toBe(0);
  });

  it('notices another bot on the same account, by its open order and by what it spent', async () => {
    const other = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: new ManualClock(0),
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
    });
    venue.sending = 'rest';
    await other.execute([buy]);
    expect((await reconcile(engine, show)).unexplained).toMatchObject([
      { kind: 'own_order_unknown', subject: buy.clientOrderId },
    ]);
    venue.fillRest();
    expect((await reconcile(engine, show)).unexplained).toMatchObject([{ kind: 'balance_missing', subject: 'USDT' }]);
    await other.refresh();
    expect((await reconcile(other, show)).unexplained).toEqual([]);
  });

  it('halts on money that was taken by hand until the journal is told, and takes a deposit for what it is', async () => {
    venue.balances.set('USDT', money('9000'));
    expect((await reconcile(engine, show)).unexplained).toMatchObject([
      { kind: 'balance_missing', journal: '10000', venue: '9000' },
    ]);
    await engine.recordTransfer({ asset: 'USDT', amount: '-1000', valueUsd: '-1000', reason: 'by hand' });
    expect((await reconcile(engine, show)).unexplained).toEqual([]);
    venue.balances.set('ETH', money('0.5'));
    expect(engine.ledger.balance('ETH').toFixed()).toBe('0');
    await engine.recordTransfer({ asset: 'ETH', amount: '0.5', valueUsd: '1000', reason: 'by hand' });
    expect((await reconcile(engine, show)).unexplained).toEqual([]);
    expect(engine.ledger.equityUsd(money(2000)).toFixed()).toBe('10000');
  });
});

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
  });

  it('does not take a list of open orders that is older than the end of one for that', async () => {
    const { venue, engine, intent, compare } = await openDesk();
    venue.sending = 'rest';
    await engine.execute([intent]);
    const stale = await engine.broker.openOrders('ETHUSDT');
    await engine.cancel(intent.clientOrderId);
    engine.broker.openOrders = async () => stale;
    expect((await reconcile(engine, compare)).differences).toEqual([]);
    venue.isDown = true;
    expect(await reconcile(engine, compare)).toMatchObject({ differences: [{ kind: 'ended_order_open' }], unexplained: [] });
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
    const { venue, engine, intent, compare } = await openDesk(({ side }) => (side === 'buy' ? [reason('halted', 1, 0)] : []));
    venue.sending = 'rest';
    const byHand = { ...intent, clientOrderId: 'web_1', quantity: '0.1', type: 'limit', limitPriceUsd: '2000' } as const;
    await venue.connect().submit(byHand, 2 * day);
    const { differences } = await reconcile(engine, { ...compare, foreignOrders: 'adopt', deniedAdoption });
    expect(differences).toEqual([
      { kind: 'foreign_order', subject: 'web_1', journal: 'adoption denied: halted (1 against 0)', ...done },
    ]);
    expect(engine.ledger.orders.size).toBe(0);
    expect(venue.orders[0]?.state).toBe(state);
  });
});

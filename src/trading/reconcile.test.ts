import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { clientOrderId } from './client-order-id.ts';
import { orderAt, pairOf } from './engine-desk.contract.ts';
import { readAll } from './journal/journal.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { reconcile } from './reconcile.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = orderAt(0, 60_000);
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

  it('asks for executions only where it is told from when on, and tells how far it came', async () => {
    const reached: string[] = [];
    engine.reached = async (point) => void reached.push(point);
    const { recentFills } = engine.broker;
    const asked: number[] = [];
    engine.broker.recentFills = async (symbol, sinceMs) => {
      asked.push(sinceMs);
      return recentFills(symbol, sinceMs);
    };
    await engine.execute([buy]);
    await reconcile(engine, show);
    expect(asked).toEqual([]);
    await reconcile(engine, { ...show, fillsSinceMs: 5 });
    expect(asked).toEqual([5]);
    expect(reached).toEqual([
      'reconcile.after_orders',
      'reconcile.after_fills',
      'reconcile.after_orders',
      'reconcile.after_fills',
    ]);
  });

  it('asks for balances again only where something is missing and a protective order could have been filled', async () => {
    const { balances } = engine.broker;
    let asked = 0;
    engine.broker.balances = async () => {
      asked++;
      return balances();
    };
    const timesAsked = async () => {
      asked = 0;
      await reconcile(engine, show);
      return asked;
    };
    await engine.execute([buy]);
    expect(await timesAsked()).toBe(1);
    venue.sending = 'rest';
    await engine.executeList(pairOf('p'));
    expect(await timesAsked()).toBe(1);
    venue.balances.set('USDT', money(5));
    expect(await timesAsked()).toBe(2);
    await engine.execute([{ ...buy, clientOrderId: 'open', decisionId: 'open', quantity: '0.001', quantityStep: '0.001' }]);
    expect(await timesAsked()).toBe(2);
    await engine.cancelList('list-p');
    expect(await timesAsked()).toBe(1);
  });

  it('lets the account lack what executions may have rounded, and no more', async () => {
    await engine.execute([buy]);
    const owned = engine.ledger.cashUsd;
    venue.balances.set('USDT', owned.minus('0.00000002'));
    expect((await reconcile(engine, show)).differences).toEqual([]);
    venue.balances.set('USDT', owned.minus('0.000000021'));
    expect((await reconcile(engine, show)).differences).toMatchObject([{ kind: 'balance_missing', subject: 'USDT' }]);
  });

  it('counts an asset that the exchange does not list as none', async () => {
    venue.balances.delete('USDT');
    expect((await reconcile(engine, show)).unexplained).toEqual([
      { kind: 'balance_missing', subject: 'USDT', journal: '10000', venue: '0', explained: false, action: 'halted' },
    ]);
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
    expect(differences).toMatchObject([{ kind: 'balance_missing', subject: 'USDT', explained: true, action: 'shown' }]);
    expect(unexplained).toEqual([]);
  });

  it('shows orders placed by hand, or cancels them', async () => {
    await placeByHand('web_123');
    expect(await reconcile(engine, show)).toMatchObject({
      differences: [
        { kind: 'foreign_order', subject: 'web_123', journal: 'none', venue: 'ACCEPTED', explained: true, action: 'shown' },
      ],
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

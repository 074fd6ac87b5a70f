import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import { DESK_START, openDesk, orderOf } from './engine-desk.contract.ts';
import type { EquityPoint } from './equity-point.ts';
import { readAll } from './journal/journal.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';

const point = (decisionId: string, equityUsd: number): EquityPoint => ({
  timeMs: DESK_START,
  decisionId,
  equityUsd,
  cashUsd: equityUsd,
  positionEth: 0,
  priceUsd: 2000,
  exposure: 0,
  transfersUsd: 10_000,
});

describe('what a trading engine writes down', () => {
  it('is its capital first, once, before there is a broker', async () => {
    const journal = new MemoryJournal();
    const seen: string[] = [];
    const { engine, open, venue } = await openDesk({ journal });
    const first = { type: 'transfer', atMs: DESK_START, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' };
    expect((await readAll(journal)).map(({ record }) => record)).toEqual([first]);
    expect(engine.ledger.cashUsd.toFixed()).toBe('10000');
    await open();
    expect(journal.lastSeq).toBe(1);
    await openDesk({
      connect: (ledger) => {
        seen.push(ledger.cashUsd.toFixed());
        return venue.connect();
      },
    });
    expect(seen).toEqual(['10000']);
  });

  it('dates everything by the clock of the world', async () => {
    const { engine, clock, records } = await openDesk();
    clock.moveTo(DESK_START + 7);
    const atMs = DESK_START + 7;
    const decision = { decisionId: 'd', decisionTimeMs: DESK_START, action: 'HOLD', renewsHolding: false } as const;
    const transfer = { asset: 'USDT', amount: '-5', valueUsd: '-5', reason: 'by hand' };
    const payment = { fundingId: 'f', asset: 'USDT', amount: '1', paidAtMs: DESK_START };
    const difference = { kind: 'foreign_order', subject: 'web', journal: 'none', venue: 'ACCEPTED', explained: true };
    await engine.recordDecision(decision);
    await engine.recordTransfer(transfer);
    await engine.recordFunding([payment]);
    await engine.recordReconciliation([difference]);
    await engine.recordProtection(null);
    await engine.recordEquity([point('d', 9_995)]);
    expect(await records()).toEqual([
      { type: 'decision_taken', atMs, ...decision },
      { type: 'transfer', atMs, ...transfer },
      { type: 'funding', atMs, ...payment, positionEth: '0' },
      { type: 'reconciliation', atMs, differences: [difference] },
      { type: 'protection', atMs, protection: null },
      { type: 'equity', atMs, point: point('d', 9_995) },
    ]);
    expect(engine.nowMs()).toBe(atMs);
    expect(engine.ledger.lastReconciliation).toMatchObject({ atMs, differences: [difference] });
    expect(engine.ledger.position.lastBuyMs).toBeNull();
  });

  it('is equity after each decision once, its first, and nothing where there is nothing new', async () => {
    const { engine, journal, records } = await openDesk();
    await engine.recordEquity([point('a', 1), point('b', 2)]);
    await engine.recordEquity([point('b', 9), point('c', 3)]);
    journal.append = async () => {
      throw new Error('written');
    };
    await engine.recordEquity([point('a', 9)]);
    await engine.recordEquity([]);
    expect(engine.ledger.equityPoints).toEqual([point('a', 1), point('b', 2), point('c', 3)]);
    expect(await records()).toHaveLength(3);
  });

  it('is each funding payment once, with what was held when it was booked', async () => {
    const { engine, records, journal } = await openDesk();
    await engine.execute([orderOf('b', 'buy')]);
    const before = journal.lastSeq;
    const payments = ['f', 'g'].map((fundingId) => ({ fundingId, asset: 'USDT', amount: '-0.5', paidAtMs: DESK_START }));
    await engine.recordFunding(payments.slice(0, 1));
    await engine.recordFunding(payments);
    await engine.recordFunding(payments);
    expect(journal.lastSeq).toBe(before + 2);
    journal.append = async () => {
      throw new Error('written');
    };
    await engine.recordFunding(payments);
    await engine.recordFunding([]);
    expect((await records()).slice(-2)).toMatchObject([
      { fundingId: 'f', positionEth: '1' },
      { fundingId: 'g', positionEth: '1' },
    ]);
    expect(engine.ledger.openTrade?.fundingUsd).toBe('-1');
  });

  it('is an adopted order as if it had been planned here, once, whatever it executed before', async () => {
    const { engine, venue, records } = await openDesk();
    venue.sending = 'part';
    const foreign = orderOf('b', 'buy', { clientOrderId: 'web_1', plannedAtMs: DESK_START - 5 });
    await venue.connect().submit(foreign, DESK_START);
    const [report] = await engine.broker.openOrders('ETHUSDT');
    expect(await engine.adopt(foreign, report!)).toMatchObject({ state: 'PARTIALLY_FILLED', filledQuantity: '0.5' });
    expect((await records()).slice(0, 2)).toEqual([
      { type: 'order_planned', atMs: DESK_START, intent: foreign },
      { type: 'order_submitting', atMs: DESK_START, clientOrderId: 'web_1', sendBeforeMs: DESK_START - 5 },
    ]);
    const { length } = await records();
    expect(await engine.adopt(foreign, report!)).toMatchObject({ state: 'PARTIALLY_FILLED' });
    expect(await records()).toHaveLength(length);
  });
});

describe('the turns of a trading engine', () => {
  it('carry out one call after the other, and work between two calls', async () => {
    const log: string[] = [];
    const { engine } = await openDesk({ crash: (reached) => void log.push(reached) });
    const idle = async (name: string) => {
      log.push(`${name} begins`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };
    const [first, outcomes, second] = await Promise.all([
      engine.whileIdle(() => idle('first')),
      engine.execute([orderOf('b', 'buy')]),
      engine.whileIdle(() => idle('second')),
    ]);
    expect([first, second]).toEqual(['first', 'second']);
    expect(outcomes).toMatchObject([{ state: 'FILLED' }]);
    expect(log).toEqual(['first begins', 'first ends', 'order.before_send', 'order.after_send', 'second begins', 'second ends']);
  });

  it('end before it is closed: broker first, then journal', async () => {
    const log: string[] = [];
    const journal = new MemoryJournal();
    journal.close = async () => void log.push('journal');
    const { engine } = await openDesk({ journal });
    engine.broker.close = async () => void log.push('broker');
    const work = engine.whileIdle(async () => {
      await Promise.resolve();
      log.push('work');
    });
    await engine.close();
    await work;
    expect(log).toEqual(['work', 'broker', 'journal']);
  });

  it('tell a point that a caller has reached', async () => {
    const log: string[] = [];
    const { engine } = await openDesk({ crash: (reached) => void log.push(reached) });
    await engine.reached('reconcile.after_orders');
    expect(log).toEqual(['reconcile.after_orders']);
    await expect((await openDesk()).engine.reached('reconcile.after_orders')).resolves.toBeUndefined();
  });

  it('go on after a call that failed', async () => {
    const { engine } = await openDesk();
    await expect(engine.cancel('nobody')).rejects.toMatchObject({ code: 'ledger.unknown_order' });
    expect(await engine.execute([orderOf('b', 'buy')])).toMatchObject([{ state: 'FILLED' }]);
    expect(engine.ledger.equityUsd(money(2000)).toFixed()).toBe('9998');
  });
});

import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { orderAt, pairOf } from './engine-desk.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { settleOpenOrders, settleOrders } from './settle-orders.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = orderAt(0, 600_000);

describe('settleOpenOrders', () => {
  const desk = async () => {
    const clock = new ManualClock(0);
    const venue = new SimulatedVenue(clock, '10000');
    const engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock,
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
    });
    const waits: number[] = [];
    const options = {
      clock,
      wait: async (untilMs: number) => {
        waits.push(untilMs);
        clock.moveTo(untilMs);
      },
      price: async () => money(2000),
      unfilledTimeoutMs: 30_000,
      maxAttempts: 3,
      maxRounds: 6,
    };
    return { venue, engine, options, waits };
  };

  it('books what happened meanwhile without waiting', async () => {
    const { venue, engine, options, waits } = await desk();
    venue.sending = 'part';
    await engine.execute([buy]);
    venue.fillRest();
    expect(await settleOpenOrders(engine, options)).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(waits).toEqual([]);
    expect(await settleOpenOrders(engine, options)).toEqual([]);
  });

  it('waits for the time-out, then cancels; an order of unknown outcome until it can be proven', async () => {
    const open = await desk();
    open.venue.sending = 'rest';
    await open.engine.execute([buy]);
    expect(await settleOpenOrders(open.engine, open.options)).toMatchObject([{ state: 'CANCELLED' }]);
    expect(open.waits).toEqual([30_000]);
    const lost = await desk();
    lost.venue.sending = 'lost';
    await lost.engine.execute([buy]);
    const provableMs = lost.engine.waitingForMs();
    expect(await settleOpenOrders(lost.engine, lost.options)).toMatchObject([{ state: 'NOT_FOUND' }]);
    expect(lost.waits).toEqual([provableMs]);
  });

  it('leaves an order to the next look after the given number of rounds', async () => {
    const { venue, engine, options, waits } = await desk();
    venue.sending = 'rest';
    await engine.execute([buy]);
    const idle = async (untilMs: number) => void waits.push(untilMs);
    expect(await settleOpenOrders(engine, { ...options, wait: idle })).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(waits).toHaveLength(6);
  });

  it('orders nothing again without a price, nor after the intent has expired', async () => {
    for (const [price, validUntilMs] of [
      [undefined, 600_000],
      [money(2000), 29_999],
    ] as const) {
      const { venue, engine, options } = await desk();
      venue.sending = 'rest';
      const outcomes = await settleOrders(engine, [{ ...buy, validUntilMs }], { ...options, price: async () => price });
      expect(outcomes.map(({ state }) => state)).toEqual(['CANCELLED']);
    }
  });

  it('orders again until the very time until which the intent is valid', async () => {
    const { venue, engine, options } = await desk();
    venue.sending = 'rest';
    const outcomes = await settleOrders(engine, [{ ...buy, validUntilMs: 30_000 }], options);
    expect(outcomes.map(({ state }) => state)).toEqual(['CANCELLED', 'CANCELLED']);
    expect([...engine.ledger.orders.values()].map(({ intent }) => intent.plannedAtMs)).toEqual([0, 30_000]);
  });

  it('pauses twice as long before each look at an order whose time has passed, then leaves it to the next', async () => {
    const { venue, engine, options, waits } = await desk();
    venue.sending = 'lost';
    await engine.execute([buy]);
    venue.isDown = true;
    const provableMs = engine.waitingForMs() ?? 0;
    let lookups = 0;
    const { broker } = engine;
    const lookup = broker.lookup.bind(broker);
    broker.lookup = (reference) => {
      lookups++;
      return lookup(reference);
    };
    expect(await settleOpenOrders(engine, { ...options, maxRounds: 60 })).toMatchObject([{ state: 'UNKNOWN' }]);
    expect(lookups).toBe(7);
    const pauses = waits.map((untilMs, i) => untilMs - (waits[i - 1] ?? 0));
    expect(pauses).toEqual([provableMs, 1_000, 2_000, 4_000, 8_000, 16_000]);
  });

  it('pauses between cancellations that do not get through', async () => {
    const { venue, engine, options, waits } = await desk();
    venue.sending = 'rest';
    await engine.execute([buy]);
    options.clock.moveTo(30_000);
    const { broker } = engine;
    let cancels = 0;
    broker.cancel = async () => {
      cancels++;
      return { outcome: 'unknown', message: 'time-out' };
    };
    expect(await settleOpenOrders(engine, { ...options, maxRounds: 4 })).toMatchObject([{ state: 'ACCEPTED' }]);
    expect(cancels).toBe(4);
    expect(waits).toEqual([31_000, 33_000, 37_000]);
  });

  describe('that is broken off', () => {
    const isBrokenOff = () => true;

    it('cancels what is open at once, asks once, and waits for nothing', async () => {
      const { venue, engine, options, waits } = await desk();
      venue.sending = 'rest';
      await engine.execute([buy]);
      expect(await settleOpenOrders(engine, { ...options, isBrokenOff })).toMatchObject([{ state: 'CANCELLED' }]);
      expect(waits).toEqual([]);
      const other = await desk();
      other.venue.sending = 'rest';
      await other.engine.execute([buy]);
      let cancels = 0;
      other.engine.broker.cancel = async () => {
        cancels++;
        return { outcome: 'unknown', message: 'time-out' };
      };
      expect(await settleOpenOrders(other.engine, { ...other.options, isBrokenOff })).toMatchObject([{ state: 'ACCEPTED' }]);
      expect([cancels, other.waits]).toEqual([1, []]);
    });

    it('leaves an order whose outcome is not known to the next look', async () => {
      const { venue, engine, options, waits } = await desk();
      venue.sending = 'lost';
      await engine.execute([buy]);
      expect(await settleOpenOrders(engine, { ...options, isBrokenOff })).toMatchObject([{ state: 'UNKNOWN' }]);
      expect(waits).toEqual([]);
    });

    it('orders nothing again, whenever it happens', async () => {
      const { venue, engine, options, waits } = await desk();
      venue.sending = 'part';
      const outcomes = await settleOrders(engine, [buy], { ...options, isBrokenOff: () => waits.length > 0 });
      expect(outcomes).toMatchObject([{ state: 'CANCELLED', filledQuantity: '0.5' }]);
      expect([waits, venue.submits]).toEqual([[30_000], 1]);
    });

    it('goes on where it is not', async () => {
      const { venue, engine, options, waits } = await desk();
      venue.sending = 'rest';
      await engine.execute([buy]);
      const going = { ...options, isBrokenOff: () => false, isHalted: async () => false };
      expect(await settleOpenOrders(engine, going)).toMatchObject([{ state: 'CANCELLED' }]);
      expect(waits).toEqual([30_000]);
    });
  });

  it('says with the last order why nothing is ordered again, and what the exchange said of it', async () => {
    const { venue, engine, options } = await desk();
    venue.sending = 'part';
    const filters = { ...BINANCE_ETHUSDT_FILTERS, minNotionalUsd: money(1_500) };
    engine.broker.market = async () => ({ filters, status: 'trading' });
    const notAgain = 'not ordered again: min_notional (1000 against 1500)';
    expect(await settleOrders(engine, [buy], options)).toMatchObject([{ state: 'CANCELLED', message: notAgain }]);
  });

  it('leaves protective orders where they are, however they are being filled', async () => {
    const { venue, engine, options, waits } = await desk();
    await engine.execute([buy]);
    const pair = pairOf('p');
    venue.sending = 'rest';
    await engine.executeList(pair);
    const { lookup } = engine.broker;
    engine.broker.lookup = async () => {
      throw new Error('looked up');
    };
    expect(await settleOpenOrders(engine, options)).toEqual([]);
    engine.broker.lookup = lookup;
    venue.reach('stop', money('0.5'));
    await engine.refresh();
    expect(engine.ledger.order(pair.stop.clientOrderId).state).toBe('PARTIALLY_FILLED');
    expect(await settleOpenOrders(engine, options)).toEqual([]);
    expect(waits).toEqual([]);
  });

  it('cancels open purchases while trading is halted, and leaves sales in the book', async () => {
    const { venue, engine, options, waits } = await desk();
    venue.balances.set('ETH', money(5));
    venue.sending = 'rest';
    const sale = { ...buy, clientOrderId: 'sale', decisionId: 'other', side: 'sell', leg: 'exit' } as const;
    await engine.execute([buy, sale]);
    const halted = { ...options, isHalted: async () => true, maxRounds: 1 };
    expect(await settleOpenOrders(engine, halted)).toMatchObject([{ state: 'CANCELLED' }, { state: 'ACCEPTED' }]);
    expect(waits).toEqual([30_000]);
    expect(venue.orders.map(({ state }) => state)).toEqual(['CANCELLED', 'ACCEPTED']);
  });
});

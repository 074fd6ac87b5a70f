import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SENDING, type Sending, SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { type KeepProtectedOptions, keepProtected, withdrawProtection } from './keep-protected.ts';
import { openLists, reservedQuantity } from './order-list.ts';
import { isTerminal } from './order-state.ts';
import { makeIntent } from './plan-trade.ts';
import { protectedAt } from './protective-orders.ts';
import { reconcile } from './reconcile.ts';
import { createOrderGate } from './risk/order-gate.ts';
import { DEFAULT_RISK_LIMITS } from './risk/risk-limits.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const START = 1_700_000_000_000;

/** A position at a simulated exchange, and everything a test wants to reach. */
class Desk {
  readonly clock = new ManualClock(START);
  readonly venue = new SimulatedVenue(this.clock, '10000');
  readonly journal = new MemoryJournal();
  engine!: TradingEngine;
  #serial = 0;

  async open(trailingStop?: number): Promise<this> {
    this.engine = await TradingEngine.open({
      journal: this.journal,
      clock: this.clock,
      connect: () => this.venue.connect(),
      gate: createOrderGate({
        limits: { ...DEFAULT_RISK_LIMITS, tradesPerDay: null },
        feeBps: 10,
        isHalted: () => false,
        history: () => [],
        context: () => ({ dataAgeMs: 0, priceUsd: Number(this.venue.priceUsd) }),
      }),
      capitalUsd: '10000',
      protection: { stopLoss: 0.08, takeProfit: 0.16, ...(trailingStop !== undefined && { trailingStop }) },
    });
    return this;
  }

  get options(): KeepProtectedOptions {
    return {
      clock: this.clock,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      filters: BINANCE_ETHUSDT_FILTERS,
      price: async () => money(this.venue.priceUsd),
    };
  }

  keep = () => keepProtected(this.engine, this.options);

  withdraw = () =>
    withdrawProtection(this.engine, {
      clock: this.clock,
      wait: async (untilMs) => this.clock.moveTo(untilMs),
      maxRounds: 5,
    });

  async trade(side: 'buy' | 'sell', quantity: string) {
    const serial = ++this.#serial;
    const intent = makeIntent({
      decisionId: `d${serial}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      side,
      quantity: money(quantity),
      priceUsd: money(this.venue.priceUsd),
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: this.clock.nowMs(),
      validUntilMs: this.clock.nowMs() + 60_000,
      reason: 'test',
      modelId: null,
    });
    return (await this.engine.execute([intent]))[0]!;
  }

  /** The levels and the quantity of the pair that is open at the exchange. */
  atVenue() {
    const [stop, target] = this.venue.openList()?.orders ?? [];
    if (stop === undefined || target === undefined) return undefined;
    return { stop: stop.intent.stopPriceUsd, target: target.intent.limitPriceUsd, quantity: stop.intent.quantity };
  }
}

describe('protection at the exchange', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await new Desk().open();
    await desk.trade('buy', '1');
  });

  it('places a stop and a target for what is held, once', async () => {
    expect(await desk.keep()).toEqual({ kind: 'placed' });
    expect(desk.atVenue()).toEqual({ stop: '1840', target: '2320', quantity: '1' });
    expect(protectedAt(desk.engine.ledger)).toBe('exchange');
    await desk.keep();
    expect(desk.venue.lists).toHaveLength(1);
  });

  it('waits while it is not known whether a sale has sold what is held', async () => {
    desk.venue.sending = 'lost';
    expect(await desk.trade('sell', '1')).toMatchObject({ state: 'UNKNOWN' });
    desk.venue.sending = 'rest';
    const orders = desk.engine.ledger.orders.size;
    expect(await desk.keep()).toEqual({ kind: 'wait' });
    expect(desk.engine.ledger.orders.size).toBe(orders);
    desk.clock.moveTo(desk.engine.waitingForMs()! + 1);
    await desk.engine.refresh();
    expect(await desk.keep()).toEqual({ kind: 'placed' });
  });

  it('is kept in step with the position', async () => {
    await desk.keep();
    await desk.trade('buy', '1');
    await desk.keep();
    expect(desk.atVenue()?.quantity).toBe('2');
    await desk.withdraw();
    await desk.trade('sell', '0.5');
    await desk.keep();
    expect(desk.atVenue()?.quantity).toBe('1.5');
    expect(desk.venue.lists.filter(({ orders }) => orders.some(({ state }) => state === 'ACCEPTED'))).toHaveLength(1);
  });

  it('lets nothing else sell what it may sell, until it is withdrawn', async () => {
    await desk.keep();
    const denied = await desk.trade('sell', '1');
    expect(denied).toMatchObject({ state: 'NOT_SENT', message: 'denied: position (1 against 0)' });
    expect(await desk.withdraw()).toBe(true);
    expect(await desk.trade('sell', '1')).toMatchObject({ state: 'FILLED' });
    expect(await desk.keep()).toEqual({ kind: 'none' });
    expect(desk.atVenue()).toBeUndefined();
  });

  it.each([
    ['stop', 'stop_loss'],
    ['target', 'take_profit'],
  ] as const)('what the %s sold while nobody was there is booked after a restart', async (leg, reason) => {
    await desk.keep();
    desk.venue.reach(leg);
    await desk.open();
    await desk.engine.recover();
    const { ledger } = desk.engine;
    expect(ledger.closedTrades).toMatchObject([{ reason, soldEth: '1' }]);
    expect(ledger.unsettledOrders()).toEqual([]);
    expect(protectedAt(ledger)).toBeNull();
    expect(await desk.keep()).toEqual({ kind: 'none' });
  });

  it('is found again after a restart and not placed twice', async () => {
    await desk.keep();
    await desk.open();
    await desk.engine.recover();
    expect(await desk.keep()).toEqual({ kind: 'placed' });
    expect(desk.venue.lists).toHaveLength(1);
  });

  it('lets a stop that is being filled go on, and protects anew what a target left', async () => {
    await desk.keep();
    desk.venue.reach('stop', money('0.5'));
    await desk.engine.refresh();
    expect(await desk.keep()).toEqual({ kind: 'wait' });
    desk.venue.reach('stop');
    await desk.engine.refresh();
    expect(desk.engine.ledger.closedTrades).toHaveLength(1);

    await desk.trade('buy', '1');
    await desk.keep();
    desk.venue.reach('target', money('0.4'));
    await desk.engine.refresh();
    expect(await desk.keep()).toEqual({ kind: 'placed' });
    expect(desk.atVenue()).toMatchObject({ quantity: '0.6' });
  });

  it('leaves a level that is reached already to whoever watches the price', async () => {
    desk.venue.priceUsd = '1800';
    expect(await desk.keep()).toMatchObject({ kind: 'here', why: { rule: 'level_reached' } });
    expect(desk.venue.lists).toEqual([]);
    expect(protectedAt(desk.engine.ledger)).toBe('here');
  });

  it('does not go on asking an exchange that refuses', async () => {
    desk.venue.sending = 'reject';
    expect(await desk.keep()).toMatchObject({ kind: 'here', why: { rule: 'refused_by_exchange' } });
    const { submits } = desk.venue;
    desk.clock.moveTo(desk.clock.nowMs() + 60_000);
    await desk.keep();
    expect(desk.venue.submits).toBe(submits);
    desk.venue.sending = 'rest';
    desk.clock.moveTo(desk.clock.nowMs() + 3_600_000);
    expect(await desk.keep()).toEqual({ kind: 'placed' });
  });

  it('finds a pair whose answer was lost at once, and proves one that never arrived to be missing', async () => {
    desk.venue.sending = 'taken-timeout';
    expect(await desk.keep()).toEqual({ kind: 'placed' });
    await desk.withdraw();
    desk.venue.sending = 'lost';
    expect(await desk.keep()).toEqual({ kind: 'wait' });
    desk.clock.moveTo(desk.engine.waitingForMs()!);
    await desk.engine.refresh();
    expect(openLists(desk.engine.ledger)).toEqual([]);
    desk.venue.sending = 'rest';
    expect(await desk.keep()).toEqual({ kind: 'placed' });
    expect(desk.venue.lists.filter(({ orders }) => orders.some(({ state }) => state === 'ACCEPTED'))).toHaveLength(1);
  });

  it('sells nothing while it is not known whether the pair is off the exchange', async () => {
    await desk.keep();
    desk.venue.isDown = true;
    expect(await desk.withdraw()).toBe(false);
    expect(await desk.trade('sell', '1')).toMatchObject({ state: 'NOT_SENT' });
    desk.venue.isDown = false;
    expect(await desk.withdraw()).toBe(true);
    expect(await desk.trade('sell', '1')).toMatchObject({ state: 'FILLED' });
  });

  it('moves a trailing stop up when that makes a difference', async () => {
    const trailing = await new Desk().open(0.05);
    await trailing.trade('buy', '1');
    await trailing.keep();
    expect(trailing.atVenue()?.stop).toBe('1900');
    const { protection } = trailing.engine.ledger.position;
    await trailing.engine.recordProtection({ ...protection!, highestPriceUsd: '2001' });
    await trailing.keep();
    expect(trailing.venue.lists).toHaveLength(1);
    await trailing.engine.recordProtection({ ...protection!, highestPriceUsd: '2100' });
    await trailing.keep();
    expect(trailing.atVenue()?.stop).toBe('1995');
  });

  it('agrees with the exchange at reconciliation, also when the stop is filled in the middle of it', async () => {
    await desk.keep();
    const options = { symbol: 'ETHUSDT', mode: 'sandbox', foreignOrders: 'show', unknownOrders: 'halt' } as const;
    expect((await reconcile(desk.engine, options)).differences).toEqual([]);
    const { broker } = desk.engine;
    const openOrders = broker.openOrders.bind(broker);
    broker.openOrders = async (symbol) => {
      desk.venue.reach('stop');
      return openOrders(symbol);
    };
    expect((await reconcile(desk.engine, options)).differences).toEqual([]);
    expect(desk.engine.ledger.closedTrades).toHaveLength(1);
  });

  it('does not halt for what a stop sold while the exchange does not tell of it, and agrees when it does', async () => {
    await desk.keep();
    const options = { symbol: 'ETHUSDT', mode: 'sandbox', foreignOrders: 'show', unknownOrders: 'halt' } as const;
    const { broker } = desk.engine;
    const lookup = broker.lookup.bind(broker);
    broker.lookup = async () => ({ outcome: 'unknown', message: 'HTTP 500' });
    desk.venue.reach('stop');
    expect((await reconcile(desk.engine, options)).differences).toMatchObject([
      { kind: 'balance_missing', subject: 'ETH', explained: true, action: 'shown' },
    ]);
    broker.lookup = lookup;
    expect((await reconcile(desk.engine, options)).differences).toEqual([]);
    expect(desk.engine.ledger.closedTrades).toHaveLength(1);
    desk.venue.balances.set('USDT', money('1'));
    expect((await reconcile(desk.engine, options)).unexplained).toMatchObject([{ kind: 'balance_missing', subject: 'USDT' }]);
  });

  it('halts for money that is missing although a stop is open', async () => {
    await desk.keep();
    desk.venue.balances.set('ETH', money('0.2'));
    const { unexplained } = await reconcile(desk.engine, {
      symbol: 'ETHUSDT',
      mode: 'sandbox',
      foreignOrders: 'show',
      unknownOrders: 'halt',
    });
    expect(unexplained).toMatchObject([{ kind: 'balance_missing', subject: 'ETH' }]);
  });

  const step = fc.record({
    sending: fc.constantFrom<Sending>(...SENDING),
    act: fc.constantFrom('buy', 'sell', 'keep', 'stop', 'target', 'part', 'restart', 'down', 'up', 'wait'),
  });

  it('never sells more than is held and leaves no order without a position, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const one = await new Desk().open();
        for (const { sending, act } of steps) {
          one.venue.sending = sending;
          if (act === 'buy') await one.trade('buy', '0.5');
          if (act === 'sell' && (await one.withdraw())) await one.trade('sell', '0.3');
          if (act === 'keep') await one.keep();
          if (act === 'stop' || act === 'target') one.venue.reach(act);
          if (act === 'part') one.venue.reach('target', money('0.4'));
          if (act === 'restart') {
            await one.open();
            await one.engine.recover();
          }
          if (act === 'down' || act === 'up') one.venue.isDown = act === 'down';
          if (act === 'wait') one.clock.moveTo(one.clock.nowMs() + 10_000);
          await one.engine.refresh();
          expect(reservedQuantity(one.engine.ledger).gte(0)).toBe(true);
        }
        Object.assign(one.venue, { sending: 'fill', isDown: false });
        for (let round = 0; round < 6; round++) {
          one.clock.moveTo(one.clock.nowMs() + 4_000_000);
          await one.engine.refresh();
          for (const order of one.engine.ledger.workingOrders()) await one.engine.cancel(order.intent.clientOrderId);
          await one.keep();
        }
        const { ledger } = one.engine;
        for (const asset of ['ETH', 'USDT'])
          expect(ledger.balance(asset).toFixed()).toBe((one.venue.balances.get(asset) ?? money(0)).toFixed());
        expect(ledger.balance('ETH').gte(0)).toBe(true);
        const open = one.venue.orders.filter(({ state }) => state === 'ACCEPTED' || state === 'PARTIALLY_FILLED');
        for (const { intent } of open) expect(isTerminal(ledger.order(intent.clientOrderId).state)).toBe(false);
        const isHeld = ledger.balance('ETH').gte('0.0025');
        expect(one.atVenue()?.quantity ?? '0').toBe(isHeld ? ledger.balance('ETH').toFixed() : '0');
      }),
      { numRuns: 150 },
    );
  });
});

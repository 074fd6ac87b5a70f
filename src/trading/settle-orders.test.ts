import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { SENDING, type Sending, SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { orderAt } from './engine-desk.contract.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { PreTradeGate } from './order-sender.ts';
import { isTerminal } from './order-state.ts';
import { reason } from './reason.ts';
import { settleOrders } from './settle-orders.ts';
import { BINANCE_ETHUSDT_FILTERS, type SymbolFilters } from './symbol-filters.ts';
import { TradingEngine } from './trading-engine.ts';

const buy = orderAt(0, 600_000);

describe('settleOrders', () => {
  const settle = async (sending: Sending, whileWaiting: (venue: SimulatedVenue) => void = () => undefined) => {
    const clock = new ManualClock(0);
    const venue = new SimulatedVenue(clock, '10000');
    venue.sending = sending;
    const engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock,
      connect: () => venue.connect(),
      gate: () => [],
      capitalUsd: '10000',
    });
    const wait = async (untilMs: number) => {
      clock.moveTo(untilMs);
      whileWaiting(venue);
    };
    const outcomes = await settleOrders(engine, [buy], {
      clock,
      wait,
      price: async () => money(2000),
      unfilledTimeoutMs: 30_000,
      maxAttempts: 3,
      maxRounds: 6,
    });
    expect(engine.ledger.balance('ETH').toFixed()).toBe((venue.balances.get('ETH') ?? money(0)).toFixed());
    return { states: outcomes.map(({ state }) => state), venue, engine };
  };

  it.each(SENDING)('comes to a known end and never trades too much when orders meet "%s"', async (sending) => {
    const { engine, venue } = await settle(sending);
    expect([...engine.ledger.orders.values()].every(({ state }) => isTerminal(state))).toBe(true);
    expect((venue.balances.get('ETH') ?? money(0)).lte(1)).toBe(true);
    expect(venue.submits).toBeLessThanOrEqual(3);
  });

  it('cancels what stays unfilled and orders the rest again', async () => {
    const { states, engine } = await settle('part');
    expect(states).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect(engine.ledger.balance('ETH').toFixed()).toBe('0.875');
  });

  it('waits for what fills in time', async () => {
    const { states, venue } = await settle('part', (exchange) => exchange.fillRest());
    expect(states).toEqual(['FILLED']);
    expect(venue.submits).toBe(1);
  });

  it('sends again what provably never arrived, under another id', async () => {
    const { states, engine } = await settle('lost', (exchange) => {
      exchange.sending = 'fill';
    });
    expect(states).toEqual(['NOT_FOUND', 'FILLED']);
    expect(engine.ledger.balance('ETH').toFixed()).toBe('1');
  });

  const settleUnder = async (filters: Partial<SymbolFilters>, quantity = '1', gate: PreTradeGate = () => []) => {
    const clock = new ManualClock(0);
    const venue = new SimulatedVenue(clock, '10000');
    venue.filters = { ...BINANCE_ETHUSDT_FILTERS, ...filters };
    const journal = new MemoryJournal();
    const connect = () => venue.connect();
    const engine = await TradingEngine.open({ journal, clock, connect, gate, capitalUsd: '10000' });
    const wait = async () => undefined;
    const price = async () => money(2000);
    const options = { clock, wait, price, unfilledTimeoutMs: 30_000, maxAttempts: 3, maxRounds: 6 };
    return { outcomes: await settleOrders(engine, [{ ...buy, quantity }], options), venue, engine };
  };

  it('rounds by the rules that the exchange has now when it refused by them, as a new order through the gate', async () => {
    const asked: string[] = [];
    const { outcomes, engine } = await settleUnder({ quantityStep: money('0.25') }, '0.6', ({ clientOrderId }) => {
      asked.push(clientOrderId);
      return [];
    });
    expect(outcomes).toMatchObject([
      { state: 'REJECTED', message: 'Filter failure: quantity_step' },
      { state: 'FILLED', filledQuantity: '0.5' },
    ]);
    expect(asked).toEqual(outcomes.map(({ clientOrderId }) => clientOrderId));
    expect(new Set(asked).size).toBe(2);
    expect(engine.ledger.orders.get(asked[1]!)?.intent).toMatchObject({ attempt: 2, quantityStep: '0.25' });
  });

  it('orders no more at once than the exchange takes at the market', async () => {
    const { outcomes } = await settleUnder({ marketMaxQuantity: money('0.4') }, '0.6');
    expect(outcomes).toMatchObject([
      { state: 'REJECTED', message: 'Filter failure: max_quantity' },
      { state: 'FILLED', filledQuantity: '0.4' },
    ]);
  });

  it('gives up with the rule that leaves nothing to order, and sends nothing more', async () => {
    const { outcomes, venue } = await settleUnder({ minNotionalUsd: money('5000') });
    expect(outcomes).toMatchObject([
      { state: 'REJECTED', message: 'Filter failure: min_notional; not ordered again: min_notional (2000 against 5000)' },
    ]);
    expect(venue.submits).toBe(1);
  });

  it('lets the gate stop the order that was made anew', async () => {
    const { outcomes, venue } = await settleUnder({ quantityStep: money('0.25') }, '0.6', ({ attempt }) =>
      attempt === 1 ? [] : [reason('halted', 1, 0)],
    );
    expect(outcomes.map(({ state }) => state)).toEqual(['REJECTED', 'NOT_SENT']);
    expect(venue.submits).toBe(1);
  });

  it('does not send again what the exchange refused, and leaves open what it does not tell', async () => {
    expect((await settle('reject')).states).toEqual(['REJECTED']);
    const { states } = await settle('lost', (exchange) => {
      exchange.isDown = true;
    });
    expect(states).toEqual(['UNKNOWN']);
  });
});

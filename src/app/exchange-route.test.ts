import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS, money } from '../domain/index.ts';
import { TradingEngine } from '../trading/index.ts';
import { firstFillsSinceMs, routeOver } from './exchange-route.ts';
import { START_MS, TradingDesk } from './trading-desk.fixture.ts';

let desk: TradingDesk;
afterEach(() => desk.close());

/** The system starts anew on what it left, after `awayMs`. @returns from when on each comparison asked for executions */
async function startAfter(awayMs: number) {
  desk.clock.moveTo(desk.clock.nowMs() + awayMs);
  const { clock, venue, journal } = desk;
  const broker = venue.connect();
  const since: number[] = [];
  const { recentFills } = broker;
  broker.recentFills = (symbol, sinceMs) => {
    since.push(sinceMs);
    return recentFills(symbol, sinceMs);
  };
  const engine = await TradingEngine.open({ journal, clock, connect: () => broker, gate: () => [], capitalUsd: '10000' });
  const route = routeOver(broker, {
    mode: 'sandbox',
    symbol: 'ETHUSDT',
    market: { filters: venue.filters, status: 'trading' },
    exchange: desk.config.exchange,
    settling: {
      clock,
      wait: async () => undefined,
      price: async () => money(2000),
      unfilledTimeoutMs: 0,
      maxAttempts: 1,
      maxRounds: 1,
    },
  });
  return { engine, route, since };
}

describe('the comparison with the exchange after a start', () => {
  it('finds what was executed while nothing ran, days ago', async () => {
    desk = await TradingDesk.open(['exchange.protectOnExchange=off']);
    await desk.buy('0.1');
    desk.clock.moveTo(START_MS + HOUR_MS);
    const order = { ...desk.intent('elsewhere', 'buy', '0.1'), clientOrderId: 'web_1' };
    await desk.venue.connect().submit(order, desk.clock.nowMs());
    desk.venue.balances.set('USDT', money(50_000));
    const { engine, route, since } = await startAfter(3 * DAY_MS);
    expect(await route.check(engine)).toEqual({ kind: 'ready' });
    expect(engine.ledger.lastReconciliation?.differences).toMatchObject([{ kind: 'foreign_fill', subject: '2.1' }]);
    // Nothing before the first order of the journal is the system's.
    expect(since).toEqual([START_MS]);
  });

  it('goes on from the last comparison then', async () => {
    desk = await TradingDesk.open(['exchange.protectOnExchange=off']);
    await desk.buy('0.1');
    desk.clock.moveTo(START_MS + 2 * DAY_MS);
    await desk.buy('0.1');
    const { engine, route, since } = await startAfter(HOUR_MS);
    await route.check(engine);
    desk.clock.moveTo(desk.clock.nowMs() + HOUR_MS);
    await route.check(engine);
    expect(since).toEqual([START_MS + DAY_MS, START_MS + 2 * DAY_MS + HOUR_MS - 10 * MINUTE_MS]);
  });

  it.each([
    ['a new journal', null, 100 * DAY_MS, 99 * DAY_MS],
    ['a clock that was set back', 101 * DAY_MS, 100 * DAY_MS, 99 * DAY_MS],
    ['a pause of a week', 93 * DAY_MS, 100 * DAY_MS, 92 * DAY_MS],
    ['a pause that is longer than exchanges tell of', 0, 100 * DAY_MS, 11 * DAY_MS],
  ])('begins a day before the journal ended: %s', async (_name, leftAtMs, nowMs, sinceMs) => {
    desk = await TradingDesk.open();
    expect(firstFillsSinceMs(leftAtMs, nowMs)).toBe(sinceMs);
  });
});

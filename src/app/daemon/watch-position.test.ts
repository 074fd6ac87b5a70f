import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, latestDailyMs } from '../../domain/index.ts';
import { protectedAt } from '../../trading/index.ts';
import { START_MS, TradingDesk } from '../trading-desk.fixture.ts';
import { isHeldTooLong, watchPosition } from './watch-position.ts';

let desk: TradingDesk;
let pauses: number;
/** Stop at 1840, target at 2320. */
const open = async (...overrides: string[]) => {
  desk = await TradingDesk.open(['exchange.protectOnExchange=off', ...overrides]);
  await desk.buy();
};
beforeEach(async () => {
  pauses = 0;
  await open();
});
afterEach(() => desk.close());

const look = (whilePaused = () => undefined as unknown) =>
  watchPosition(desk.session, async () => {
    pauses++;
    await whilePaused();
  });

describe('watchPosition', () => {
  it('leaves the position between its levels alone, and asks once', async () => {
    expect(await look()).toEqual({ orders: [], hasPrice: true, doubtful: null });
    expect(pauses).toBe(0);
  });

  it.each([
    ['stop_loss', '1839', '1838'],
    ['take_profit', '2321', '2330'],
  ])('sells by %s where two prices say so', async (leg, first, second) => {
    desk.quotes.push(first);
    desk.secondQuotes.push(second);
    expect((await look()).orders).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(pauses).toBe(1);
    const [order] = desk.ordersOf(leg);
    expect(order?.intent).toMatchObject({ type: 'market', referencePriceUsd: second, reason: leg });
    expect(desk.held).toBe('0');
  });

  it('sells nothing for one bad price, and says so', async () => {
    desk.quotes.push('2');
    desk.secondQuotes.push('2001');
    expect(await look()).toMatchObject({ orders: [], doubtful: 'stop_loss at 2, then 2001' });
    desk.quotes.push('1839');
    desk.secondQuotes.push('2400');
    expect(await look()).toMatchObject({ orders: [], doubtful: 'stop_loss at 1839, then 2400' });
    expect(desk.held).toBe('1');
  });

  it.each([
    ['take_profit', '1000000', '2000'],
    ['take_profit', '4000.01', '2000'],
    ['stop_loss', '20', '2000'],
    ['stop_loss', '1', '2000'],
    ['stop_loss', '999.99', '2000'],
    ['take_profit', '1000000', undefined],
    ['stop_loss', '20', undefined],
  ])('sells nothing by %s where two prices agree on %s, and says that there is no price', async (leg, price, close) => {
    desk.lastClose = close;
    desk.quotes.push(price);
    desk.secondQuotes.push(price);
    const doubtful = `${leg} at ${price}, but the last known price is 2000`;
    expect(await look()).toEqual({ orders: [], hasPrice: false, doubtful });
    expect([desk.held, desk.ledger.orders.size]).toEqual(['1', 1]);
  });

  it.each([
    ['stop_loss', '1000', '2000'],
    ['take_profit', '4000', '2000'],
    // What was paid says nothing where a close is known.
    ['stop_loss', '900', '1100'],
  ])('sells by %s at %s, which can be a price after %s', async (leg, price, close) => {
    desk.lastClose = close;
    desk.quotes.push(price);
    desk.secondQuotes.push(price);
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
    expect(desk.ordersOf(leg)).toHaveLength(1);
  });

  it('sells nothing in a spread that no market has, and sells in one that is wide', async () => {
    desk.spreadBps = 1_001;
    desk.quotes.push('1839');
    desk.secondQuotes.push('1838');
    expect(await look()).toMatchObject({
      orders: [],
      hasPrice: false,
      doubtful: 'stop_loss at 1838, but the spread is 1001 bps',
    });
    desk.spreadBps = 1_000;
    desk.quotes.push('1839');
    desk.secondQuotes.push('1838');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
  });

  it('reads no stored series where the price of the last decision will do', async () => {
    const { performance, market } = desk.session.cycle;
    const equity = { equityUsd: 10_000, cashUsd: 8_000, positionEth: 1, exposure: 0.2, transfersUsd: 10_000 };
    await performance.record({ decisionId: 'd1', timeMs: START_MS, priceUsd: 1_900, ...equity });
    market.view = async () => {
      throw new Error('read');
    };
    desk.quotes.push('1839');
    desk.secondQuotes.push('1838');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
  });

  it('moves no trailing stop to a price that cannot be', async () => {
    await desk.close();
    await open('strategy.trailingStop=0.05');
    const before = desk.ledger.position.protection;
    desk.lastClose = '900';
    desk.quotes.push('2100');
    desk.secondQuotes.push('2100');
    expect(await look()).toMatchObject({ hasPrice: false, doubtful: 'trailing_stop at 2100, but the last known price is 900' });
    expect(desk.ledger.position.protection).toEqual(before);
  });

  it('sells nothing where the second source says nothing, and says that there is no price', async () => {
    desk.quotes.push('1839');
    desk.secondQuotes.push(undefined);
    expect(await look()).toMatchObject({ orders: [], hasPrice: false });
    desk.quotes.push(undefined);
    expect(await look()).toMatchObject({ orders: [], hasPrice: false });
    expect(desk.held).toBe('1');
  });

  it('breaks off an order that settles meanwhile, and sells', async () => {
    desk.venue.upcoming.push('rest');
    let isWaiting = (): void => undefined;
    const waiting = new Promise<void>((done) => {
      isWaiting = done;
    });
    desk.wait = () =>
      new Promise((over) => {
        desk.session.turn.broken?.addEventListener('abort', () => over());
        isWaiting();
      });
    const { route, engine } = desk.session.cycle;
    const settling = desk.session.turn.take(() => route.settle(engine, [desk.intent('d9', 'buy', '1')]));
    await waiting;
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
    expect(await settling).toMatchObject([{ state: 'CANCELLED' }]);
    expect(desk.held).toBe('0');
  });

  it('sells nothing while the outcome of an order is not known', async () => {
    desk.venue.upcoming.push('lost');
    await desk.engine.execute([desk.intent('d9', 'sell', '1')]);
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    const { submits } = desk.venue;
    expect((await look()).orders).toEqual([]);
    expect(desk.venue.submits).toBe(submits);
  });

  it('sells nothing where it was sold between the two prices', async () => {
    desk.quotes.push('1839');
    desk.secondQuotes.push('1839');
    expect((await look(() => desk.engine.execute([desk.intent('d9', 'sell', '1')]))).orders).toEqual([]);
    expect(desk.ordersOf('stop_loss')).toEqual([]);
  });

  it('sells Ether that was given after a sale was refused', async () => {
    desk.venue.upcoming.push('reject');
    const fall = () => {
      desk.quotes.push('1839');
      desk.secondQuotes.push('1839');
    };
    fall();
    expect((await look()).orders).toMatchObject([{ state: 'REJECTED' }]);
    await desk.engine.recordTransfer({ asset: 'ETH', amount: '1', valueUsd: '2000', reason: 'by hand' });
    desk.venue.balances.set('ETH', desk.ledger.balance('ETH'));
    fall();
    expect((await look()).orders).toMatchObject([{ state: 'FILLED', filledQuantity: '2' }]);
  });

  it('raises a trailing stop by the lower of two prices', async () => {
    await desk.close();
    await open('strategy.trailingStop=0.05');
    desk.quotes.push('2300');
    desk.secondQuotes.push('2050');
    await look();
    expect(desk.ledger.position.protection).toMatchObject({ highestPriceUsd: '2050' });
  });

  it('books what a pair at the exchange sold, and sells nothing besides', async () => {
    await desk.close();
    desk = await TradingDesk.open();
    await desk.buy();
    await desk.session.cycle.route.protect(desk.engine);
    expect(protectedAt(desk.ledger)).toBe('exchange');
    desk.venue.reach('stop');
    desk.quotes.push('1839');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
    expect(desk.ordersOf('stop_loss')).toEqual([]);
    expect(desk.held).toBe('0');
  });
});

describe('isHeldTooLong', () => {
  const LATE_MS = 12 * HOUR_MS;
  const isTooLong = () => isHeldTooLong(desk.session.cycle, { dueMs: latestDailyMs(desk.clock.nowMs(), 23), lateMs: LATE_MS });
  const at = (hours: number) => {
    desk.clock.moveTo(START_MS + hours * HOUR_MS);
    return isTooLong();
  };

  it('is so after maxHoldingHours, not at the next decision', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=30');
    // Bought at 12:00; 30 h are over at 18:00 the next day, decisions are at 23:00.
    expect([at(29.9), at(30)]).toEqual([false, true]);
  });

  it('is left to a decision that is due at that time and can still be made', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=11');
    // 23:00 is both the end of holding and a decision.
    expect([at(11), at(22.9), at(23)]).toEqual([false, false, true]);
  });

  it('is nothing where nothing is held', async () => {
    await desk.close();
    desk = await TradingDesk.open();
    expect(at(100)).toBe(false);
  });
});

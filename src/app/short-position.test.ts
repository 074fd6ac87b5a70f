import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, type KnownSeries, money } from '../domain/index.ts';
import { SimulatedPerpetualVenue } from '../trading/brokers/simulated-perpetual-venue.contract.ts';
import { protectedAt, tradeHistory, unrealisedPnlUsd } from '../trading/index.ts';
import { closeIfProtected } from './close-if-protected.ts';
import { isHeldTooLong, sellPosition, watchPosition } from './daemon/watch-position.ts';
import { leaveBeforeLiquidation } from './leave-before-liquidation.ts';
import type { MarketView } from './market-view.ts';
import { sellEverything } from './sell-everything.ts';
import { START_MS, TradingDesk } from './trading-desk.fixture.ts';
import { bookTransfer } from './transfer.ts';

const PERPETUAL = ['futures.enabled=true', 'futures.allowShort=true'];
let desk: TradingDesk;
/** A short of 1 at 2000: its stop lies at 2160, its target at 1680. */
const open = async (overrides: readonly string[] = [], kind: 'exchange' | 'paper' = 'exchange') => {
  desk = await TradingDesk.open([...PERPETUAL, ...overrides], kind);
  expect(await desk.short()).toMatchObject({ state: 'FILLED' });
};
const look = () => watchPosition(desk.session, async () => undefined);
const venue = (): SimulatedPerpetualVenue => {
  if (desk.venue instanceof SimulatedPerpetualVenue) return desk.venue;
  throw new Error('no venue of perpetuals');
};
afterEach(() => desk.close());

describe('a short position at an exchange', () => {
  beforeEach(() => open());

  it.each([
    ['stop_loss', '2161', '2165'],
    ['take_profit', '1679', '1670'],
  ])('is bought back by %s where two prices say so', async (leg, first, second) => {
    desk.quotes.push(first);
    desk.secondQuotes.push(second);
    expect((await look()).orders).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(desk.ordersOf(leg)[0]?.intent).toMatchObject({
      side: 'buy',
      reduceOnly: true,
      referencePriceUsd: second,
      reason: leg,
    });
    expect(venue().quantity.toFixed()).toBe('0');
    expect(desk.ledger.closedTrades).toMatchObject([{ direction: 'short', reason: leg }]);
  });

  it('is left alone between its levels, and for one bad price, which is told', async () => {
    expect(await look()).toEqual({ orders: [], hasPrice: true, doubtful: null });
    desk.quotes.push('9000');
    desk.secondQuotes.push('2001');
    expect(await look()).toMatchObject({ orders: [], doubtful: 'stop_loss at 9000, then 2001' });
    desk.quotes.push('2161');
    desk.secondQuotes.push('1600');
    expect(await look()).toMatchObject({ orders: [], doubtful: 'stop_loss at 2161, then 1600' });
    expect(desk.held).toBe('-1');
  });

  it('rests no pair at the exchange: its levels are watched here', async () => {
    await desk.session.cycle.route.protect(desk.engine);
    expect(protectedAt(desk.ledger)).toBe('here');
    expect(desk.ledger.unsettledOrders()).toEqual([]);
  });

  it('is worth its sale less the mark', async () => {
    expect(unrealisedPnlUsd(desk.ledger, money(1900))).toBe('100');
    expect(tradeHistory(desk.ledger, money(2100))).toMatchObject([
      { side: 'short', exitTimeMs: null, pnlUsd: '-2', unrealisedPnlUsd: '-100' },
    ]);
  });

  it('is held too long where no decision renewed it, and is bought back by whoever holds the turn', async () => {
    const decision = { dueMs: START_MS, lateMs: HOUR_MS };
    expect(isHeldTooLong(desk.session.cycle, decision)).toBe(false);
    desk.clock.moveTo(START_MS + 30 * 24 * HOUR_MS);
    expect(isHeldTooLong(desk.session.cycle, decision)).toBe(true);
    expect(await sellPosition(desk.session.cycle, 'time_exit', money(2050))).toMatchObject([{ state: 'FILLED' }]);
    expect(desk.held).toBe('0');
    expect(isHeldTooLong(desk.session.cycle, decision)).toBe(false);
  });

  it.each(['time_exit', 'emergency_exit'] as const)(
    'is left by %s after an order that is still open was cancelled',
    async (leg) => {
      desk.venue.upcoming.push('rest');
      await desk.engine.execute([desk.intent('d9', 'sell', '0.5', 'entry')]);
      expect(await sellPosition(desk.session.cycle, leg, money(2000))).toMatchObject([{ filledQuantity: '1' }]);
      expect(desk.ledger.unsettledOrders()).toEqual([]);
      expect(venue().quantity.toFixed()).toBe('0');
    },
  );

  it('is bought back whole by a sale of everything, however it is filled, also while halted', async () => {
    await desk.session.cycle.halt('test');
    desk.venue.upcoming.push('part');
    expect(await sellEverything(desk.session)).toMatchObject({ isFlat: true, why: null, positionEth: '0' });
    expect(desk.ordersOf('flatten').map(({ state, intent }) => [state, intent.side, intent.reduceOnly])).toEqual([
      ['CANCELLED', 'buy', true],
      ['FILLED', 'buy', true],
    ]);
    expect(venue().quantity.toFixed()).toBe('0');
    expect(desk.ledger.walletUsd.toFixed()).toBe(venue().walletUsd.toFixed());
  });

  it('is bought back without a quote, sized with what it was sold for, and is not flat while nothing is known', async () => {
    desk.isPriceKnown = false;
    desk.lastClose = undefined;
    expect(await sellEverything(desk.session)).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(desk.ordersOf('flatten')[0]?.intent.referencePriceUsd).toBe('2000');
  });

  it('is no dust however little is left of it, since what only reduces may be small', async () => {
    await desk.engine.execute([desk.intent('d9', 'buy', '0.995', 'exit')]);
    await desk.engine.leaveDust(money(2000), desk.venue.filters);
    expect(desk.held).toBe('-0.005');
    expect(desk.ledger.openTrade).toMatchObject({ direction: 'short', exitTimeMs: null });
    expect(await sellEverything(desk.session)).toMatchObject({ isFlat: true, positionEth: '0' });
  });

  it('books the funding of its venue at every comparison, once', async () => {
    desk.clock.moveTo(START_MS + 4 * HOUR_MS);
    venue().settleFunding('0.0001');
    expect(await desk.session.cycle.route.check(desk.engine)).toEqual({ kind: 'ready' });
    expect(await desk.session.cycle.route.check(desk.engine)).toEqual({ kind: 'ready' });
    expect(desk.ledger.fundingUsd.toFixed()).toBe('0.2');
    venue().quantity = money(-2);
    expect(await desk.session.cycle.route.check(desk.engine)).toMatchObject({
      kind: 'halt',
      why: 'position_differs ETH: journal -1, exchange -2',
    });
  });

  it('lets no more be taken out than the wallet holds, and no Ether', async () => {
    const take = (asset: 'ETH' | 'USDT', amount: string) =>
      bookTransfer(desk, desk.session, { asset, amount, requestId: amount });
    const notOwned = { code: 'transfer.not_owned', message: 'the system owns 9998 USDT' };
    await expect(take('USDT', '-9998.01')).rejects.toMatchObject(notOwned);
    await expect(take('ETH', '-0.5')).rejects.toMatchObject({ ...notOwned, message: 'the system owns 0 ETH' });
    await expect(take('ETH', '0.5')).rejects.toMatchObject({ code: 'transfer.not_owned' });
    expect(await take('USDT', '-1000')).toMatchObject({ valueUsd: '-1000' });
    expect(desk.ledger.walletUsd.toFixed()).toBe('8998');
  });
});

describe('a trailing stop of a short position', () => {
  beforeEach(() => open(['strategy.trailingStop=0.05']));

  it('follows the lowest price that two of them confirm, and buys back above it', async () => {
    desk.quotes.push('1900');
    desk.secondQuotes.push('1910');
    expect(await look()).toMatchObject({ orders: [] });
    expect(desk.ledger.position.protection).toMatchObject({ lowestPriceUsd: '1910', highestPriceUsd: null });
    desk.quotes.push('1950');
    expect(await look()).toMatchObject({ orders: [] });
    expect(desk.ledger.position.protection?.lowestPriceUsd).toBe('1910');
    // 1910 * 1.05
    desk.quotes.push('2005.51');
    desk.secondQuotes.push('2006');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED' }]);
    expect(desk.ordersOf('trailing_stop')[0]?.intent.side).toBe('buy');
  });
});

describe('a position near its liquidation', () => {
  // With a leverage of 2 the venue liquidates at 2988.05; half of the least distance is reached above 2656.04.
  const settings = ['futures.leverage=2', 'strategy.stopLoss=0.4', 'futures.minLiquidationDistance=0.25'];
  beforeEach(() => open(settings));

  it('is left before the venue does it, where two prices say so', async () => {
    await desk.session.cycle.route.check(desk.engine);
    desk.quotes.push('2657');
    desk.secondQuotes.push('2600');
    expect(await look()).toMatchObject({ orders: [], doubtful: 'liquidation_near at 2657, then 2600' });
    desk.quotes.push('2657');
    desk.secondQuotes.push('2660');
    expect((await look()).orders).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(desk.ledger.closedTrades).toMatchObject([{ reason: 'liquidation_near' }]);
  });

  it('is left by the daily cycle too, and not where an order is still open', async () => {
    await desk.session.cycle.route.check(desk.engine);
    desk.venue.upcoming.push('rest');
    await desk.engine.execute([desk.intent('d9', 'buy', '0.5', 'exit')]);
    const leave = (price: string) => leaveBeforeLiquidation(desk.session.cycle, money(price), desk.clock.nowMs());
    expect(await leave('2657')).toEqual([]);
    for (const { intent } of desk.ledger.workingOrders()) await desk.engine.cancel(intent.clientOrderId);
    expect(await leave('2655')).toEqual([]);
    expect(await leave('2657')).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
  });
});

describe('a short position on paper', () => {
  beforeEach(() => open(['costs.feeBps=0', 'costs.slippageBps=0', 'futures.fundingBpsPer8h=1'], 'paper'));

  const candles = (...rows: readonly (readonly [open: number, high: number, low: number])[]): MarketView => {
    const column = (of: (row: number) => number) => Float64Array.from(rows, (_row, i) => of(i));
    const series = {
      rows: rows.length,
      timeMs: column((row) => START_MS + row * HOUR_MS),
      endMs: column((row) => START_MS + (row + 1) * HOUR_MS),
      knownFromMs: column((row) => START_MS + (row + 1) * HOUR_MS),
      numbers: {
        open: column((row) => rows[row]![0]),
        high: column((row) => rows[row]![1]),
        low: column((row) => rows[row]![2]),
      },
    } as unknown as KnownSeries;
    return { canonicalFor: () => ({ series: 'x' }), finestCandles: () => series } as unknown as MarketView;
  };
  const quiet = [2000, 2010, 1990] as const;

  it.each([
    ['its stop', [2000, 2200, 1990], 'stop_loss', '2160'],
    ['its target', [2000, 2010, 1600], 'take_profit', '1680'],
    ['both inside one candle: the stop', [2000, 2200, 1600], 'stop_loss', '2160'],
    ['a gap above its stop: the open', [2300, 2310, 2290], 'stop_loss', '2300'],
  ] as const)('is bought back where a candle reached %s', async (_what, candle, reason, boughtUsd) => {
    desk.clock.moveTo(START_MS + 3 * HOUR_MS);
    const view = candles(quiet, candle, quiet);
    expect(await closeIfProtected(desk.session.cycle, view, desk.clock.nowMs())).toMatchObject([{ state: 'FILLED' }]);
    expect(desk.ledger.closedTrades).toMatchObject([{ reason, boughtUsd, direction: 'short' }]);
  });

  it('gets the funding that was due until it was left, and none after', async () => {
    // Opened at 12:00; 16:00 passes before the stop is reached at 17:00, 00:00 does not.
    desk.clock.moveTo(START_MS + 14 * HOUR_MS);
    const rows = Array.from({ length: 14 }, (_row, hour) => (hour === 5 ? ([2000, 2200, 1990] as const) : quiet));
    await closeIfProtected(desk.session.cycle, candles(...rows), desk.clock.nowMs());
    await desk.session.cycle.route.accrueFunding?.(desk.engine, desk.clock.nowMs());
    expect(desk.ledger.fundingUsd.toFixed()).toBe('0.2');
    expect(desk.ledger.closedTrades).toMatchObject([{ fundingUsd: '0.2' }]);
    expect(desk.ledger.cashUsd.toFixed()).toBe('9840.2');
  });

  it('is closed though a halt denies the turn to long', async () => {
    await desk.session.cycle.halt('test');
    const { route } = desk.session.cycle;
    const outcomes = await route.settle(desk.engine, [desk.intent('d9', 'buy', '2', 'entry')]);
    expect(outcomes).toMatchObject([
      { state: 'NOT_SENT', message: expect.stringContaining('halted') },
      { state: 'FILLED', filledQuantity: '1' },
    ]);
    expect(desk.held).toBe('0');
  });
});

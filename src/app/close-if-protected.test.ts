import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MS, type KnownSeries } from '../domain/index.ts';
import { closeIfProtected } from './close-if-protected.ts';
import type { MarketView } from './market-view.ts';
import { START_MS, TradingDesk } from './trading-desk.fixture.ts';

let desk: TradingDesk;
/** On paper a sale fills at the level that it names. Stop at 1840, target at 2320. */
const open = async (...overrides: string[]) => {
  desk = await TradingDesk.open(['costs.feeBps=0', 'costs.slippageBps=0', ...overrides], 'paper');
  await desk.buy();
};
beforeEach(() => open());
afterEach(() => desk.close());

/** Hourly candles from the purchase on, as open, high and low; each known when it closes. */
function viewOf(candles: readonly (readonly [open: number, high: number, low: number])[]): MarketView {
  const column = (of: (row: number) => number) => Float64Array.from(candles, (_candle, row) => of(row));
  const series = {
    rows: candles.length,
    timeMs: column((row) => START_MS + row * HOUR_MS),
    endMs: column((row) => START_MS + (row + 1) * HOUR_MS),
    knownFromMs: column((row) => START_MS + (row + 1) * HOUR_MS),
    numbers: {
      open: column((row) => candles[row]![0]),
      high: column((row) => candles[row]![1]),
      low: column((row) => candles[row]![2]),
    },
  } as unknown as KnownSeries;
  return { canonicalFor: () => ({ series: 'x' }), finestCandles: () => series } as unknown as MarketView;
}
const QUIET = [2000, 2010, 1990] as const;
const hours = (count: number, candle: readonly [number, number, number] = QUIET) => Array.from({ length: count }, () => candle);

async function close(candles: readonly (readonly [number, number, number])[], hoursLater = candles.length) {
  desk.clock.moveTo(START_MS + hoursLater * HOUR_MS);
  return closeIfProtected(desk.session.cycle, viewOf(candles), desk.clock.nowMs());
}
const lastTrade = () => desk.ledger.closedTrades.at(-1);

describe('closeIfProtected', () => {
  it('keeps a position whose levels no candle reached', async () => {
    expect(await close(hours(11))).toEqual([]);
    expect(desk.held).toBe('1');
  });

  it.each([
    ['its stop', [2000, 2010, 1800], 'stop_loss', '1840'],
    ['its target', [2000, 2400, 1990], 'take_profit', '2320'],
    ['both inside one candle: the stop', [2000, 2400, 1800], 'stop_loss', '1840'],
    ['a gap below its stop: the open', [1700, 1750, 1600], 'stop_loss', '1700'],
  ] as const)('sells where a candle reached %s', async (_what, candle, reason, soldUsd) => {
    expect(await close([...hours(3), candle, ...hours(3)])).toMatchObject([{ state: 'FILLED', filledQuantity: '1' }]);
    expect(lastTrade()).toMatchObject({ reason, soldUsd, exitTimeMs: START_MS + 3 * HOUR_MS });
  });

  it('looks at no candle that is not known yet', async () => {
    expect(await close([...hours(3), [1700, 1750, 1600]], 3)).toEqual([]);
  });

  it('ends holding at the open of the first candle after it, between decisions', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=30');
    expect(await close(hours(30))).toEqual([]);
    expect(await close([...hours(30), [2050, 2060, 2040], ...hours(4)])).toMatchObject([{ state: 'FILLED' }]);
    expect(lastTrade()).toMatchObject({ reason: 'time_exit', soldUsd: '2050', exitTimeMs: START_MS + 30 * HOUR_MS });
  });

  it('stops out before the end of holding, and never after it', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=5');
    await close([...hours(5), [2050, 2060, 2040], [1700, 1700, 1700]]);
    expect(lastTrade()).toMatchObject({ reason: 'time_exit', soldUsd: '2050' });
    await desk.close();
    await open('strategy.maxHoldingHours=5');
    await close([...hours(4), [2000, 2010, 1800], [2050, 2060, 2040]]);
    expect(lastTrade()).toMatchObject({ reason: 'stop_loss', soldUsd: '1840' });
  });

  it('leaves what is held too long at the decision itself to the decision', async () => {
    await desk.close();
    await open('strategy.maxHoldingHours=24');
    expect(await close(hours(24))).toEqual([]);
  });

  it('raises a trailing stop over candles that reached nothing', async () => {
    await desk.close();
    await open('strategy.trailingStop=0.05');
    await close(hours(2, [2000, 2080, 1990]));
    expect(desk.ledger.position.protection).toMatchObject({ highestPriceUsd: '2080' });
  });

  it('leaves to the exchange what rests there', async () => {
    await desk.close();
    desk = await TradingDesk.open();
    await desk.buy();
    await desk.session.cycle.route.protect(desk.engine);
    expect(await close([...hours(3), [1700, 1750, 1600]])).toEqual([]);
    expect(desk.held).toBe('1');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { money } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { Position } from './position.ts';
import { checkPrice, checkProtection, type ProtectionBar, protectionFor, stopOf, trail, trailOver } from './protection.ts';

const levels: Protection = {
  stopPriceUsd: '2160',
  takeProfitPriceUsd: '1680',
  trailingFraction: null,
  highestPriceUsd: null,
  direction: 'short',
};
const bar = (open: number, high: number, low: number, openTimeMs = 1): ProtectionBar => ({ openTimeMs, open, high, low });
const position = (more: Partial<Position> = {}): Position => ({
  quantityEth: money(-2),
  costUsd: money(-4000),
  decisionId: 'd',
  lastBuyMs: 1,
  protection: null,
  ...more,
});

describe('the protection of a short position', () => {
  it('has its stop above the entry and its target below, the trailing stop from the lowest price', () => {
    expect(protectionFor(position(), { stopLoss: 0.08, takeProfit: 0.16 })).toEqual(levels);
    expect(protectionFor(position({ protection: levels }), { stopLoss: 0.08, takeProfit: 0.16 })).toBeUndefined();
    const trailing = protectionFor(position(), { trailingStop: 0.05 });
    expect(trailing).toMatchObject({ direction: 'short', lowestPriceUsd: '2000', highestPriceUsd: null });
    expect(
      protectionFor(position({ protection: { ...trailing!, lowestPriceUsd: '1800' } }), { trailingStop: 0.05 }),
    ).toBeUndefined();
    expect(protectionFor(position(), { takeProfit: 1.5 })).toMatchObject({ takeProfitPriceUsd: null });
  });

  it('is placed anew where it was that of a long one, or follows a price that is not the lowest', () => {
    const { direction: _long, ...ofLong } = levels;
    const policy = { stopLoss: 0.08, takeProfit: 0.16 };
    expect(protectionFor(position({ protection: ofLong }), policy)).toEqual(levels);
    const trailing = { ...levels, stopPriceUsd: null, takeProfitPriceUsd: null, trailingFraction: 0.05 };
    const wrong = position({ protection: { ...trailing, lowestPriceUsd: '2100' } });
    expect(protectionFor(wrong, { trailingStop: 0.05 })).toEqual({ ...trailing, lowestPriceUsd: '2000' });
  });

  it('has a trailing stop alone where it has no fixed one', () => {
    const trailing: Protection = { ...levels, stopPriceUsd: null, trailingFraction: 0.05, lowestPriceUsd: '2000' };
    expect(stopOf(trailing)).toEqual({ leg: 'trailing_stop', priceUsd: money(2100) });
    expect(stopOf({ ...levels, stopPriceUsd: null })).toBeUndefined();
    expect(stopOf({ ...levels, lowestPriceUsd: '1700' })).toEqual({ leg: 'stop_loss', priceUsd: money(2160) });
  });

  it.each([
    ['the stop inside a bar fills at the stop', bar(2000, 2161, 1990), { leg: 'stop_loss', price: '2160' }],
    ['a high exactly at the stop reaches it', bar(2000, 2160, 1990), { leg: 'stop_loss', price: '2160' }],
    ['a gap above the stop fills at the open', bar(2200, 2250, 2100), { leg: 'stop_loss', price: '2200' }],
    ['the target inside a bar fills at the target', bar(2000, 2010, 1679), { leg: 'take_profit', price: '1680' }],
    ['a gap below the target fills at the open', bar(1600, 1650, 1590), { leg: 'take_profit', price: '1600' }],
    ['the stop comes first where both are inside', bar(2000, 2200, 1600), { leg: 'stop_loss', price: '2160' }],
  ])('%s', (_name, one, { leg, price }) => {
    const trigger = checkProtection(levels, [one]);
    expect({ leg: trigger?.leg, price: trigger?.priceUsd.toFixed() }).toEqual({ leg, price });
  });

  it('lets the trailing stop follow the lows of the bars before', () => {
    const trailing: Protection = { ...levels, takeProfitPriceUsd: null, trailingFraction: 0.05, lowestPriceUsd: '2000' };
    expect(checkProtection(trailing, [bar(2000, 2099, 1800)])).toBeUndefined();
    const trigger = checkProtection(trailing, [bar(2000, 2099, 1800, 1), bar(1850, 1920, 1840, 2)]);
    expect(trigger).toMatchObject({ leg: 'trailing_stop', atMs: 2, priceUsd: money(1890) });
    expect(trail(trailing, money(1800)).lowestPriceUsd).toBe('1800');
    expect(trail(trailing, money(2100)).lowestPriceUsd).toBe('2000');
    expect(trailOver(trailing, [bar(2000, 2010, 1900), bar(1950, 1960, 1910)]).lowestPriceUsd).toBe('1900');
    expect(trailOver(trailing, [bar(2050, 2060, 2000)])).toBe(trailing);
    expect(stopOf({ ...trailing, lowestPriceUsd: '1900' })).toMatchObject({ leg: 'trailing_stop', priceUsd: money(1995) });
    expect(stopOf({ ...trailing, lowestPriceUsd: '2100' })).toMatchObject({ leg: 'stop_loss', priceUsd: money(2160) });
    expect(checkPrice(levels, 2161, 5)).toMatchObject({ leg: 'stop_loss', atMs: 5 });
  });

  it('mirrors that of a long one on prices around 2000', () => {
    const price = fc.integer({ min: 1_500, max: 2_500 });
    const bars = fc.array(fc.tuple(price, price, price), { maxLength: 12 });
    fc.assert(
      fc.property(bars, fc.option(fc.integer({ min: 1, max: 30 })), (given, trailing) => {
        const up = given.map(([a, b, c], i) => bar(a, Math.max(a, b, c), Math.min(a, b, c), i));
        const down = up.map(({ open, high, low, openTimeMs }) => bar(4000 - open, 4000 - low, 4000 - high, openTimeMs));
        const long: Protection = {
          stopPriceUsd: '1840',
          takeProfitPriceUsd: '2320',
          trailingFraction: trailing === null ? null : trailing / 100,
          highestPriceUsd: trailing === null ? null : '2000',
        };
        const short: Protection = {
          ...levels,
          trailingFraction: long.trailingFraction,
          ...(trailing !== null && { lowestPriceUsd: '2000' }),
        };
        // A trailing distance is a share of the price, so only fixed levels mirror exactly.
        if (trailing !== null) {
          expect(trailOver(short, down).lowestPriceUsd).toBe(money(4000).minus(trailOver(long, up).highestPriceUsd!).toFixed());
          return;
        }
        const mirrored = { ...short, takeProfitPriceUsd: '1680', stopPriceUsd: '2160' };
        const one = checkProtection(long, up);
        const other = checkProtection(mirrored, down);
        expect(other && { ...other, priceUsd: money(4000).minus(other.priceUsd).toFixed() }).toEqual(
          one && { ...one, priceUsd: one.priceUsd.toFixed() },
        );
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { money, ZERO } from '../domain/index.ts';
import type { Protection } from './journal/journal-record.ts';
import type { Position } from './ledger.ts';
import { checkPrice, checkProtection, type ProtectionBar, protectionFor, stopOf, trail, trailOver } from './protection.ts';

const levels: Protection = { stopPriceUsd: '1840', takeProfitPriceUsd: '2320', trailingFraction: null, highestPriceUsd: null };
const bar = (open: number, high: number, low: number, openTimeMs = 1): ProtectionBar => ({ openTimeMs, open, high, low });
const position = (more: Partial<Position> = {}): Position => ({
  quantityEth: money(2),
  costUsd: money(4000),
  decisionId: 'd',
  lastBuyMs: 1,
  protection: null,
  ...more,
});

describe('checkProtection', () => {
  it.each([
    ['the stop inside a bar fills at the stop', bar(2000, 2010, 1839), { leg: 'stop_loss', price: '1840' }],
    ['a low exactly at the stop reaches it', bar(2000, 2010, 1840), { leg: 'stop_loss', price: '1840' }],
    ['a gap below the stop fills at the open', bar(1800, 1850, 1790), { leg: 'stop_loss', price: '1800' }],
    ['the target inside a bar fills at the target', bar(2000, 2321, 1990), { leg: 'take_profit', price: '2320' }],
    ['a gap above the target fills at the open', bar(2400, 2500, 2390), { leg: 'take_profit', price: '2400' }],
    ['the stop comes first where both are inside', bar(2000, 2400, 1800), { leg: 'stop_loss', price: '1840' }],
  ])('%s', (_name, one, { leg, price }) => {
    const trigger = checkProtection(levels, [one]);
    expect({ leg: trigger?.leg, price: trigger?.priceUsd.toFixed() }).toEqual({ leg, price });
  });

  it('finds the first bar, and nothing where no level is reached', () => {
    expect(checkProtection(levels, [bar(2000, 2100, 1900, 1), bar(2000, 2330, 1900, 2), bar(1000, 1000, 1000, 3)])).toMatchObject(
      { leg: 'take_profit', atMs: 2 },
    );
    expect(checkProtection(levels, [bar(2000, 2319, 1841)])).toBeUndefined();
    expect(checkProtection(null, [bar(1, 1, 1)])).toBeUndefined();
    expect(checkPrice(levels, 1839, 5)).toMatchObject({ leg: 'stop_loss', atMs: 5 });
  });

  it('lets the trailing stop follow the highs of the bars before', () => {
    const trailing: Protection = {
      stopPriceUsd: '1840',
      takeProfitPriceUsd: null,
      trailingFraction: 0.05,
      highestPriceUsd: '2000',
    };
    expect(checkProtection(trailing, [bar(2000, 2200, 1901)])).toBeUndefined();
    const trigger = checkProtection(trailing, [bar(2000, 2200, 1901, 1), bar(2150, 2160, 2080, 2)]);
    expect(trigger).toMatchObject({ leg: 'trailing_stop', atMs: 2, priceUsd: money(2090) });
    expect(trail(trailing, money(2200)).highestPriceUsd).toBe('2200');
    expect(trail(trailing, money(1900)).highestPriceUsd).toBe('2000');
    expect(trail(levels, money(9999))).toBe(levels);
    expect(trailOver(trailing, [bar(2000, 2100, 1950), bar(2000, 2050, 1950)]).highestPriceUsd).toBe('2100');
    expect(trailOver(trailing, [bar(2000, 2000, 1950)])).toBe(trailing);
    expect(trailOver(levels, [bar(2000, 9999, 1950)])).toBe(levels);
  });
});

describe('a fixed and a trailing stop together', () => {
  const both: Protection = { stopPriceUsd: '1840', takeProfitPriceUsd: null, trailingFraction: 0.1, highestPriceUsd: '2000' };
  it('fire at the higher of the two, under its own name', () => {
    expect(checkProtection(both, [bar(1900, 1900, 1830)])).toMatchObject({ leg: 'stop_loss', priceUsd: money(1840) });
    const raised = { ...both, highestPriceUsd: '2100' };
    expect(checkProtection(raised, [bar(1950, 1950, 1880)])).toMatchObject({ leg: 'trailing_stop', priceUsd: money(1890) });
    const alone = { ...both, stopPriceUsd: null };
    expect(checkProtection(alone, [bar(1900, 1900, 1800)])).toMatchObject({ leg: 'trailing_stop', priceUsd: money(1800) });
    expect(checkProtection(alone, [bar(1900, 1900, 1801)])).toBeUndefined();
    const none = { ...levels, stopPriceUsd: null };
    expect(checkProtection(none, [bar(2000, 2319, 1)])).toBeUndefined();
    expect(checkProtection(none, [bar(2000, 2320, 1)])).toMatchObject({ leg: 'take_profit', priceUsd: money(2320) });
    expect(stopOf({ ...levels, highestPriceUsd: '9999' })).toEqual({ leg: 'stop_loss', priceUsd: money(1840) });
    expect(checkProtection({ ...both, highestPriceUsd: null }, [bar(1900, 1900, 1840)])).toMatchObject({ leg: 'stop_loss' });
  });
});

describe('protectionFor', () => {
  it('places them anew where any one level is another', () => {
    const policy = { stopLoss: 0.08, takeProfit: 0.16, trailingStop: 0.1 };
    const right: Protection = {
      stopPriceUsd: '1840',
      takeProfitPriceUsd: '2320',
      trailingFraction: 0.1,
      highestPriceUsd: '2100',
    };
    expect(protectionFor(position({ protection: right }), policy)).toBeUndefined();
    for (const wrong of [
      { stopPriceUsd: '1' },
      { takeProfitPriceUsd: '9999' },
      { trailingFraction: 0.5 },
      { highestPriceUsd: '1900' },
    ])
      expect(protectionFor(position({ protection: { ...right, ...wrong } }), policy)).toMatchObject({ stopPriceUsd: '1840' });
  });

  it('places levels around the average entry price, once', () => {
    const policy = { stopLoss: 0.08, takeProfit: 0.16 };
    const wanted = protectionFor(position(), policy);
    expect(wanted).toEqual(levels);
    expect(protectionFor(position({ protection: levels }), policy)).toBeUndefined();
    expect(protectionFor(position({ costUsd: money(4200), protection: levels }), policy)).toMatchObject({ stopPriceUsd: '1932' });
  });

  it('places nothing without a position or a policy, and only the levels that are wanted', () => {
    expect(protectionFor(position({ quantityEth: ZERO }), { stopLoss: 0.08 })).toBeUndefined();
    expect(protectionFor(position(), undefined)).toBeUndefined();
    expect(protectionFor(position(), { trailingStop: 0.1 })).toEqual({
      stopPriceUsd: null,
      takeProfitPriceUsd: null,
      trailingFraction: 0.1,
      highestPriceUsd: '2000',
    });
  });

  it('keeps a raised trailing stop raised', () => {
    const raised: Protection = { stopPriceUsd: null, takeProfitPriceUsd: null, trailingFraction: 0.1, highestPriceUsd: '2500' };
    expect(protectionFor(position({ protection: raised }), { trailingStop: 0.1 })).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type SeriesInfo } from '../domain/index.ts';
import { chooseCanonical } from './choose-canonical.ts';
import { HOURLY, knownSeries, walk } from './known-series.contract.ts';

const START = Date.UTC(2024, 0, 1);
const END = START + 30 * DAY_MS;
const info = (series: string, periodMs = HOUR_MS): SeriesInfo => ({ ...HOURLY, series, periodMs });
const price = (series: string, periodMs = HOUR_MS, from = START, days = 30) =>
  knownSeries(info(series, periodMs), walk({ info: info(series, periodMs), startMs: from, rows: (days * DAY_MS) / periodMs }));

const yahooHourly = price('yahoo:ETH-USD:1h');
const yahooDaily = price('yahoo:ETH-USD:1d', DAY_MS);
const binance = price('binance:ETHUSDT:1h');
const kraken = price('kraken:ETHUSD:1h');
const choose = (...series: Parameters<typeof chooseCanonical>[0][number][]) => chooseCanonical(series, START, END).series;

describe('chooseCanonical', () => {
  it('takes Yahoo, then Binance, then others, of the hourly series', () => {
    expect(choose(kraken, binance, yahooDaily, yahooHourly)).toBe('yahoo:ETH-USD:1h');
    expect(choose(kraken, binance, yahooDaily)).toBe('binance:ETHUSDT:1h');
    expect(choose(kraken, yahooDaily)).toBe('kraken:ETHUSD:1h');
    expect(choose(price('binance:ETHUSDT:5m', 300_000), binance)).toBe('binance:ETHUSDT:1h');
  });

  it('takes a daily one only where no hourly one covers the window', () => {
    expect(choose(yahooDaily)).toBe('yahoo:ETH-USD:1d');
    const late = price('binance:ETHUSDT:1h', HOUR_MS, START + 10 * DAY_MS, 20);
    expect(choose(late, yahooDaily)).toBe('yahoo:ETH-USD:1d');
    expect(choose(late)).toBe('binance:ETHUSDT:1h');
  });

  it("judges by what is known at the window's end", () => {
    const later = { ...yahooHourly, knownFromMs: yahooHourly.knownFromMs.map(() => END + 1) };
    expect(choose(later, binance)).toBe('binance:ETHUSDT:1h');
  });

  it('takes the configured one', () => {
    expect(chooseCanonical([binance, yahooHourly], START, END, 'binance:ETHUSDT:1h').reason).toBe('configured');
    expect(chooseCanonical([binance, yahooHourly], START, END, 'auto').series).toBe('yahoo:ETH-USD:1h');
    expect(() => chooseCanonical([binance], START, END, 'x:y:1h')).toThrow(
      expect.objectContaining({ code: 'features.canonical_missing' }),
    );
  });

  it('says so when there is no price at all', () => {
    expect(() => choose()).toThrow(expect.objectContaining({ code: 'features.no_price' }));
  });
});

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type SeriesInfo } from '../domain/index.ts';
import { buildDecisionBars } from './decision-bars.ts';
import { HOURLY, knownSeries, type TestRow, walk } from './known-series.contract.ts';

const START = Date.UTC(2024, 0, 1);
const T = START + 9 * DAY_MS + 23 * HOUR_MS;
const rows = walk({ startMs: START, rows: 240 });
const DAILY: SeriesInfo = {
  dataset: 'price_data',
  series: 'yahoo:ETH-USD:1d',
  periodMs: DAY_MS,
  volumeUnit: 'usd',
  quote: 'USD',
};
const FIVE_MINUTES: SeriesInfo = { ...HOURLY, series: 'binance:ETHUSDT:5m', periodMs: 300_000 };
const bar = (series: readonly TestRow[], info = HOURLY, atMs = T) => buildDecisionBars(knownSeries(info, series), [atMs]);
const without = (...hours: number[]) => rows.filter((row) => !hours.some((back) => row.timeMs === T - back * HOUR_MS));

describe('hourly decision bars', () => {
  it('cover [D-1 23:00, D 23:00)', () => {
    const day = rows.filter((row) => row.timeMs >= T - DAY_MS && row.timeMs < T);
    const { columns, suspect } = bar(rows);
    expect(day).toHaveLength(24);
    expect(columns.open[0]).toBe(day[0]!.numbers.open);
    expect(columns.close[0]).toBe(day[23]!.numbers.close);
    expect(columns.high[0]).toBe(Math.max(...day.map((row) => row.numbers.high!)));
    expect(columns.low[0]).toBe(Math.min(...day.map((row) => row.numbers.low!)));
    expect(columns.volume_eth[0]).toBeCloseTo(
      day.reduce((total, row) => total + row.numbers.volume!, 0),
      6,
    );
    const variance = day.reduce((total, row) => total + Math.log(row.numbers.close! / row.numbers.open!) ** 2, 0);
    expect(columns.realised_variance[0]).toBeCloseTo(variance, 12);
    expect(columns.up_semivariance[0]! + columns.down_semivariance[0]!).toBeCloseTo(variance, 12);
    expect(columns.bar_hours[0]).toBe(24);
    expect(columns.bar_age_hours[0]).toBe(0);
    expect(suspect[0]).toBe(0);
  });

  it('do not see a candle that closes after T', () => {
    const changed = rows.map((row) => (row.timeMs >= T ? { ...row, numbers: { ...row.numbers, close: 1, low: 1 } } : row));
    expect(bar(changed).columns).toEqual(bar(rows).columns);
    const late = rows.map((row) => (row.timeMs === T - HOUR_MS ? { ...row, knownFromMs: T + 1 } : row));
    expect(bar(late).suspect[0]).toBe(1);
  });

  it.each([
    [[5], 0],
    [[5, 9], 0],
    [[5, 9, 13], 1],
    [[1], 1],
  ])('without the hours %j before T are suspect: %i', (hours, suspect) => {
    const built = bar(without(...hours));
    expect(built.suspect[0]).toBe(suspect);
    expect(built.columns.bar_hours[0]).toBe(24 - hours.length);
  });

  it('with few hours are missing, and with none too', () => {
    const few = bar(rows.filter((row) => row.timeMs < T - 20 * HOUR_MS));
    expect(few.suspect[0]).toBe(1);
    expect(few.columns.close[0]).toBeNaN();
    const none = bar([]);
    expect(none.suspect[0]).toBe(1);
    expect(none.columns.close[0]).toBeNaN();
  });

  it('use the latest revision known at T', () => {
    const last = rows.find((row) => row.timeMs === T - HOUR_MS)!;
    const revised = (knownFromMs: number) =>
      bar([...rows, { ...last, revision: 1, knownFromMs, numbers: { ...last.numbers, close: 777 } }]);
    expect(revised(T).columns.close[0]).toBe(777);
    expect(revised(T + 1).columns.close[0]).toBe(last.numbers.close);
  });

  it('leave volume missing where its unit is not known', () => {
    const { columns } = bar(rows, { ...HOURLY, volumeUnit: 'unknown' });
    expect([columns.volume_eth[0], columns.volume_usd[0], columns.vwap[0]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(columns.close[0]).toBeGreaterThan(0);
  });

  it('convert volume between Ether and dollars by the price of each hour', () => {
    const inUsd = rows.map((row) => ({
      ...row,
      numbers: {
        ...row.numbers,
        volume: (row.numbers.volume! * (row.numbers.high! + row.numbers.low! + row.numbers.close!)) / 3,
      },
    }));
    const [eth, usd] = [bar(rows), bar(inUsd, { ...HOURLY, volumeUnit: 'usd' })];
    expect(usd.columns.volume_eth[0]).toBeCloseTo(eth.columns.volume_eth[0]!, 6);
    expect(usd.columns.volume_usd[0]! / eth.columns.volume_usd[0]!).toBeCloseTo(1, 12);
    expect(usd.columns.vwap[0]).toBeCloseTo(eth.columns.vwap[0]!, 8);
  });

  it('come the same from five-minute candles as from their hours', () => {
    const fine = walk({ info: FIVE_MINUTES, startMs: START, rows: 240 * 12 });
    const hours = Array.from({ length: 240 }, (_, hour) => {
      const part = fine.slice(hour * 12, hour * 12 + 12).map((row) => row.numbers);
      return {
        timeMs: START + hour * HOUR_MS,
        numbers: {
          open: part[0]!.open!,
          high: Math.max(...part.map((row) => row.high!)),
          low: Math.min(...part.map((row) => row.low!)),
          close: part[11]!.close!,
          volume: part.reduce((total, row) => total + row.volume!, 0),
        },
      };
    });
    const [a, b] = [bar(fine, FIVE_MINUTES), bar(hours)];
    for (const name of [
      'open',
      'high',
      'low',
      'close',
      'realised_variance',
      'hour_of_high',
      'last_4h_return',
      'bar_hours',
    ] as const) {
      expect(a.columns[name][0], name).toBe(b.columns[name][0]);
    }
    expect(a.columns.volume_eth[0]).toBeCloseTo(b.columns.volume_eth[0]!, 6);
    const holed = fine.filter((row) => row.timeMs !== T - 300_000);
    expect(bar(holed, FIVE_MINUTES).suspect[0]).toBe(1);
  });
});

describe('daily decision bars', () => {
  const days = walk({ info: DAILY, startMs: START, rows: 10 });
  it('at D 23:00 are those of D-1', () => {
    const { columns, suspect } = bar(days, DAILY);
    expect(columns.close[0]).toBe(days[8]!.numbers.close);
    expect(columns.bar_age_hours[0]).toBe(23);
    expect(columns.volume_usd[0]).toBe(days[8]!.numbers.volume);
    expect(columns.realised_variance[0]).toBeNaN();
    expect(suspect[0]).toBe(0);
  });

  it('are suspect and missing where the day is not there: an older one does not stand in', () => {
    const { columns, suspect } = bar(days.toSpliced(8, 1), DAILY);
    expect(suspect[0]).toBe(1);
    expect(columns.close[0]).toBeNaN();
  });
});

describe('a bar from another source', () => {
  const other: SeriesInfo = { ...HOURLY, series: 'kraken:ETHUSD:1h', volumeUnit: 'usd', quote: 'USD' };
  const scaled = rows.map((row) => {
    const { open, high, low, close, volume } = row.numbers as Record<'open' | 'high' | 'low' | 'close' | 'volume', number>;
    return {
      ...row,
      numbers: {
        open: open * 1.01,
        high: high * 1.01,
        low: low * 1.01,
        close: close * 1.01,
        volume: 0.25 * volume * close * 1.01,
      },
    };
  });
  const build = (atMs = T) =>
    buildDecisionBars(knownSeries(HOURLY, without(1, 2, 3)), [atMs - DAY_MS, atMs], [knownSeries(other, scaled)]);

  it('stands in for a suspect one, flagged, at the canonical level', () => {
    const { columns, suspect, fallback } = build();
    const whole = bar(rows).columns;
    expect([...fallback]).toEqual([0, 1]);
    expect([...suspect]).toEqual([0, 0]);
    expect(columns.close[1]! / whole.close[0]!).toBeCloseTo(1, 6);
    expect(columns.volume_eth[1]! / whole.volume_eth[0]!).toBeCloseTo(1, 1);
    expect(columns.realised_variance[1]).toBeCloseTo(whole.realised_variance[0]!, 10);
  });

  it('has no volume where the two were never seen together', () => {
    const early = knownSeries(HOURLY, []);
    const { columns, fallback } = buildDecisionBars(early, [T], [knownSeries(other, scaled)]);
    expect(fallback[0]).toBe(1);
    expect(columns.close[0]).toBe(scaled.find((row) => row.timeMs === T - HOUR_MS)!.numbers.close);
    expect(columns.volume_usd[0]).toBeNaN();
  });
});

it('refuses a spacing that does not divide the hour', () => {
  const odd: SeriesInfo = { ...HOURLY, series: 'x:ETH:7m', periodMs: 7 * 60_000 };
  expect(() => bar([], odd)).toThrow(expect.objectContaining({ code: 'features.price_spacing' }));
});

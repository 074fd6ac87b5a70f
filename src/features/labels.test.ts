import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, latestDailyMs, type SeriesInfo } from '../domain/index.ts';
import { dailyDecisionTimes } from './decision-times.ts';
import { HOURLY, knownSeries, type TestRow, walk } from './known-series.contract.ts';
import { lastTrainable, makeLabels, purgeRows, UNKNOWN_LABEL } from './labels.ts';

const START = Date.UTC(2024, 5, 1);
const T = START + 23 * HOUR_MS;
const hour = (timeMs: number, open: number, more: Partial<TestRow> = {}): TestRow => ({
  timeMs,
  numbers: { open, high: open, low: open, close: open, volume: 1 },
  ...more,
});
const label = (rows: TestRow[], volatility = 0.02, info: SeriesInfo = HOURLY) =>
  makeLabels(knownSeries(info, rows), [T], { roundTripCost: 0.003, dailyVolatility: [volatility] });

describe('makeLabels', () => {
  it.each([
    [102, 0],
    [98, 1],
    [100.9, 2],
    [99.1, 2],
  ])('from 100 to %f is %i in a band of half a volatility of 2 %%', (exit, expected) => {
    const labels = label([hour(T, 100), hour(T + DAY_MS, exit)]);
    expect(labels.label[0]).toBe(expected);
    expect(labels.band[0]).toBeCloseTo(0.01, 12);
    expect(labels.forwardReturn[0]).toBeCloseTo(exit / 100 - 1, 12);
    expect(labels.entryPrice[0]).toBe(100);
  });

  it('has a band of at least the round-trip cost', () => {
    expect(label([hour(T, 100), hour(T + DAY_MS, 100.2)], 0.0001).label[0]).toBe(2);
    expect(label([hour(T, 100), hour(T + DAY_MS, 100.4)], 0.0001).label[0]).toBe(0);
  });

  it('enters at the first candle at or after T and leaves one horizon after the entry', () => {
    const labels = label([hour(T - HOUR_MS, 1), hour(T + HOUR_MS, 100), hour(T + DAY_MS, 5), hour(T + DAY_MS + HOUR_MS, 110)]);
    expect(labels.entryPrice[0]).toBe(100);
    expect(labels.entryTimeMs[0]).toBe(T + HOUR_MS);
    expect(labels.forwardReturn[0]).toBeCloseTo(0.1, 12);
    expect(labels.knownMs[0]).toBe(T + DAY_MS + 2 * HOUR_MS);
  });

  it('is unknown without an exit, after a long gap, and without a known volatility', () => {
    expect(label([hour(T, 100)]).label[0]).toBe(UNKNOWN_LABEL);
    expect(label([hour(T, 100)]).knownMs[0]).toBeNaN();
    expect(label([hour(T + 5 * HOUR_MS, 100), hour(T + 29 * HOUR_MS, 100)]).label[0]).toBe(UNKNOWN_LABEL);
    expect(label([hour(T, 100), hour(T + DAY_MS, 110)], Number.NaN).label[0]).toBe(UNKNOWN_LABEL);
  });

  it('keeps the price first published', () => {
    const revised = { ...hour(T + DAY_MS, 50), revision: 1, knownFromMs: T + 9 * DAY_MS };
    expect(label([hour(T, 100), hour(T + DAY_MS, 110), revised]).label[0]).toBe(0);
  });

  it("of a daily series enters at the next day's open", () => {
    const daily: SeriesInfo = { ...HOURLY, series: 'yahoo:ETH-USD:1d', periodMs: DAY_MS };
    const rows = [hour(START, 1), hour(START + DAY_MS, 100), hour(START + 2 * DAY_MS, 110)];
    const labels = label(rows, 0.02, daily);
    expect(labels.entryPrice[0]).toBe(100);
    expect(labels.label[0]).toBe(0);
    expect(labels.knownMs[0]).toBe(START + 3 * DAY_MS);
  });

  it('agrees with the definition on any walk, and its labels are known in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 23 }), (seed, decisionHour) => {
        const rows = walk({ startMs: START, rows: 240, seed });
        const times = dailyDecisionTimes(START, START + 10 * DAY_MS, decisionHour);
        const labels = makeLabels(knownSeries(HOURLY, rows), times, {
          roundTripCost: 0.003,
          dailyVolatility: new Float64Array(times.length).fill(0.03),
        });
        times.forEach((atMs, i) => {
          const open = (timeMs: number) => rows.find((row) => row.timeMs === timeMs)?.numbers.open;
          const [entry, exit] = [open(atMs), open(atMs + DAY_MS)];
          if (entry === undefined || exit === undefined) {
            expect(labels.label[i]).toBe(UNKNOWN_LABEL);
            return;
          }
          const gain = exit / entry - 1;
          expect(labels.label[i]).toBe(gain > 0.015 ? 0 : gain < -0.015 ? 1 : 2);
          expect(labels.knownMs[i]).toBe(atMs + DAY_MS + HOUR_MS);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('refuses volatilities of another length', () => {
    expect(() => makeLabels(knownSeries(HOURLY, []), [T], { roundTripCost: 0, dailyVolatility: [] })).toThrow(
      expect.objectContaining({ code: 'labels.length_mismatch' }),
    );
  });
});

describe('lastTrainable', () => {
  it('on Sunday at 02:00 is Friday 23:00', () => {
    const sundayMs = Date.UTC(2024, 5, 16, 2);
    expect(new Date(sundayMs).getUTCDay()).toBe(0);
    const times = dailyDecisionTimes(START, sundayMs + 3 * DAY_MS);
    const labels = makeLabels(knownSeries(HOURLY, walk({ startMs: START, rows: 24 * 20 })), times, {
      roundTripCost: 0.003,
      dailyVolatility: new Float64Array(times.length).fill(0.03),
    });
    const last = times[lastTrainable(labels.knownMs, sundayMs)]!;
    expect(last).toBe(Date.UTC(2024, 5, 14, 23));
    expect(new Date(last).getUTCDay()).toBe(5);
    expect(latestDailyMs(sundayMs, 23)).toBe(last + DAY_MS);
    expect(lastTrainable([], sundayMs)).toBe(-1);
  });
});

describe('purgeRows', () => {
  it('leaves out the rows whose labels are not known when a fold begins', () => {
    expect(purgeRows(DAY_MS, HOUR_MS)).toEqual({ purge: 1, embargo: 1 });
    expect(purgeRows(3 * DAY_MS, HOUR_MS)).toEqual({ purge: 3, embargo: 3 });
    expect(purgeRows(DAY_MS - HOUR_MS, HOUR_MS)).toEqual({ purge: 0, embargo: 0 });
  });
});

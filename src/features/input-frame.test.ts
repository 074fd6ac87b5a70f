import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type KnownSeries, type SeriesInfo } from '../domain/index.ts';
import { cutFuture } from './cut-series.ts';
import { dailyDecisionTimes } from './decision-times.ts';
import { buildInputFrame } from './input-frame.ts';
import { HOURLY, knownSeries, smallWorld, type TestRow, walk, withDisturbances } from './known-series.contract.ts';

const START = Date.UTC(2024, 0, 1);
const DAYS = 20;
const timesMs = dailyDecisionTimes(START, START + DAYS * DAY_MS - 1);
const T = timesMs[DAYS - 1]!;
const prices = knownSeries(HOURLY, walk({ startMs: START, rows: DAYS * 24 }));
const NODE: SeriesInfo = { dataset: 'blockchain_data', series: 'node:ethereum:1h', periodMs: HOUR_MS };
const ETHERSCAN: SeriesInfo = { dataset: 'blockchain_data', series: 'etherscan:ethereum:1d', periodMs: DAY_MS };
const DUNE: SeriesInfo = { dataset: 'blockchain_data', series: 'dune:ethereum:1h', periodMs: HOUR_MS };

const hours = (info: SeriesInfo, value: number, skip: (timeMs: number) => boolean = () => false): KnownSeries =>
  knownSeries(
    info,
    Array.from({ length: DAYS * 24 }, (_, i) => START + i * HOUR_MS)
      .filter((timeMs) => !skip(timeMs))
      .map((timeMs) => ({ timeMs, knownFromMs: timeMs + HOUR_MS + 15 * 60_000, numbers: { tx_count: value, utilization: 0.5 } })),
  );
const days = (info: SeriesInfo, numbers: (day: number) => Record<string, number>, lagMs: number, until = DAYS): KnownSeries =>
  knownSeries(
    info,
    Array.from({ length: until }, (_, day) => ({
      timeMs: START + day * DAY_MS,
      knownFromMs: START + (day + 1) * DAY_MS + lagMs,
      numbers: numbers(day),
    })),
  );
const frame = (...series: KnownSeries[]) => buildInputFrame([prices, ...series], timesMs, { canonical: HOURLY.series });
const at = (built: ReturnType<typeof frame>, name: string, row = DAYS - 1) => built.columns[name]![row];

describe('chain inputs', () => {
  const etherscan = days(ETHERSCAN, (day) => ({ tx_count: 1000 + day }), 12 * HOUR_MS);

  it('of a node are the last 24 final hours, before a daily report', () => {
    const built = frame(etherscan, hours(NODE, 10));
    expect(at(built, 'tx_count')).toBe(240);
    expect(at(built, 'utilization')).toBe(0.5);
    expect(at(built, 'blockchain_data_age_hours')).toBe(2);
  });

  it('fall back to the daily report, as known: of D-1 at 23:00', () => {
    const built = frame(etherscan);
    expect(at(built, 'tx_count')).toBe(1000 + DAYS - 2);
    expect(at(built, 'blockchain_data_age_hours')).toBe(47);
    expect(at(built, 'tx_count', 0)).toBeNaN();
  });

  it.each([
    [2, 220],
    [3, 1000 + DAYS - 2],
  ])('with %i hours missing are %i: 22 hours make a day, unscaled', (missing, expected) => {
    const gap = (timeMs: number) => timeMs < T - 4 * HOUR_MS && timeMs >= T - (4 + missing) * HOUR_MS;
    expect(at(frame(etherscan, hours(NODE, 10, gap)), 'tx_count')).toBe(expected);
  });

  it('of a node that fell silent are not used beyond their age', () => {
    expect(at(frame(hours(NODE, 10, (timeMs) => timeMs > T - 30 * HOUR_MS)), 'tx_count')).toBeNaN();
    expect(
      at(
        frame(
          hours(NODE, 10, (timeMs) => timeMs > T - 30 * HOUR_MS),
          hours(DUNE, 7),
        ),
        'tx_count',
      ),
    ).toBe(168);
  });

  it('are read from a late revision only once it is known', () => {
    const row = { timeMs: T - 71 * HOUR_MS + 0, numbers: { tx_count: 5 } };
    const dayMs = START + (DAYS - 2) * DAY_MS;
    const build = (knownFromMs: number) =>
      frame(
        knownSeries(ETHERSCAN, [
          { ...row, timeMs: dayMs, knownFromMs: T - HOUR_MS },
          { timeMs: dayMs, knownFromMs, revision: 1, numbers: { tx_count: 6 } },
        ]),
      );
    expect(at(build(T), 'tx_count')).toBe(6);
    expect(at(build(T + 1), 'tx_count')).toBe(5);
  });

  it('of an unknown source are not read', () => {
    expect(at(frame(days({ ...ETHERSCAN, series: 'mystery:ethereum:1d' }, () => ({ tx_count: 1 }), 0)), 'tx_count')).toBeNaN();
  });
});

describe('whale inputs', () => {
  const transfer = (hoursBack: number, flow: string | null, amount: number): TestRow => ({
    timeMs: T - hoursBack * HOUR_MS,
    knownFromMs: T - hoursBack * HOUR_MS + 600_000,
    id: `t${hoursBack}-${amount}`,
    numbers: { amount_eth: amount, amount_usd: amount * 2000 },
    texts: { flow },
  });
  const whales = (rows: TestRow[]) => knownSeries({ dataset: 'whale_data', series: 'node:eth:tx', periodMs: 0 }, rows);

  it('sum single transfers of 24 hours by direction', () => {
    const built = frame(
      whales([
        transfer(60, 'inflow', 1),
        transfer(30, 'inflow', 2),
        transfer(20, 'inflow', 4),
        transfer(9, 'outflow', 8),
        transfer(5, 'wallet', 16),
        transfer(0.05, 'inflow', 32),
      ]),
    );
    expect(at(built, 'whale_inflow_eth')).toBe(4);
    expect(at(built, 'whale_outflow_eth')).toBe(8);
    expect(at(built, 'whale_inflow_usd')).toBe(8000);
    expect(at(built, 'whale_inflow_count')).toBe(1);
    expect(at(built, 'whale_transfer_eth')).toBe(28);
  });

  it('are zero on a quiet day of a source that speaks, and missing when it fell silent', () => {
    expect(at(frame(whales([transfer(50, 'inflow', 2)])), 'whale_inflow_eth')).toBe(0);
    expect(at(frame(whales([transfer(100, 'inflow', 2)])), 'whale_inflow_eth')).toBeNaN();
  });

  it('have no direction where the source knows no owners', () => {
    const built = frame(whales([transfer(50, 'wallet', 2), transfer(5, null, 3)]));
    expect(at(built, 'whale_inflow_eth')).toBeNaN();
    expect(at(built, 'whale_transfer_eth')).toBe(3);
  });

  it('come the same from hourly flows', () => {
    const flows = knownSeries({ dataset: 'whale_data', series: 'whale_alert:flows:1h', periodMs: HOUR_MS }, [
      { timeMs: T - 50 * HOUR_MS, numbers: { inflow_eth: 9, outflow_eth: 0 } },
      { timeMs: T - 20 * HOUR_MS, numbers: { inflow_eth: 4, outflow_eth: 1 } },
      { timeMs: T - 10 * HOUR_MS, numbers: { inflow_eth: 3, outflow_eth: 0 } },
    ]);
    expect(at(frame(flows), 'whale_inflow_eth')).toBe(7);
    expect(at(frame(flows), 'whale_outflow_eth')).toBe(1);
  });
});

describe('the frame', () => {
  const world = smallWorld(START, DAYS);
  const build = (series: readonly KnownSeries[], times: Float64Array) =>
    buildInputFrame(series, times, { canonical: HOURLY.series });

  it('does not change with later data, nor with an earlier or later range', () => {
    const whole = build(world, timesMs);
    const part = build(world, timesMs.slice(8, 14));
    for (const [name, column] of Object.entries(part.columns)) expect(column, name).toEqual(whole.columns[name]!.slice(8, 14));
  });

  it('at T is the same whatever came later: late rows, gaps and corrections included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 2, max: DAYS - 1 }), (seed, row) => {
        const other: SeriesInfo = { ...HOURLY, series: 'kraken:ETHUSD:1h' };
        const second = knownSeries(other, walk({ info: other, startMs: START, rows: DAYS * 24, seed: 5 }));
        const messy = [...world, second].map((series, i) => withDisturbances(series, seed + i));
        const whole = build(messy, timesMs);
        const then = build(
          messy.map((series) => cutFuture(series, timesMs[row]!)),
          timesMs.slice(0, row + 1),
        );
        for (const [name, column] of Object.entries(then.columns))
          expect(column, name).toEqual(whole.columns[name]!.slice(0, row + 1));
        expect(then.suspect).toEqual(whole.suspect.slice(0, row + 1));
        expect(then.fallback).toEqual(whole.fallback.slice(0, row + 1));
      }),
      { numRuns: 25 },
    );
  });

  it('refuses times that are not a day apart and a canonical series that is not there', () => {
    expect(() => build(world, Float64Array.of(START, START + 2 * DAY_MS))).toThrow(
      expect.objectContaining({ code: 'features.times_not_daily' }),
    );
    expect(() => buildInputFrame(world, timesMs, { canonical: 'x:y:1h' })).toThrow(
      expect.objectContaining({ code: 'features.canonical_missing' }),
    );
  });

  it('of no data is a frame of missing values', () => {
    const built = build([knownSeries(HOURLY, [])], timesMs);
    expect(built.suspect.every((flag) => flag === 1)).toBe(true);
    const { bar_hours: counted, ...rest } = built.columns;
    expect(counted!.every((hours) => hours === 0)).toBe(true);
    expect(Object.values(rest).every((column) => column.every(Number.isNaN))).toBe(true);
  });
});

describe('dailyDecisionTimes', () => {
  it('holds every 23:00 of the range, both ends included', () => {
    const first = START + 23 * HOUR_MS;
    expect([...dailyDecisionTimes(first, first + DAY_MS)]).toEqual([first, first + DAY_MS]);
    expect([...dailyDecisionTimes(first + 1, first + DAY_MS - 1)]).toEqual([]);
    expect([...dailyDecisionTimes(START, START + DAY_MS, 6)]).toEqual([START + 6 * HOUR_MS]);
  });
});

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type KnownSeries } from '../../domain/index.ts';
import { assessDay } from './assess-day.ts';

const DAY = Date.UTC(2024, 0, 20);
const LATER = DAY + 3 * DAY_MS;

function rows(
  dataset: string,
  series: string,
  periodMs: number,
  count: number,
  numbers: Record<string, (row: number) => number>,
): KnownSeries {
  const from = DAY + DAY_MS - count * periodMs;
  const timeMs = Float64Array.from({ length: count }, (_, row) => from + row * periodMs);
  return {
    dataset,
    series,
    periodMs,
    rows: count,
    timeMs,
    endMs: timeMs.map((time) => time + periodMs),
    knownFromMs: timeMs.map((time) => time + periodMs),
    revision: new Int32Array(count),
    numbers: Object.fromEntries(
      Object.entries(numbers).map(([name, of]) => [name, Float64Array.from(timeMs, (_, row) => of(row))]),
    ),
  };
}
const wave = (row: number) => 1 + 0.1 * Math.sin(row);
const rules = (dataset: string, ...series: KnownSeries[]) => {
  const { verdict, findings } = assessDay(dataset, DAY, series, LATER);
  return [verdict, ...new Set(findings.map(({ rule }) => rule))];
};

describe('anomalies', () => {
  const report = (of: (row: number) => number) => rows('blockchain_data', 'etherscan:ethereum:1d', DAY_MS, 100, { tx_count: of });

  it('suspects a level that was never there, in either direction', () => {
    expect(
      rules(
        'blockchain_data',
        report((row) => 1e6 * wave(row)),
      ),
    ).toEqual(['good']);
    expect(
      rules(
        'blockchain_data',
        report((row) => 1e6 * wave(row) * (row === 99 ? 10 : 1)),
      ),
    ).toEqual(['suspect', 'anomaly']);
    expect(
      rules(
        'blockchain_data',
        report((row) => 1e6 * wave(row) * (row === 99 ? 0.1 : 1)),
      ),
    ).toEqual(['suspect', 'anomaly']);
  });

  it('is not moved by bad days before: the yardstick stays that of the good ones', () => {
    const bad = (row: number) => 1e6 * wave(row) * (row >= 90 ? 10 : 1);
    expect(rules('blockchain_data', report(bad))).toEqual(['suspect', 'anomaly']);
  });

  it('says nothing where too little is known', () => {
    const few = rows('blockchain_data', 'etherscan:ethereum:1d', DAY_MS, 10, { tx_count: (row) => (row === 9 ? 1e9 : 1e6) });
    expect(rules('blockchain_data', few)).toEqual(['good']);
  });
});

describe('validators', () => {
  const sample = (last: number) =>
    rows('validator_data', 'beacon:ethereum:1d', DAY_MS, 60, { active_validators: (row) => (row === 59 ? last : 900_000 + row) });

  it('may not come or go faster than the protocol lets them', () => {
    expect(rules('validator_data', sample(902_000))).toEqual(['good']);
    expect(rules('validator_data', sample(940_000))).toEqual(['suspect', 'anomaly']);
    expect(rules('validator_data', sample(450_000))).toEqual(['suspect', 'anomaly']);
  });
});

describe('transactions of two sources', () => {
  const report = rows('blockchain_data', 'etherscan:ethereum:1d', DAY_MS, 30, { tx_count: () => 1_200_000 });
  const node = (perHour: number, hours = 240) =>
    rows('blockchain_data', 'node:ethereum:1h', HOUR_MS, hours, { tx_count: () => perHour });

  it('may differ by two parts in a hundred', () => {
    expect(rules('blockchain_data', report, node(50_100))).toEqual(['good']);
    expect(rules('blockchain_data', report, node(52_000))).toEqual(['suspect', 'disagreement']);
  });

  it('are not compared while hours are missing', () => {
    expect(rules('blockchain_data', report, node(52_000, 20))[0]).toBe('good');
  });
});

import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type KnownSeries } from '../../domain/index.ts';
import { assessDay } from './assess-day.ts';

const DAY = Date.UTC(2024, 0, 20);
const AFTER = DAY + DAY_MS + HOUR_MS;
const NAMES = ['open', 'high', 'low', 'close'] as const;

/** Hourly candles from `from` on, around 2000 with a small wave. */
function hourly(
  series: string,
  hours: number,
  change: (row: number) => number = () => 1,
  drop: (row: number) => boolean = () => false,
): KnownSeries {
  const from = DAY + DAY_MS - 240 * HOUR_MS;
  const rows = Array.from({ length: hours }, (_, row) => row).filter((row) => !drop(row));
  const timeMs = Float64Array.from(rows, (row) => from + row * HOUR_MS);
  const close = Float64Array.from(rows, (row) => (2000 + Math.sin(row) * 10) * change(row));
  return {
    dataset: 'price_data',
    series,
    periodMs: HOUR_MS,
    rows: rows.length,
    timeMs,
    endMs: timeMs.map((time) => time + HOUR_MS),
    knownFromMs: timeMs.map((time) => time + HOUR_MS),
    revision: new Int32Array(rows.length),
    numbers: Object.fromEntries(NAMES.map((name) => [name, close])),
  };
}

const verdict = (series: readonly KnownSeries[], nowMs = AFTER) => {
  const day = assessDay('price_data', DAY, series, nowMs);
  return [day.verdict, ...new Set(day.findings.map((finding) => finding.rule))];
};

describe('assessDay', () => {
  it('calls a full and quiet day good', () => {
    expect(verdict([hourly('a', 240)])).toEqual(['good']);
    expect(assessDay('price_data', DAY, [hourly('a', 240)], AFTER).rows).toBe(24);
  });

  it('sees nothing that was not known at that time', () => {
    const noon = DAY + 12 * HOUR_MS;
    expect(assessDay('price_data', DAY, [hourly('a', 240)], noon)).toMatchObject({ verdict: 'good', rows: 12 });
    expect(assessDay('price_data', DAY, [hourly('a', 240)], DAY)).toMatchObject({ verdict: 'good', rows: 0 });
  });

  it('calls a day without rows missing, and says how long nothing came', () => {
    expect(verdict([])).toEqual(['missing']);
    expect(verdict([hourly('a', 200)])).toEqual(['missing', 'stale']);
  });

  it('suspects more than two missing hours, jumps and impossible values', () => {
    expect(verdict([hourly('a', 240, undefined, (row) => row === 225)])).toEqual(['good', 'gap']);
    expect(verdict([hourly('a', 240, undefined, (row) => row >= 225 && row < 228)])).toEqual(['suspect', 'gap']);
    expect(verdict([hourly('a', 232)])).toEqual(['suspect', 'gap']);
    expect(verdict([hourly('a', 240, (row) => (row === 230 ? 1.4 : 1))])).toEqual(['suspect', 'jump']);
    expect(verdict([hourly('a', 240, (row) => (row === 239 ? -1 : 1))])).toEqual(['suspect', 'range']);
  });

  it('does not hold an old jump against the day', () => {
    expect(verdict([hourly('a', 240, (row) => (row === 100 ? 1.4 : 1))])).toEqual(['good']);
  });

  it('is content with one good source, unless two disagree', () => {
    expect(verdict([hourly('a', 240), hourly('b', 232)])).toEqual(['good', 'gap']);
    expect(verdict([hourly('a', 240), hourly('b', 240, () => 1.01)])).toEqual(['good']);
    expect(verdict([hourly('a', 240), hourly('b', 240, () => 1.05)])).toEqual(['suspect', 'disagreement']);
  });

  it('takes a jump that a second source shows too for one of the market', () => {
    const crash = (row: number) => (row >= 230 ? 0.7 : 1);
    expect(verdict([hourly('a', 240, crash)])).toEqual(['suspect', 'jump']);
    expect(verdict([hourly('a', 240, crash), hourly('b', 240, crash)])).toEqual(['good', 'jump']);
  });

  it('judges the last revision that was known', () => {
    const series = hourly('a', 240);
    const again = (values: Float64Array) => Float64Array.of(...values, values.at(-1)!);
    const mended: KnownSeries = {
      ...series,
      rows: 241,
      timeMs: again(series.timeMs),
      endMs: again(series.endMs),
      knownFromMs: Float64Array.of(...series.knownFromMs, AFTER),
      revision: Int32Array.of(...series.revision, 1),
      numbers: Object.fromEntries(NAMES.map((name) => [name, Float64Array.of(...series.numbers[name]!, 2000)])),
    };
    mended.numbers.close![239] = -1;
    expect(verdict([mended], AFTER - 1)).toEqual(['suspect', 'range']);
    expect(verdict([mended], AFTER)).toEqual(['good']);
  });

  it('calls days before a series begins missing', () => {
    expect(assessDay('price_data', DAY - 30 * DAY_MS, [hourly('a', 240)], AFTER).verdict).toBe('missing');
  });

  it('does not hold a hole of the day before against a day', () => {
    expect(verdict([hourly('a', 240, undefined, (row) => row > 180 && row < 216)])).toEqual(['good']);
  });

  it('expects no row of large transfers for every hour, but some within days', () => {
    const some = (keep: (row: number) => boolean): KnownSeries => ({
      ...hourly('w', 240, undefined, (row) => !keep(row)),
      dataset: 'whale_data',
      numbers: {},
    });
    const judged = (series: KnownSeries) => assessDay('whale_data', DAY, [series], AFTER);
    expect(judged(some((row) => row === 230))).toMatchObject({ verdict: 'good', findings: [] });
    expect(judged(some((row) => row === 200))).toMatchObject({ verdict: 'good', rows: 0 });
    expect(judged(some((row) => row === 100)).verdict).toBe('missing');
  });

  it('asks nothing of events', () => {
    const event: KnownSeries = { ...hourly('w', 0), dataset: 'whale_data', periodMs: 0, numbers: {} };
    expect(assessDay('whale_data', DAY, [event], AFTER)).toMatchObject({ verdict: 'good', rows: 0 });
  });
});

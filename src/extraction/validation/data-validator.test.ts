import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, DataError, HOUR_MS, type RowBatch } from '../../domain/index.ts';
import { DataValidator } from './data-validator.ts';

const START = Date.UTC(2024, 0, 1);
const NOW = Date.UTC(2024, 5, 1);
const validator = new DataValidator();

function candles(
  count: number,
  change: (numbers: Record<string, Float64Array>, timeMs: Float64Array) => void = () => {},
): RowBatch {
  const timeMs = Float64Array.from({ length: count }, (_, row) => START + row * HOUR_MS);
  const price = (add: number) => Float64Array.from({ length: count }, (_, row) => 2000 + Math.sin(row) * 10 + add);
  const numbers = { open: price(0), high: price(5), low: price(-5), close: price(1), volume: price(0) };
  change(numbers, timeMs);
  const endMs = timeMs.map((time) => time + HOUR_MS);
  return {
    dataset: 'price_data',
    series: 'x:ETHUSD:1h',
    periodMs: HOUR_MS,
    source: 'test',
    timeMs,
    endMs,
    availableTimeMs: endMs,
    numbers,
  };
}

const rulesOf = (batch: RowBatch) =>
  validator.validateBatch(batch, { nowMs: NOW }).rejected.map((row) => `${row.index} ${row.rule}`);

describe('validateBatch', () => {
  it('returns a good batch as it is', () => {
    const batch = candles(48);
    const verdict = validator.validateBatch(batch, { nowMs: NOW });
    expect(verdict).toEqual({ accepted: batch, rejected: [], duplicates: 0, warnings: [] });
    expect(verdict.accepted).toBe(batch);
  });

  it('rejects rows that cannot be, with rule, reason and values', () => {
    const batch = candles(10, ({ open, high, volume, close }, timeMs) => {
      open![1] = Number.NaN;
      open![2] = 0;
      high![3] = 1;
      volume![4] = -1;
      close![5] = Number.POSITIVE_INFINITY;
      timeMs[6] = Number.NaN;
      timeMs[7] = NOW + DAY_MS;
      timeMs[8] = 1_700_000;
      volume![9] = Number.NaN;
    });
    expect(rulesOf(batch)).toEqual([
      '1 schema.missing_value',
      '2 range',
      '3 ohlc.inconsistent',
      '4 range',
      '5 schema.not_finite',
      '6 time.unreadable',
      '7 time.future',
      '8 time.before_chains',
    ]);
    const { rejected, accepted } = validator.validateBatch(batch, { nowMs: NOW });
    expect(rejected[1]!.reason).toBe('open is 0, it must be above 0');
    expect(JSON.parse(rejected[1]!.row)).toMatchObject({ timeMs: START + 2 * HOUR_MS, open: 0 });
    expect([...accepted.timeMs]).toEqual([START, START + 9 * HOUR_MS]);
  });

  it('rejects a candle that is still being made, and takes a report that was public before its day ended', () => {
    const batch = candles(3);
    const { rejected } = validator.validateBatch(batch, { nowMs: START + 2 * HOUR_MS + 1 });
    expect(rejected.map((row) => row.rule)).toEqual(['time.not_over']);
    const fearGreed: RowBatch = {
      dataset: 'sentiment_data',
      series: 'a:b:1d',
      periodMs: DAY_MS,
      source: 'test',
      timeMs: Float64Array.of(START),
      endMs: Float64Array.of(START + DAY_MS),
      availableTimeMs: Float64Array.of(START + HOUR_MS),
      numbers: { fear_greed: Float64Array.of(30) },
    };
    expect(validator.validateBatch(fearGreed, { nowMs: START + HOUR_MS }).rejected).toEqual([]);
    expect(
      validator.validateBatch({ ...fearGreed, numbers: { fear_greed: Float64Array.of(101) } }, { nowMs: NOW }).rejected[0],
    ).toMatchObject({
      rule: 'range',
      reason: 'fear_greed is 101, at most 100 is possible',
    });
  });

  it('tells repeated rows from contradicting ones, by time and id', () => {
    const batch = candles(4, ({ open, high, low, close, volume }, timeMs) => {
      for (const values of [open, high, low, close, volume]) values![2] = values![1]!;
      timeMs[2] = timeMs[1]!;
      timeMs[3] = timeMs[1]!;
    });
    const verdict = validator.validateBatch(batch, { nowMs: NOW });
    expect(verdict.duplicates).toBe(1);
    expect(verdict.rejected).toMatchObject([{ index: 3, rule: 'duplicate.conflict' }]);
    expect(validator.validateBatch({ ...batch, ids: ['a', 'b', 'c', 'd'] }, { nowMs: NOW }).accepted.timeMs.length).toBe(4);
  });

  it('warns of gaps, disorder and jumps, and keeps the rows', () => {
    const batch = candles(60, ({ open, high, low, close }, timeMs) => {
      for (const values of [open, high, low, close]) values![40] = values![40]! * 1.5;
      for (let row = 50; row < 60; row += 1) timeMs[row] = timeMs[row]! + 3 * HOUR_MS;
      [timeMs[3], timeMs[4]] = [timeMs[4]!, timeMs[3]!];
    });
    const { accepted, warnings } = validator.validateBatch(batch, { nowMs: NOW });
    expect(accepted.timeMs.length).toBe(60);
    expect(warnings.map(({ rule, timeMs }) => [rule, (timeMs - START) / HOUR_MS])).toEqual([
      ['order', 3],
      ['gap', 50],
      ['jump', 40],
    ]);
    expect(warnings[1]!.message).toBe('1 gap, 3 rows missing, the longest 3 rows from 2024-01-03T02:00:00.000Z');
  });

  it('refuses a batch that is no table of its dataset', () => {
    const batch = candles(3);
    expect(() => validator.validateBatch({ ...batch, endMs: new Float64Array(2) }, { nowMs: NOW })).toThrow(DataError);
    expect(() =>
      validator.validateBatch({ ...batch, numbers: { ...batch.numbers, mood: new Float64Array(3) } }, { nowMs: NOW }),
    ).toThrow(/mood/);
  });

  it('never loses a row, whatever the values are', () => {
    const value = fc.double();
    const row = fc.tuple(
      fc.oneof(
        fc.integer({ min: 0, max: 5 }).map((hour) => START + hour * HOUR_MS),
        fc.double(),
      ),
      value,
      value,
      value,
      value,
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), (rows) => {
        const column = (at: number) => Float64Array.from(rows, (cells) => cells[at]!);
        const timeMs = column(0);
        const batch: RowBatch = {
          ...candles(0),
          timeMs,
          endMs: timeMs,
          availableTimeMs: timeMs,
          numbers: { open: column(1), high: column(2), low: column(3), close: column(4) },
        };
        const { accepted, rejected, duplicates } = validator.validateBatch(batch, { nowMs: NOW });
        expect(accepted.timeMs.length + rejected.length + duplicates).toBe(rows.length);
        expect(validator.validateBatch(accepted, { nowMs: NOW })).toMatchObject({ rejected: [], duplicates: 0 });
      }),
    );
  });
});

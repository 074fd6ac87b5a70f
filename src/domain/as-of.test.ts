import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsOfCursor, joinAsOf } from './as-of.ts';
import type { KnownSeries } from './series.ts';

interface Row {
  timeMs: number;
  id: string;
  revision: number;
  knownFromMs: number;
}

const rowsArbitrary = fc
  .array(
    fc.record({
      timeMs: fc.integer({ min: 0, max: 20 }),
      id: fc.constantFrom('a', 'b'),
      revision: fc.integer({ min: 0, max: 3 }),
      knownFromMs: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    const unique = new Map(rows.map((row) => [`${row.timeMs} ${row.id} ${row.revision}`, row]));
    return [...unique.values()].sort(
      (a, b) => a.timeMs - b.timeMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) || a.revision - b.revision,
    );
  });

const seriesOf = (rows: readonly Row[]): KnownSeries => ({
  dataset: 'd',
  series: 's:x:tx',
  periodMs: 0,
  rows: rows.length,
  timeMs: Float64Array.from(rows, (row) => row.timeMs),
  endMs: Float64Array.from(rows, (row) => row.timeMs),
  knownFromMs: Float64Array.from(rows, (row) => row.knownFromMs),
  revision: Int32Array.from(rows, (row) => row.revision),
  ids: rows.map((row) => row.id),
  numbers: {},
});

const timesArbitrary = fc.array(fc.integer({ min: 0, max: 45 }), { maxLength: 20 }).map((times) => times.sort((a, b) => a - b));

/** The definition, row by row: what may be seen at T, and of each key its last revision. */
function visibleRows(rows: readonly Row[], atMs: number): number[] {
  const allowed = rows.map((row, i) => ({ row, i })).filter(({ row }) => row.knownFromMs <= atMs && row.timeMs <= atMs);
  const last = new Map(allowed.map(({ row, i }) => [`${row.timeMs} ${row.id}`, i]));
  return [...last.values()].sort((a, b) => a - b);
}

describe('AsOfCursor', () => {
  it('gives the newest visible row and its age, as the definition does', () => {
    fc.assert(
      fc.property(rowsArbitrary, timesArbitrary, (rows, times) => {
        const joined = joinAsOf(seriesOf(rows), times);
        times.forEach((atMs, i) => {
          const expected = visibleRows(rows, atMs).at(-1) ?? -1;
          expect(joined.row[i]).toBe(expected);
          expect(joined.ageMs[i]).toBe(expected < 0 ? Number.NaN : atMs - rows[expected]!.timeMs);
        });
      }),
    );
  });

  it('gives windows of each key once, in its last visible revision', () => {
    fc.assert(
      fc.property(rowsArbitrary, timesArbitrary, fc.integer({ min: 0, max: 15 }), (rows, times, width) => {
        const cursor = new AsOfCursor(seriesOf(rows));
        for (const atMs of times) {
          cursor.moveTo(atMs);
          const expected = visibleRows(rows, atMs).filter((i) => rows[i]!.timeMs > atMs - width && rows[i]!.timeMs <= atMs);
          expect(cursor.window(atMs - width, atMs)).toEqual(expected);
        }
      }),
    );
  });

  it('shows a late revision only from when it was known', () => {
    const series = seriesOf([
      { timeMs: 1, id: 'a', revision: 0, knownFromMs: 2 },
      { timeMs: 1, id: 'a', revision: 1, knownFromMs: 9 },
    ]);
    expect([...joinAsOf(series, [1, 2, 8, 9]).row]).toEqual([-1, 0, 0, 1]);
  });

  it('refuses to go back in time', () => {
    const cursor = new AsOfCursor(seriesOf([]));
    cursor.moveTo(5);
    expect(() => cursor.moveTo(4)).toThrow(expect.objectContaining({ code: 'as_of.time_went_back' }));
  });

  it('sees the same rows in a sweep as in a single jump', () => {
    fc.assert(
      fc.property(rowsArbitrary, timesArbitrary, (rows, times) => {
        const sweep = joinAsOf(seriesOf(rows), times).row.at(-1);
        const jump = joinAsOf(seriesOf(rows), times.slice(-1)).row.at(-1);
        expect(sweep).toBe(jump);
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinAsOf, type RowBatch } from '../domain/index.ts';
import { cutTable } from './cut-table.ts';
import { mergeRevisions } from './merge-revisions.ts';
import { firstDisorder, type SeriesTable } from './series-table.ts';

interface Row {
  readonly timeMs: number;
  readonly id: string;
  readonly value: number;
  readonly note?: string | null;
}

const INFO = { dataset: 'whale_data', series: 'test:eth:tx', periodMs: 0 } as const;

/** Rows end 10 after their time and are public 5 later. */
const batchOf = (rows: readonly Row[]): RowBatch => ({
  ...INFO,
  source: 'test',
  timeMs: Float64Array.from(rows, (row) => row.timeMs),
  endMs: Float64Array.from(rows, (row) => row.timeMs + 10),
  availableTimeMs: Float64Array.from(rows, (row) => row.timeMs + 15),
  ids: rows.map((row) => row.id),
  numbers: { value: Float64Array.from(rows, (row) => row.value) },
  texts: { note: rows.map((row) => row.note ?? null) },
});

const merge = (table: SeriesTable | undefined, rows: readonly Row[], recordedMs: number, restate = false) =>
  mergeRevisions(table, batchOf(rows), { recordedMs, restate });

const row = fc.record({
  timeMs: fc.integer({ min: 0, max: 12 }),
  id: fc.constantFrom('', 'a', 'b'),
  value: fc.constantFrom(1, 2, 0, -0, Number.NaN),
  note: fc.constantFrom(null, 'x', 'y'),
});

test('rows in any order and any split give the same table', () => {
  const distinct = fc.uniqueArray(row, { selector: (one) => `${one.timeMs}|${one.id}`, maxLength: 30 });
  const cases = distinct.chain((rows) =>
    fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }), fc.integer({ min: 0, max: rows.length })),
  );
  fc.assert(
    fc.property(cases, ([rows, shuffled, split]) => {
      const whole = merge(undefined, rows, 100).table;
      const first = merge(undefined, shuffled.slice(0, split), 100).table;
      const second = merge(first, shuffled.slice(split), 100);
      expect(second.table).toEqual(whole);
      expect(merge(second.table, shuffled, 200)).toMatchObject({ duplicates: rows.length, revised: 0, added: { rows: 0 } });
    }),
  );
});

test('a history of commits is in order, and each cut gives what a plain replay of it gives', () => {
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 6 }), fc.integer({ min: 0, max: 70 }), (commits, atMs) => {
      let table = merge(undefined, [], 0).table;
      const latest = new Map<string, Row & { recordedMs: number; revision: number }>();
      const knownAtCut = new Map<string, number>();
      commits.forEach((rows, commit) => {
        const recordedMs = (commit + 1) * 10;
        table = merge(table, rows, recordedMs).table;
        for (const one of rows) {
          const key = `${one.timeMs}|${one.id}`;
          const was = latest.get(key);
          const value = Number.isNaN(one.value) ? (was?.value ?? Number.NaN) : one.value;
          const note = one.note ?? was?.note ?? null;
          const isSame = was && (was.value === value || (Number.isNaN(was.value) && Number.isNaN(value))) && was.note === note;
          if (!isSame) latest.set(key, { ...one, value, note, recordedMs, revision: (was?.revision ?? -1) + 1 });
          if (recordedMs <= atMs) knownAtCut.set(key, value);
        }
      });
      expect(firstDisorder(table)).toBe(-1);
      expect(table.rows).toBe([...latest.values()].reduce((sum, one) => sum + one.revision + 1, 0));
      const replay = cutTable(INFO, table, { kind: 'replay', recordedUntilMs: atMs });
      const seen = new Map<string, number>();
      for (let i = 0; i < replay.rows; i++) seen.set(`${replay.timeMs[i]}|${replay.ids?.[i]}`, replay.numbers.value![i]!);
      expect([...seen].map(([key, value]) => [key, value + 0]).sort()).toEqual(
        [...knownAtCut].map(([key, value]) => [key, value + 0]).sort(),
      );
      const research = cutTable(INFO, table, { kind: 'research' });
      for (let i = 0; i < research.rows; i++) {
        const availableMs = research.timeMs[i]! + 15;
        expect(research.knownFromMs[i]).toBe(
          research.revision[i] === 0 ? availableMs : Math.max(availableMs, table.recordedMs[i]!),
        );
      }
    }),
  );
});

test('a correction counts for research from when it was recorded, a restatement from the original availability', () => {
  const first = merge(undefined, [{ timeMs: 0, id: '', value: 1 }], 1_000).table;
  const corrected = merge(first, [{ timeMs: 0, id: '', value: 2 }], 2_000);
  expect(corrected.revised).toBe(1);
  const research = cutTable(INFO, corrected.table, { kind: 'research' });
  const valueAt = (series: typeof research, atMs: number) => series.numbers.value![joinAsOf(series, [atMs]).row[0]!];
  expect([14, 15, 1_999, 2_000].map((atMs) => valueAt(research, atMs))).toEqual([undefined, 1, 1, 2]);

  const restated = merge(corrected.table, [{ timeMs: 0, id: '', value: 3 }], 3_000, true).table;
  const mended = cutTable(INFO, restated, { kind: 'research' });
  expect([14, 15, 2_500].map((atMs) => valueAt(mended, atMs))).toEqual([undefined, 3, 3]);
  const replayed = cutTable(INFO, restated, { kind: 'replay', recordedUntilMs: 2_999 });
  expect([15, 2_500].map((atMs) => valueAt(replayed, atMs))).toEqual([2, 2]);
  expect(restated.rows).toBe(3);
});

test('what a row does not know contradicts nothing; only a restatement takes a value away', () => {
  const first = merge(undefined, [{ timeMs: 0, id: '', value: 1, note: 'x' }], 1).table;
  expect(merge(first, [{ timeMs: 0, id: '', value: Number.NaN }], 2).duplicates).toBe(1);
  const revised = merge(first, [{ timeMs: 0, id: '', value: 2 }], 2).table;
  expect([...revised.numbers.value!, ...revised.texts.note!]).toEqual([1, 2, 'x', 'x']);
  const restated = merge(first, [{ timeMs: 0, id: '', value: Number.NaN }], 2, true).table;
  expect([...restated.numbers.value!, ...restated.texts.note!]).toEqual([1, Number.NaN, 'x', null]);
});

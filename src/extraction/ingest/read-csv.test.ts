import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLayout } from './csv-layout.ts';
import type { RawTable } from './raw-table.ts';
import { readCsv, readPlainCsv, readQuotedCsv } from './read-csv.ts';

const csv = (text: string, options = {}) => readCsv('x.csv', Buffer.from(text), options).table;
const code = (run: () => unknown) => {
  try {
    run();
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

function everything(table: RawTable) {
  const columns = [...table.names.keys()];
  return {
    names: table.names,
    rows: table.rows,
    misshapen: [...table.misshapen],
    lines: Array.from({ length: table.rows }, (_, row) => table.line(row)),
    text: columns.map((column) => Array.from({ length: table.rows }, (_, row) => table.text(column, row))),
    numbers: columns.map((column) => table.numbers(column, -2)),
    times: columns.map((column) => table.isoTimes(column)),
  };
}

const cell = fc.oneof(
  fc.constantFrom('', ' ', 'abc', 'NaN', '2024-06-15', '2024-06-15T23:00:00Z', ' 7 ', 'é', '-'),
  fc.double({ noNaN: true }).map(String),
  fc.integer().map(String),
);
const row = fc.array(cell, { minLength: 1, maxLength: 6 });

describe('readCsv', () => {
  it.each([',', ';', '\t', '|'])('finds the delimiter %j', (delimiter) => {
    const table = csv('date,open,close\n2024-01-01,1.5,2\n'.replaceAll(',', delimiter));
    expect(table.names).toEqual(['date', 'open', 'close']);
    expect(table.numbers(1).values).toEqual(Float64Array.of(1.5));
  });

  it('reads quoted cells, with delimiters, quotes and line ends inside', () => {
    const table = csv('date,note,value\n2024-01-01,"a, ""b""\nc",1\n2024-01-02,d,2\n');
    expect(table.text(1, 0)).toBe('a, "b"\nc');
    expect(table.line(1)).toBe(4);
    expect(table.numbers(2).values).toEqual(Float64Array.of(1, 2));
    expect(table.raw(0)).toBe('2024-01-01,"a, ""b""\nc",1');
  });

  it.each(['\r\n', '\n', '\r'])('takes %j for a line end', (end) => {
    const table = csv(`date,value${end}2024-01-01,1${end}${end}2024-01-02,2`);
    expect(table.numbers(1).values).toEqual(Float64Array.of(1, 2));
  });

  it('passes over an address before the header and keeps line numbers', () => {
    const table = csv('https://www.CryptoDataDownload.com\nunix,open\n1700000000,5\n');
    expect(table.names).toEqual(['unix', 'open']);
    expect(table.line(0)).toBe(3);
  });

  it('reads the twelve columns of Binance klines without a header', () => {
    const table = csv(
      '1704067200000,1,2,0.5,1.5,10,1704070799999,15,3,4,5,0\n1704070800000,1,2,0.5,1.5,10,1704074399999,15,3,4,5,0\n',
    );
    expect(table.rows).toBe(2);
    expect(table.names[0]).toBe('open_time');
  });

  it('asks for names where there are none', () => {
    expect(code(() => csv('2024-01-01,1,2,3\n'))).toBe('ingest.header_missing');
    expect(csv('2024-01-01,1\n', { columns: ['date', 'x'] }).numbers(1).values).toEqual(Float64Array.of(1));
    expect(code(() => csv('2024-01-01,1\n', { columns: ['date'] }))).toBe('ingest.columns_mismatch');
  });

  it('marks rows with too few or too many cells, but not those with empty ones at the end', () => {
    const table = csv('a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n');
    expect([...table.misshapen.keys()]).toEqual([0, 1]);
    expect(table.raw(0)).toBe('1,2');
  });

  it('refuses what is no table', () => {
    expect(code(() => csv('just some words\nand more\n'))).toBe('ingest.not_a_table');
    expect(code(() => csv('a,b,a\n1,2,3\n'))).toBe('ingest.columns_repeated');
    expect(code(() => csv(`a,b\n1,"2\n${'3,4\n'.repeat(5)}`))).toBe('ingest.csv_malformed');
    expect(code(() => csv(`a,b\n1,"2\n${'3,4\n'.repeat(500)}5,"6\n`))).toBe('ingest.csv_malformed');
    expect(code(() => csv(`a,b\n1,${'2'.repeat(1_100_000)}\n`))).toBe('ingest.line_too_long');
  });

  it('reads plain text and quoted text to the same table', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        (rows, delimiter, end) => {
          const header = ['name', 'b', 'c', 'd'];
          const bytes = Buffer.from([header, ...rows].map((cells) => cells.join(delimiter)).join(end));
          const layout = findLayout('x.csv', bytes, {});
          expect(everything(readPlainCsv(bytes, layout))).toEqual(everything(readQuotedCsv('x.csv', bytes, layout)));
        },
      ),
    );
  });
});

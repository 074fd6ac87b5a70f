import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIso, toIso } from '../../domain/index.ts';
import { parseIsoBytes, parseTimeText, unitOfEpoch } from './parse-time.ts';

const at = Date.UTC(2024, 5, 15, 23, 4, 5);
const isoBytes = (text: string) => parseIsoBytes(Buffer.from(text), 0, Buffer.byteLength(text));
const anyTime = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2099, 11, 31) });

describe('parseTimeText', () => {
  it.each([
    ['2024-06-15T23:04:05Z', 'iso'],
    ['2024-06-15 23:04:05', 'iso'],
    ['2024-06-15 23:04:05 UTC', 'iso'],
    ['2024-06-15 23:04:05.000+00:00', 'iso'],
    ['2024-06-16T01:04:05+02:00', 'iso'],
    [String(at / 1000), 's'],
    [`${at / 1000}.0`, 's'],
    [String(at), 'ms'],
    [`${at}000`, 'us'],
    [`${at}000000`, 'ns'],
  ])('reads %s as %s', (text, kind) => {
    expect(parseTimeText(text)).toEqual({ ms: at, kind });
  });

  it.each([
    ['20240615', '2024-06-15'],
    ['Jun 15, 2024', '2024-06-15'],
    ['15-Jun-2024', '2024-06-15'],
    ['2024-06-15 12-AM', '2024-06-15'],
    ['2024-06-15 11-PM', '2024-06-15T23:00'],
  ])('reads %s', (text, iso) => {
    expect(parseTimeText(text).ms).toBe(parseIso(iso));
  });

  it('leaves the order of day and month open until somebody says it', () => {
    expect(parseTimeText('03/04/2024')).toEqual({ ms: Number.NaN, kind: 'slashed' });
    expect(parseTimeText('03/04/2024', 'dmy').ms).toBe(parseIso('2024-04-03'));
    expect(parseTimeText('03/04/2024 5:30 PM', 'mdy').ms).toBe(parseIso('2024-03-04T17:30'));
    expect(parseTimeText('13/13/2024', 'dmy').ms).toBeNaN();
  });

  it.each(['', 'not-a-date', '2024-02-30', '45123', '12', '2024-13-01', '99999999999999999999999'])(
    'does not read "%s"',
    (text) => {
      expect(parseTimeText(text).ms).toBeNaN();
    },
  );

  it('obeys the unit it is told', () => {
    expect(parseTimeText('1000000', 's').ms).toBe(1_000_000_000);
    expect(parseTimeText('2024-06-15', 'ms').ms).toBeNaN();
  });

  it('tells units apart by size alone, for every time between 2010 and 2100', () => {
    fc.assert(
      fc.property(anyTime, (ms) => {
        expect(unitOfEpoch(Math.floor(ms / 1000))).toBe('s');
        expect(parseTimeText(String(ms))).toEqual({ ms, kind: 'ms' });
        expect(parseTimeText(`${ms}000`)).toEqual({ ms, kind: 'us' });
        expect(parseTimeText(`${ms}000000`)).toEqual({ ms, kind: 'ns' });
      }),
    );
  });
});

describe('parseIsoBytes', () => {
  it('reads the same as the text parser, or nothing', () => {
    fc.assert(
      fc.property(anyTime, fc.constantFrom(10, 16, 19, 20), (ms, length) => {
        const text = length === 20 ? `${toIso(ms).slice(0, 19)}Z` : toIso(ms).slice(0, length);
        expect(isoBytes(text)).toBe(parseIso(text));
      }),
    );
  });

  it('never reads what the text parser refuses', () => {
    const nearly = fc
      .tuple(anyTime, fc.integer({ min: 0, max: 19 }), fc.constantFrom('0', '3', '9', '-', ':', 'x', ' '))
      .map(([ms, place, character]) => {
        const text = `${toIso(ms).slice(0, 19)}Z`;
        return text.slice(0, place) + character + text.slice(place + 1);
      });
    fc.assert(
      fc.property(nearly, (text) => {
        const read = isoBytes(text);
        if (!Number.isNaN(read)) expect(read).toBe(parseIso(text));
        else expect(read).toBeNaN();
      }),
    );
  });
});

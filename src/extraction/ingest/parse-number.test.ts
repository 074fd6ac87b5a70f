import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNumberBytes, parseNumberText } from './parse-number.ts';

const viaBytes = (text: string, shift = 0) => {
  const bytes = Buffer.from(`#${text}#`);
  return parseNumberBytes(bytes, 1, bytes.length - 1, shift);
};

const decimalText = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.integer({ min: 0, max: 12 }))
  .map(([negative, digits, decimals]) => {
    const text = digits.toString().padStart(decimals + 1, '0');
    const point = text.length - decimals;
    return `${negative ? '-' : ''}${text.slice(0, point)}${decimals > 0 ? `.${text.slice(point)}` : ''}`;
  });

describe('parseNumber', () => {
  it('reads what Number reads, from text and from bytes', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        expect(parseNumberText(text)).toBe(Number(text));
        expect(viaBytes(text)).toBe(Number(text));
      }),
    );
  });

  it('moves the decimal point before it rounds', () => {
    fc.assert(
      fc.property(decimalText, fc.integer({ min: -20, max: 6 }), (text, shift) => {
        expect(parseNumberText(text, shift)).toBe(Number(`${text}e${shift}`));
        expect(viaBytes(text, shift)).toBe(Number(`${text}e${shift}`));
      }),
    );
  });

  it('agrees between text and bytes on any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), fc.integer({ min: -18, max: 3 }), (text, shift) => {
        expect(viaBytes(text, shift)).toBe(parseNumberText(Buffer.from(text).toString('utf8'), shift));
      }),
    );
  });

  it('turns wei beyond 2^53 into ETH without losing a digit that a double can hold', () => {
    expect(parseNumberText('658765374642458137201', -18)).toBe(658.7653746424581);
    expect(viaBytes('42763252557572971234567', -18)).toBe(42763.252557572974);
    expect(parseNumberText('29.31', -2)).toBe(0.2931);
    expect(parseNumberText('6.587653746424581e+20', -18)).toBe(658.7653746424581);
  });

  it.each(['', ' ', 'NaN', 'nan', 'null', 'None', 'N/A', '-'])('takes "%s" for not known', (text) => {
    expect(parseNumberText(text)).toBeNaN();
    expect(viaBytes(text)).toBeNaN();
  });

  it.each(['abc', '1,234', 'inf', 'Infinity', '-Infinity', '1e999', '0x10', '1 2', '.', '--5', '1.2.3'])(
    'does not take "%s" for a number',
    (text) => {
      expect(parseNumberText(text)).toBe(Number.POSITIVE_INFINITY);
      expect(viaBytes(text)).toBe(Number.POSITIVE_INFINITY);
    },
  );
});

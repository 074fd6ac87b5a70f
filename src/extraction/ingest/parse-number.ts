/** Cells that say "not known". Everything else that is no number is unreadable. */
const MISSING = /^(?:|nan|null|none|n\/a|na|nil|-|--|undefined)$/i;
const DECIMAL = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,4}))?$/;

/** Powers of ten that a double holds exactly. */
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** Whether a cell says that its value is not known. */
export const isMissingText = (text: string): boolean => MISSING.test(text.trim());

/**
 * A decimal, its point moved by `shift` places (-18 turns wei into ETH), correctly rounded whatever its length: the point
 * moves in the text, before it becomes a double. NaN where the cell says that the value is not known; Infinity where it
 * is no finite number.
 */
export function parseNumberText(text: string, shift = 0): number {
  const part = DECIMAL.exec(text) ?? DECIMAL.exec(text.trim());
  if (part === null) return isMissingText(text) ? Number.NaN : Number.POSITIVE_INFINITY;
  const value = shift === 0 ? Number(part[0]) : Number(`${part[1]}e${Number(part[2] ?? 0) + shift}`);
  return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
}

/**
 * As `parseNumberText`, straight from bytes. A mantissa below 2^53 and a power of ten below 10^23 are both exact, so one
 * division rounds correctly (Clinger 1990, the fast path); all else takes the slow path.
 */
export function parseNumberBytes(bytes: Buffer, start: number, end: number, shift = 0): number {
  let at = start;
  let negative = false;
  if (at < end && bytes[at] === MINUS) {
    negative = true;
    at += 1;
  }
  let mantissa = 0;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits += 1;
      if (point) decimals += 1;
    } else if (byte === POINT && !point) point = true;
    else return parseNumberText(bytes.toString('utf8', start, end), shift);
  }
  if (digits === 0) return end === start ? Number.NaN : parseNumberText(bytes.toString('utf8', start, end), shift);
  const exponent = shift - decimals;
  if (mantissa > Number.MAX_SAFE_INTEGER || exponent < -22 || exponent > 22) {
    return parseNumberText(bytes.toString('utf8', start, end), shift);
  }
  const value = exponent < 0 ? mantissa / EXACT_POWERS[-exponent]! : mantissa * EXACT_POWERS[exponent]!;
  return negative ? -value : value;
}

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const POINT = 46;

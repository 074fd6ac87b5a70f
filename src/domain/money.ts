import Big from 'big.js';
import { InvariantError } from './errors.ts';

/**
 * Exact decimals for everything in the order path: prices, sizes, fees, balances. Addition, subtraction and
 * multiplication are exact; division keeps 30 places. This module is the only crossing between decimals and numbers.
 */
const Decimal = Big();
Decimal.DP = 30;
Decimal.NE = -40;
Decimal.PE = 40;

export type Money = Big;

/** @throws InvariantError `money.not_a_number` where `value` is not a finite decimal */
export function money(value: string | number | Money): Money {
  try {
    return new Decimal(value);
  } catch (cause) {
    throw new InvariantError('money.not_a_number', `"${value}" is not a decimal amount`, { cause });
  }
}

export const ZERO: Money = money(0);

/** For statistics, charts and features; never for an amount that is sent or booked. */
export const toNumber = (amount: Money): number => Number(amount.toString());

/** Plain decimal notation without an exponent, as venues and files want it. */
export const toText = (amount: Money): string => amount.toFixed();

/** Decimal places of a step that is a power of ten (0.0001 has 4); undefined for other steps. */
const decimalsOf = (step: Money): number | undefined => (step.c.length === 1 && step.c[0] === 1 ? -step.e : undefined);

/** `amount` rounded down (towards zero) to a whole multiple of `step`; `step` 0 leaves it as it is. */
export function floorToStep(amount: Money, step: Money): Money {
  if (step.eq(0)) return amount;
  const decimals = decimalsOf(step);
  if (decimals !== undefined) return amount.round(decimals, Big.roundDown);
  return amount.div(step).round(0, Big.roundDown).times(step);
}

/** Whether `amount` is a whole multiple of `step`; of a step of 0 everything is. */
export function isMultipleOf(amount: Money, step: Money): boolean {
  if (step.eq(0) || amount.eq(0)) return true;
  const decimals = decimalsOf(step);
  return decimals === undefined ? amount.mod(step).eq(0) : amount.c.length - 1 - amount.e <= decimals;
}

/** The quotient cut off (towards zero) after `decimals` places; much cheaper than the 30 places of `div`. */
export function divideDown(amount: Money, divisor: Money, decimals: number): Money {
  const { DP, RM } = Decimal;
  Decimal.DP = decimals;
  Decimal.RM = Big.roundDown;
  try {
    return amount.div(divisor);
  } finally {
    Decimal.DP = DP;
    Decimal.RM = RM;
  }
}

/** `amount` rounded to the nearest multiple of `step`; `step` 0 leaves it as it is. */
export function roundToStep(amount: Money, step: Money): Money {
  if (step.eq(0)) return amount;
  return amount.div(step).round(0, Big.roundHalfEven).times(step);
}

export const minMoney = (a: Money, b: Money): Money => (a.lt(b) ? a : b);
export const maxMoney = (a: Money, b: Money): Money => (a.gt(b) ? a : b);

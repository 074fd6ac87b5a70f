import type { Window } from './window.ts';

/**
 * Indicators that TA-Lib defines by recursion, computed anew over a window: exactly what TA-Lib gives for the window's
 * bars alone. So they have a finite memory: history before the window cannot change them.
 */

/** Rows that a window should have for the start of a recursion with this period to have faded (to 5 % or less: Wilder, 3 periods more; EMA, 1.5 more). */
export const wilderRows = (period: number): number => period * 4 + 1;
export const emaRows = (period: number): number => Math.ceil(period * 2.5);

/** EMA of values[from, to), begun with the mean of the first `period` of them (TA-Lib EMA). */
function emaOf(values: ArrayLike<number>, from: number, to: number, period: number): number {
  const weight = 2 / (period + 1);
  let average = 0;
  for (let i = from; i < from + period; i++) average += values[i]!;
  average /= period;
  for (let i = from + period; i < to; i++) average += weight * (values[i]! - average);
  return average;
}

/** TA-Lib EMA of the window. */
export const ema = (window: Window, period: number): number => emaOf(window.values, window.start, window.end, period);

/** The difference of two averages, and its own average. */
export interface Macd {
  readonly macd: number;
  readonly signal: number;
}

/** TA-Lib MACD of the window: both averages begin so that their first value falls on the same row. */
export function macd(window: Window, fast: number, slow: number, signal: number): Macd {
  const { values, start, end } = window;
  const [fastWeight, slowWeight, signalWeight] = [2 / (fast + 1), 2 / (slow + 1), 2 / (signal + 1)];
  const first = start + slow;
  let slowAverage = emaOf(values, start, first, slow);
  let fastAverage = emaOf(values, first - fast, first, fast);
  let difference = fastAverage - slowAverage;
  let average = difference;
  for (let i = first; i < end; i++) {
    fastAverage += fastWeight * (values[i]! - fastAverage);
    slowAverage += slowWeight * (values[i]! - slowAverage);
    difference = fastAverage - slowAverage;
    const seen = i - first + 2;
    if (seen < signal) average += difference;
    else if (seen === signal) average = (average + difference) / signal;
    else average += signalWeight * (difference - average);
  }
  return { macd: difference, signal: average };
}

interface Moves {
  readonly gain: number;
  readonly loss: number;
}

/** Wilder's averages of rises and falls. */
function wilderMoves(window: Window, period: number): Moves {
  const { values, start, end } = window;
  let [gain, loss] = [0, 0];
  for (let i = start + 1; i < end; i++) {
    const change = values[i]! - values[i - 1]!;
    const up = Math.max(change, 0);
    const down = up - change;
    if (i <= start + period) {
      gain += up / period;
      loss += down / period;
    } else {
      gain = (gain * (period - 1) + up) / period;
      loss = (loss * (period - 1) + down) / period;
    }
  }
  return { gain, loss };
}

/** TA-Lib RSI, 0..100; NaN where nothing moved. */
export function rsi(window: Window, period: number): number {
  const { gain, loss } = wilderMoves(window, period);
  return (100 * gain) / (gain + loss);
}

/** Wilder's true range of the bar at `i` of three aligned windows. */
function trueRange(high: Window, low: Window, close: Window, i: number): number {
  const before = close.values[close.start + i - 1]!;
  const [top, bottom] = [high.values[high.start + i]!, low.values[low.start + i]!];
  return Math.max(top - bottom, Math.abs(top - before), Math.abs(bottom - before));
}

/** TA-Lib ATR, in the unit of the prices. */
export function averageTrueRange(high: Window, low: Window, close: Window, period: number): number {
  let average = 0;
  for (let i = 1; i < close.length; i++) {
    const range = trueRange(high, low, close, i);
    average = i <= period ? average + range / period : (average * (period - 1) + range) / period;
  }
  return average;
}

export interface DirectionalMovement {
  readonly plus: number;
  readonly minus: number;
  readonly adx: number;
}

/** TA-Lib PLUS_DI, MINUS_DI and ADX, 0..100 each. Windows of at least 2 x period rows. */
export function directionalMovement(high: Window, low: Window, close: Window, period: number): DirectionalMovement {
  let [plusMove, minusMove, range] = [0, 0, 0];
  let [plus, minus, adx] = [Number.NaN, Number.NaN, 0];
  for (let i = 1; i < close.length; i++) {
    const rise = high.values[high.start + i]! - high.values[high.start + i - 1]!;
    const fall = low.values[low.start + i - 1]! - low.values[low.start + i]!;
    const fade = i < period ? 1 : 1 - 1 / period;
    plusMove = plusMove * fade + (rise > 0 && rise > fall ? rise : 0);
    minusMove = minusMove * fade + (fall > 0 && fall > rise ? fall : 0);
    range = range * fade + trueRange(high, low, close, i);
    if (i < period) continue;
    plus = (100 * plusMove) / range;
    minus = (100 * minusMove) / range;
    const index = plus + minus > 0 ? (100 * Math.abs(plus - minus)) / (plus + minus) : 0;
    adx = i < 2 * period ? adx + index / period : (adx * (period - 1) + index) / period;
  }
  return { plus, minus, adx };
}

/** One-row change of the triple EMA as a percentage (TA-Lib TRIX) of a window of at least 3 x period rows. */
export function trix(window: Window, period: number): number {
  const weight = 2 / (period + 1);
  let values = window.values.slice(window.start, window.end);
  for (let pass = 0; pass < 3; pass++) {
    const averages = new Float64Array(values.length - period + 1);
    averages[0] = emaOf(values, 0, period, period);
    for (let i = 1; i < averages.length; i++)
      averages[i] = averages[i - 1]! + weight * (values[i + period - 1]! - averages[i - 1]!);
    values = averages;
  }
  return 100 * (values.at(-1)! / values.at(-2)! - 1);
}

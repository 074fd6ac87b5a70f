import { maximum, mean, minimum } from './statistics.ts';
import type { Window } from './window.ts';

/** Indicators over a window of bars without recursion, by TA-Lib's definitions. NaN where a range or flow is zero. */

/** TA-Lib CCI of windows of the period's length (Lambert 1980). */
export function commodityChannelIndex(typical: Window): number {
  const centre = mean(typical);
  let deviation = 0;
  for (let i = typical.start; i < typical.end; i++) deviation += Math.abs(typical.values[i]! - centre);
  return deviation > 0 ? (typical.newest - centre) / ((0.015 * deviation) / typical.length) : Number.NaN;
}

/** Place of the newest close between the window's low and high, 0..100 (TA-Lib STOCHF %K; Williams %R + 100). */
export function stochastic(high: Window, low: Window, close: Window): number {
  const [top, bottom] = [maximum(high), minimum(low)];
  return (100 * (close.newest - bottom)) / (top - bottom);
}

/** TA-Lib MFI, 0..100; windows of period + 1 rows. */
export function moneyFlowIndex(typical: Window, volume: Window): number {
  let [up, down] = [0, 0];
  for (let i = 1; i < typical.length; i++) {
    const now = typical.values[typical.start + i]!;
    const before = typical.values[typical.start + i - 1]!;
    const flow = now * volume.values[volume.start + i]!;
    if (now > before) up += flow;
    else if (now < before) down += flow;
  }
  return (100 * up) / (up + down);
}

/** Buying pressure and true range summed over the newest `rows` of aligned windows. */
function pressure(high: Window, low: Window, close: Window, rows: number): number {
  let [buying, range] = [0, 0];
  for (let back = 0; back < rows; back++) {
    const before = close.back(back + 1);
    const bottom = Math.min(low.back(back), before);
    buying += close.back(back) - bottom;
    range += Math.max(high.back(back), before) - bottom;
  }
  return buying / range;
}

/** TA-Lib ULTOSC, 0..100 (Williams 1985); windows of `long` + 1 rows. */
export function ultimateOscillator(
  high: Window,
  low: Window,
  close: Window,
  short: number,
  middle: number,
  long: number,
): number {
  const parts = [short, middle, long].map((rows) => pressure(high, low, close, rows));
  return (100 * (4 * parts[0]! + 2 * parts[1]! + parts[2]!)) / 7;
}

/** Vortex VI+ minus VI- (Botes and Siepman 2010); windows of period + 1 rows. */
export function vortexDifference(high: Window, low: Window, close: Window): number {
  let [plus, minus, range] = [0, 0, 0];
  for (let back = 0; back < close.length - 1; back++) {
    plus += Math.abs(high.back(back) - low.back(back + 1));
    minus += Math.abs(low.back(back) - high.back(back + 1));
    const before = close.back(back + 1);
    range += Math.max(high.back(back) - low.back(back), Math.abs(high.back(back) - before), Math.abs(low.back(back) - before));
  }
  return (plus - minus) / range;
}

/** Chaikin money flow: volume weighted by where in its bar the close lies, -1..1. */
export function chaikinMoneyFlow(closeLocation: Window, volume: Window): number {
  let [flow, total] = [0, 0];
  for (let i = 0; i < volume.length; i++) {
    flow += closeLocation.values[closeLocation.start + i]! * volume.values[volume.start + i]!;
    total += volume.values[volume.start + i]!;
  }
  return flow / total;
}

import type { VolumeUnit } from '../domain/index.ts';
import { type HourlySlots, SLOTS } from './hourly-slots.ts';

/** Inputs that describe the 24 hours before a decision. NaN: not known. Prices in the canonical series' quote. */
export const BAR_INPUTS = [
  'open',
  'high',
  'low',
  'close',
  'volume_eth',
  'volume_usd',
  'bar_age_hours',
  'bar_hours',
  'realised_variance',
  'up_semivariance',
  'down_semivariance',
  'bipower_variance',
  'hourly_autocovariance',
  'best_hour_return',
  'worst_hour_return',
  'last_1h_return',
  'last_4h_return',
  'last_12h_return',
  'hour_of_high',
  'hour_of_low',
  'vwap',
  'late_volume_share',
] as const;

export type BarInput = (typeof BAR_INPUTS)[number];
export type DecisionBar = Record<BarInput, number>;

/** A bar needs its last hour and this many of its 24, or it is suspect. */
export const MIN_HOURS = 22;

/** With fewer hours than this a bar says nothing: its prices are missing. */
const MIN_HOURS_FOR_VALUES = 12;

/** Hours at the end of the bar whose share of the volume is `late_volume_share`. */
const LATE_HOURS = 6;

export const missingBar = (): DecisionBar => Object.fromEntries(BAR_INPUTS.map((name) => [name, Number.NaN])) as DecisionBar;

/** Whether the hours of a bar suffice for a decision. */
export const isSuspect = (slots: HourlySlots, present: number): boolean => slots.present[SLOTS - 1] === 0 || present < MIN_HOURS;

/** Log return of the last `hours` hours of the bar; NaN where the hour before them is not present. */
function lastReturn(slots: HourlySlots, hours: number): number {
  return Math.log(slots.close[SLOTS - 1]! / slots.close[SLOTS - 1 - hours]!);
}

interface Volumes {
  readonly eth: number;
  readonly usd: number;
  /** turnover / volume where the unit is Ether, the mean of the typical prices weighted by USD volume otherwise. */
  readonly vwap: number;
}

function volumesOf(slots: HourlySlots, unit: VolumeUnit): Volumes {
  let amount = 0;
  let turnover = 0;
  let inverse = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (slots.present[slot] === 0) continue;
    const volume = slots.volume[slot]!;
    const typical = (slots.high[slot]! + slots.low[slot]! + slots.close[slot]!) / 3;
    amount += volume;
    turnover += slots.turnover[slot]!;
    inverse += volume / typical;
  }
  if (unit === 'eth') return { eth: amount, usd: turnover, vwap: turnover / amount };
  if (unit === 'usd') return { eth: inverse, usd: amount, vwap: amount / inverse };
  return { eth: Number.NaN, usd: Number.NaN, vwap: Number.NaN };
}

function lateVolumeShare(slots: HourlySlots): number {
  let late = 0;
  let all = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (slots.present[slot] === 0) continue;
    all += slots.volume[slot]!;
    if (slot >= SLOTS - LATE_HOURS) late += slots.volume[slot]!;
  }
  return late / all;
}

/**
 * The bar of 24 hourly slots. Variances are sums over the hours of squared log returns (Andersen and Bollerslev 1998),
 * semivariances split them by sign (Barndorff-Nielsen, Kinnebrock and Shephard 2010), the bipower variance leaves jumps
 * out (Barndorff-Nielsen and Shephard 2004). A return across missing hours counts once.
 */
export function barOfSlots(slots: HourlySlots, present: number, unit: VolumeUnit): DecisionBar {
  const bar = missingBar();
  bar.bar_hours = present;
  if (present < MIN_HOURS_FOR_VALUES) return bar;
  let [high, low, close, previous] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN, 0];
  let [up, down, bipower, autocovariance] = [0, 0, 0, 0];
  let [best, worst] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let isFirst = true;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (slots.present[slot] === 0) continue;
    if (isFirst) bar.open = slots.open[slot]!;
    const gain = Math.log(slots.close[slot]! / (isFirst ? slots.open[slot]! : close));
    if (slots.high[slot]! > high) {
      high = slots.high[slot]!;
      bar.hour_of_high = slot;
    }
    if (slots.low[slot]! < low) {
      low = slots.low[slot]!;
      bar.hour_of_low = slot;
    }
    if (gain > 0) up += gain * gain;
    else down += gain * gain;
    if (!isFirst) {
      bipower += Math.abs(gain * previous);
      autocovariance += gain * previous;
    }
    best = Math.max(best, gain);
    worst = Math.min(worst, gain);
    close = slots.close[slot]!;
    bar.bar_age_hours = SLOTS - 1 - slot;
    previous = gain;
    isFirst = false;
  }
  const volumes = volumesOf(slots, unit);
  bar.high = high;
  bar.low = low;
  bar.close = close;
  bar.volume_eth = volumes.eth;
  bar.volume_usd = volumes.usd;
  bar.vwap = volumes.vwap;
  bar.late_volume_share = lateVolumeShare(slots);
  bar.up_semivariance = up;
  bar.down_semivariance = down;
  bar.realised_variance = up + down;
  bar.bipower_variance = (Math.PI / 2) * bipower;
  bar.hourly_autocovariance = autocovariance;
  bar.best_hour_return = best;
  bar.worst_hour_return = worst;
  bar.last_1h_return = lastReturn(slots, 1);
  bar.last_4h_return = lastReturn(slots, 4);
  bar.last_12h_return = lastReturn(slots, 12);
  return bar;
}

import { AsOfCursor, DAY_MS, DataError, HOUR_MS, type KnownSeries, startOfDayMs, type TimeMs } from '../domain/index.ts';
import { BAR_INPUTS, type BarInput, barOfSlots, type DecisionBar, isSuspect, missingBar } from './decision-bar.ts';
import { conversionTo, convertBar } from './fallback-conversion.ts';
import { createSlots, fillSlots } from './hourly-slots.ts';

/** One bar for each decision time T, made from what was known at T. */
export interface DecisionBars {
  readonly timeMs: Float64Array;
  readonly columns: Readonly<Record<BarInput, Float64Array>>;
  /** 1 where the bar lacks its last hour or more than two others (daily: where the day is missing): hold. */
  readonly suspect: Uint8Array;
  /** 1 where the bar was taken, converted, from another series than the canonical one. */
  readonly fallback: Uint8Array;
}

interface Built {
  readonly bar: DecisionBar;
  readonly isSuspect: boolean;
}

/** Whether bars of this series are made from hours: its spacing is an hour, or a whole part of one. */
export const isHourly = (price: KnownSeries): boolean => price.periodMs > 0 && HOUR_MS % price.periodMs === 0;

/** The bar of the last whole UTC day before `atMs`, which is the newest that a daily series can know. */
function dailyBar(cursor: AsOfCursor, atMs: TimeMs): Built {
  const { numbers, volumeUnit } = cursor.series;
  const dayMs = startOfDayMs(atMs) - DAY_MS;
  const row = cursor.window(dayMs - 1, dayMs)[0];
  const bar = missingBar();
  if (row === undefined) return { bar, isSuspect: true };
  const value = (name: string) => numbers[name]?.[row] ?? Number.NaN;
  bar.open = value('open');
  bar.high = value('high');
  bar.low = value('low');
  bar.close = value('close');
  bar.bar_age_hours = (atMs - dayMs - DAY_MS) / HOUR_MS;
  const typical = (bar.high + bar.low + bar.close) / 3;
  const volume = value('volume');
  if (volumeUnit === 'eth') [bar.volume_eth, bar.volume_usd] = [volume, volume * typical];
  if (volumeUnit === 'usd') [bar.volume_eth, bar.volume_usd] = [volume / typical, volume];
  return { bar, isSuspect: Number.isNaN(bar.close) };
}

function createBarReader(price: KnownSeries): { readonly cursor: AsOfCursor; at(atMs: TimeMs): Built } {
  const cursor = new AsOfCursor(price);
  const slots = createSlots();
  const unit = price.volumeUnit ?? 'unknown';
  const at = (atMs: TimeMs): Built => {
    cursor.moveTo(atMs);
    if (!isHourly(price)) return dailyBar(cursor, atMs);
    const present = fillSlots(cursor, atMs, slots);
    return { bar: barOfSlots(slots, present, unit), isSuspect: isSuspect(slots, present) };
  };
  return { cursor, at };
}

/** Makes a thing when it is first asked for: most bars are sound, and a fallback costs a pass over its series. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/**
 * Bars [T - 24 h, T) of the canonical price series from its closed candles known at T (hourly, or finer); of a daily
 * series the last whole UTC day. Where the canonical bar is suspect the first sound bar of `fallbacks` (in the order
 * given) stands in, converted to the canonical level and flagged.
 * @throws DataError `features.price_spacing` for a series that is neither hourly, finer, nor daily
 */
export function buildDecisionBars(
  canonical: KnownSeries,
  decisionTimesMs: ArrayLike<TimeMs>,
  fallbacks: readonly KnownSeries[] = [],
): DecisionBars {
  for (const price of [canonical, ...fallbacks]) {
    if (!isHourly(price) && price.periodMs !== DAY_MS) {
      throw new DataError('features.price_spacing', `${price.series} has a spacing of ${price.periodMs} ms`, {
        hint: 'Decision bars need a daily or hourly series, or one that divides the hour.',
      });
    }
  }
  const rows = decisionTimesMs.length;
  const columns = Object.fromEntries(BAR_INPUTS.map((name) => [name, new Float64Array(rows)])) as Record<BarInput, Float64Array>;
  const suspect = new Uint8Array(rows);
  const fallback = new Uint8Array(rows);
  const main = createBarReader(canonical);
  const others = fallbacks
    .filter((price) => isHourly(price) === isHourly(canonical))
    .map((price) => lazily(() => createBarReader(price)));
  for (let i = 0; i < rows; i++) {
    const atMs = decisionTimesMs[i]!;
    let built = main.at(atMs);
    if (built.isSuspect) {
      for (const other of others) {
        const reader = other();
        const found = reader.at(atMs);
        if (found.isSuspect) continue;
        const conversion = conversionTo(main.cursor, reader.cursor, atMs);
        built = { bar: convertBar(found.bar, conversion), isSuspect: false };
        fallback[i] = 1;
        break;
      }
    }
    suspect[i] = built.isSuspect ? 1 : 0;
    for (const name of BAR_INPUTS) columns[name][i] = built.bar[name];
  }
  return { timeMs: Float64Array.from(decisionTimesMs), columns, suspect, fallback };
}

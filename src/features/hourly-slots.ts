import { type AsOfCursor, DAY_MS, HOUR_MS, type TimeMs } from '../domain/index.ts';

export const SLOTS = 24;

/** Share of an hour's finer candles that must be there, beside its last one, for the hour to count as present. */
const MIN_SHARE_OF_HOUR = 0.9;

/** The 24 hours before a decision time, oldest first; NaN in hours that are not present. Volume in the series' unit. */
export interface HourlySlots {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  /** Price-weighted volume, sum(volume x typical price): converts between Ether and quote at the prices of the time. */
  readonly turnover: Float64Array;
  readonly present: Uint8Array;
}

export function createSlots(): HourlySlots {
  const column = () => new Float64Array(SLOTS);
  return {
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    turnover: column(),
    present: new Uint8Array(SLOTS),
  };
}

/**
 * Fills `slots` with the hours [atMs - 24 h, atMs) from the closed candles visible at the cursor, whose series has a
 * spacing of an hour or a whole part of one. Returns how many hours are present.
 */
export function fillSlots(cursor: AsOfCursor, atMs: TimeMs, slots: HourlySlots): number {
  const { timeMs, numbers, periodMs } = cursor.series;
  const startMs = atMs - DAY_MS;
  const candlesPerHour = HOUR_MS / periodMs;
  const counts = new Uint16Array(SLOTS);
  const isLastThere = new Uint8Array(SLOTS);
  const { open, high, low, close, volume } = numbers;
  slots.present.fill(0);
  const columns = [slots.open, slots.high, slots.low, slots.close, slots.volume, slots.turnover];
  for (const column of columns) column.fill(Number.NaN);
  for (const row of cursor.window(startMs - 1, atMs - 1)) {
    const slot = Math.floor((timeMs[row]! - startMs) / HOUR_MS);
    const amount = volume?.[row] ?? Number.NaN;
    const turnover = (amount * (high![row]! + low![row]! + close![row]!)) / 3;
    if (counts[slot] === 0) {
      slots.open[slot] = open![row]!;
      slots.high[slot] = high![row]!;
      slots.low[slot] = low![row]!;
      slots.volume[slot] = amount;
      slots.turnover[slot] = turnover;
    } else {
      slots.high[slot] = Math.max(slots.high[slot]!, high![row]!);
      slots.low[slot] = Math.min(slots.low[slot]!, low![row]!);
      slots.volume[slot]! += amount;
      slots.turnover[slot]! += turnover;
    }
    slots.close[slot] = close![row]!;
    counts[slot]!++;
    if (timeMs[row]! + periodMs === startMs + (slot + 1) * HOUR_MS) isLastThere[slot] = 1;
  }
  let present = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (counts[slot]! >= MIN_SHARE_OF_HOUR * candlesPerHour && isLastThere[slot] === 1) {
      slots.present[slot] = 1;
      present++;
    } else if (counts[slot]! > 0) {
      for (const column of columns) column[slot] = Number.NaN;
    }
  }
  return present;
}

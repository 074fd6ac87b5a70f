import { type AsOfCursor, DAY_MS, HOUR_MS, type TimeMs } from '../domain/index.ts';
import type { InputSource } from './input-sources.ts';

/** Of the last 24 known hours this many must have a value for their sum or mean to count. */
const MIN_HOURS_OF_DAY = 22;

/** What a source says at the time its cursor stands at. `ageHours` is how old the newest row read is. */
export interface ReadValue {
  readonly value: number;
  readonly ageHours: number;
}

export const NOTHING: ReadValue = { value: Number.NaN, ageHours: Number.NaN };

function readHours(cursor: AsOfCursor, column: Float64Array, isMean: boolean): number {
  const newestMs = cursor.series.timeMs[cursor.newest()]!;
  let sum = 0;
  let hours = 0;
  for (const row of cursor.window(newestMs - DAY_MS, newestMs)) {
    const value = column[row]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    hours++;
  }
  if (hours < MIN_HOURS_OF_DAY) return Number.NaN;
  return isMean ? sum / hours : sum;
}

/** Rows of a direction (all rows without one) in (fromMs, toMs], summed or counted; `undefined` where there is none. */
function readEvents(cursor: AsOfCursor, source: InputSource, fromMs: TimeMs, toMs: TimeMs): number | undefined {
  const { numbers, texts } = cursor.series;
  const { flow, count } = source.reading as Extract<InputSource['reading'], { kind: 'events24' }>;
  const column = numbers[source.column];
  let sum: number | undefined;
  for (const row of cursor.window(fromMs, toMs)) {
    if (flow !== undefined && texts?.flow?.[row] !== flow) continue;
    const value = count === true ? 1 : (column?.[row] ?? Number.NaN);
    sum = (sum ?? 0) + value;
  }
  return sum;
}

/**
 * Whether the silence of a source of events means that nothing happened: it spoke (of directions, where one is asked for)
 * within its maximum age, and was there before the 24 hours began.
 */
function isAlive(cursor: AsOfCursor, source: InputSource, atMs: TimeMs): boolean {
  const { flow } = source.reading as Extract<InputSource['reading'], { kind: 'events24' }>;
  const { texts, timeMs } = cursor.series;
  const spoken = cursor.window(atMs - 2 * source.maxAgeMs, atMs).filter((row) => {
    const direction = texts?.flow?.[row];
    return flow === undefined || direction === 'inflow' || direction === 'outflow';
  });
  const [first, last] = [spoken[0], spoken.at(-1)];
  if (first === undefined || last === undefined) return false;
  return timeMs[first]! <= atMs - DAY_MS && timeMs[last]! > atMs - source.maxAgeMs;
}

/** Reads one source at `atMs`; missing where it has nothing, is too old, or lacks the hours. The cursor must stand at `atMs`. */
export function readInput(cursor: AsOfCursor, source: InputSource, atMs: TimeMs): ReadValue {
  const newest = cursor.newest();
  if (newest < 0 || cursor.newestAgeMs() > source.maxAgeMs) return NOTHING;
  const column = cursor.series.numbers[source.column];
  const ageHours = cursor.newestAgeMs() / HOUR_MS;
  switch (source.reading.kind) {
    case 'newest':
      return { value: column?.[newest] ?? Number.NaN, ageHours };
    case 'sum24':
    case 'mean24':
      return column === undefined ? NOTHING : { value: readHours(cursor, column, source.reading.kind === 'mean24'), ageHours };
    case 'events24': {
      if (column === undefined && source.reading.count !== true) return NOTHING;
      if (!isAlive(cursor, source, atMs)) return NOTHING;
      return { value: readEvents(cursor, source, atMs - DAY_MS, atMs) ?? 0, ageHours };
    }
  }
}

import { DataError } from './errors.ts';
import { upperBound } from './frame.ts';
import type { KnownSeries } from './series.ts';
import type { TimeMs } from './time.ts';

/** Row numbers that would sort `from` ascending; the rows stay where they are. Linear where they are in order already. */
function orderByTime(from: Float64Array): Uint32Array {
  const order = new Uint32Array(from.length);
  let isInOrder = true;
  for (let i = 0; i < from.length; i++) {
    order[i] = i;
    if (i > 0 && from[i]! < from[i - 1]!) isInOrder = false;
  }
  return isInOrder ? order : order.sort((a, b) => from[a]! - from[b]! || a - b);
}

/**
 * The one as-of join: reads a `KnownSeries` at decision times that only go forward. A row is visible at T when
 * `knownFromMs <= T` (and its own time is not after T); of each key (timeMs, id) the last visible revision counts.
 * A sweep over n rows costs O(n), plus the rows inside the windows that are asked for.
 */
export class AsOfCursor {
  readonly series: KnownSeries;
  readonly #visibleFrom: Float64Array;
  readonly #order: Uint32Array;
  readonly #visible: Uint8Array;
  #next = 0;
  #newest = -1;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(series: KnownSeries) {
    this.series = series;
    this.#visibleFrom = new Float64Array(series.rows);
    for (let i = 0; i < series.rows; i++) this.#visibleFrom[i] = Math.max(series.knownFromMs[i]!, series.timeMs[i]!);
    this.#order = orderByTime(this.#visibleFrom);
    this.#visible = new Uint8Array(series.rows);
  }

  /** Makes visible what was known at `atMs`. @throws DataError `as_of.time_went_back` */
  moveTo(atMs: TimeMs): void {
    if (!(atMs >= this.#atMs)) {
      throw new DataError('as_of.time_went_back', `${this.series.series}: as-of reads only go forward in time`, {
        details: { fromMs: this.#atMs, toMs: atMs },
      });
    }
    this.#atMs = atMs;
    while (this.#next < this.#order.length) {
      const row = this.#order[this.#next]!;
      if (this.#visibleFrom[row]! > atMs) break;
      this.#visible[row] = 1;
      if (row > this.#newest) this.#newest = row;
      this.#next++;
    }
  }

  /** Row of the latest time visible now, in its last visible revision; -1 where nothing is visible. */
  newest(): number {
    return this.#newest;
  }

  /** How long before now the newest row's time lies, in milliseconds; NaN where nothing is visible. */
  newestAgeMs(): number {
    return this.#newest < 0 ? Number.NaN : this.#atMs - this.series.timeMs[this.#newest]!;
  }

  /** Visible rows with `fromMs < timeMs <= toMs`, ascending, each key once in its last visible revision. */
  window(fromMs: TimeMs, toMs: TimeMs): number[] {
    const first = upperBound(this.series.timeMs, fromMs);
    const rows: number[] = [];
    let taken = -1;
    for (let row = upperBound(this.series.timeMs, toMs) - 1; row >= first; row--) {
      if (this.#visible[row] === 0 || (taken >= 0 && this.#sameKey(row, taken))) continue;
      rows.push(row);
      taken = row;
    }
    return rows.reverse();
  }

  #sameKey(a: number, b: number): boolean {
    const { timeMs, ids } = this.series;
    return timeMs[a] === timeMs[b] && (ids === undefined || ids[a] === ids[b]);
  }
}

/** What an as-of join gives for each decision time: row numbers (-1: nothing known) and the age of each row's time. */
export interface AsOfJoin {
  readonly row: Int32Array;
  readonly ageMs: Float64Array;
}

/** The newest row known at each of the ascending `timesMs`. @throws DataError `as_of.time_went_back` */
export function joinAsOf(series: KnownSeries, timesMs: ArrayLike<TimeMs>): AsOfJoin {
  const cursor = new AsOfCursor(series);
  const row = new Int32Array(timesMs.length);
  const ageMs = new Float64Array(timesMs.length);
  for (let i = 0; i < timesMs.length; i++) {
    cursor.moveTo(timesMs[i]!);
    row[i] = cursor.newest();
    ageMs[i] = cursor.newestAgeMs();
  }
  return { row, ageMs };
}

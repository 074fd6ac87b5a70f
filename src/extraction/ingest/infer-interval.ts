import { DAY_MS, DataError, HOUR_MS, intervalName, MINUTE_MS } from '../../domain/index.ts';

/** Spacings that sources use. */
const USUAL_MS = [
  ...[1, 3, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 6, 8, 12].map((hours) => hours * HOUR_MS),
  ...[1, 3, 7].map((days) => days * DAY_MS),
];

const INTERVAL = /^(\d+)([mhdw])$/;
const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };

/** `5m`, `1h`, `1d` in milliseconds, `undefined` where the text is no interval. */
export function parseInterval(text: string): number | undefined {
  const part = INTERVAL.exec(text);
  return part && Number(part[1]) > 0 ? Number(part[1]) * UNIT_MS[part[2]!]! : undefined;
}

/** Of samples that are a little off the grid, the spacing is taken to the nearest minute. */
const TOLERANCE = 0.02;

/**
 * Spacing of a regular series: the median distance of neighbouring times, which must be one that sources use.
 * @param timeMs in any order; NaN does not count @throws DataError `ingest.interval_unknown`
 */
export function inferInterval(path: string, timeMs: Float64Array): number {
  const times = ascending(timeMs);
  const steps = countSteps(times);
  if (steps.size === 0) {
    if (times.length > 0 && times[0]! % DAY_MS === 0) return DAY_MS;
    throw new DataError('ingest.interval_unknown', `${path} has too few times to tell how far apart its rows are`, {
      hint: 'Say it: --interval 1h',
    });
  }
  const step = medianStep(steps);
  const usual = USUAL_MS.find((interval) => Math.abs(step / interval - 1) <= TOLERANCE);
  if (usual !== undefined) return usual;
  throw new DataError(
    'ingest.interval_unknown',
    `the rows of ${path} are ${(step / MINUTE_MS).toFixed(1)} minutes apart, which is no usual interval`,
    {
      hint: `Say it: --interval 1h (usual are ${USUAL_MS.map(intervalName).join(', ')}).`,
    },
  );
}

function ascending(timeMs: Float64Array): Float64Array {
  for (let row = 0; row < timeMs.length; row += 1) {
    if (row === 0 ? Number.isNaN(timeMs[0]!) : !(timeMs[row]! >= timeMs[row - 1]!)) return timeMs.filter(Number.isFinite).sort();
  }
  return timeMs;
}

/** How often each distance of neighbouring times occurs. */
function countSteps(times: Float64Array): Map<number, number> {
  const steps = new Map<number, number>();
  for (let row = 1; row < times.length; row += 1) {
    const step = times[row]! - times[row - 1]!;
    if (step > 0) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  return steps;
}

function medianStep(steps: ReadonlyMap<number, number>): number {
  const sorted = [...steps].sort(([one], [other]) => one - other);
  const half = sorted.reduce((sum, [, count]) => sum + count, 0) / 2;
  let seen = 0;
  for (const [step, count] of sorted) {
    seen += count;
    if (seen >= half) return step;
  }
  return Number.NaN;
}

/** A sample at most this share of the interval off the grid belongs to it. */
const SNAP_SHARE = 0.05;

/** Moves times to the grid where they are near to it; the others stay. */
export function snapToGrid(timeMs: Float64Array, periodMs: number): Float64Array {
  return timeMs.map((time) => {
    const nearest = Math.round(time / periodMs) * periodMs;
    return Math.abs(time - nearest) <= SNAP_SHARE * periodMs ? nearest : time;
  });
}

/** Rows off the grid that most rows are on. Where most are off it, bars begin at another hour, and none is wrong. */
export function findOffGrid(timeMs: Float64Array, periodMs: number): number[] {
  if (periodMs <= 0 || periodMs > DAY_MS) return [];
  const off: number[] = [];
  for (let row = 0; row < timeMs.length; row += 1)
    if (timeMs[row]! % periodMs !== 0 && !Number.isNaN(timeMs[row]!)) off.push(row);
  return off.length * 2 > timeMs.length ? [] : off;
}

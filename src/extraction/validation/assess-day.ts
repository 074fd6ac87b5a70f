import { DAY_MS, type DatasetName, HOUR_MS, type KnownSeries, type TimeMs, upperBound } from '../../domain/index.ts';
import { checkAnomalies, checkTransactions, checkValidatorContinuity } from './anomaly-rules.ts';
import type { Finding } from './findings.ts';
import { findRowErrors } from './row-rules.ts';
import { type Closes, checkDisagreement, checkGaps, checkJumps, checkStale, isSparse } from './series-rules.ts';

/**
 * What is known of one dataset on one UTC day. `good`: a source has all that was due and nothing is odd; `suspect`:
 * there are rows, but some are missing, odd or in dispute; `missing`: nothing that was due is there.
 */
export interface DayVerdict {
  readonly dataset: DatasetName;
  readonly dayMs: TimeMs;
  readonly verdict: 'good' | 'suspect' | 'missing';
  readonly findings: readonly Finding[];
  readonly rows: number;
}

/** Of a day's bars so many shares of 24 must be there. */
const MIN_SHARE_OF_BARS = 22 / 24;
/** Bars before the day that say what is usual. */
const YARDSTICK_BARS = 720;
/** How late a row may be before the series counts as stale, beyond its spacing. */
const GRACE_MS = 14 * HOUR_MS;
/** Events may stay away so long (the longest recorded silence of large transfers is 52 hours). */
const MAX_SILENCE_MS = 3 * DAY_MS;

interface DayRows {
  readonly rows: number;
  /** Nothing is there, and nothing had to be. */
  readonly isQuiet: boolean;
  readonly isSuspect: boolean;
  readonly findings: readonly Finding[];
  readonly jumps: readonly Finding[];
  readonly closes: Closes;
}

/**
 * Judges a dataset on the UTC day that starts at `dayMs`, from rows known at `nowMs` alone. Several sources may hold the
 * day; one good one is enough, unless two disagree. A jump of the price that a second source shows too is one of the
 * market. A day with at least 22 of 24 bars is good, its gaps are told.
 */
export function assessDay(dataset: DatasetName, dayMs: TimeMs, series: readonly KnownSeries[], nowMs: TimeMs): DayVerdict {
  const each = series.filter((one) => one.dataset === dataset).map((one) => assessSeries(one, dayMs, nowMs));
  const alive = each.filter((one) => one.rows > 0);
  const rows = alive.reduce((sum, one) => sum + one.rows, 0);
  const disputes = [
    ...(dataset === 'price_data' ? checkDisagreement(alive.map((one) => one.closes)) : []),
    ...(dataset === 'blockchain_data' ? checkTransactions(series, dayMs, nowMs) : []),
  ];
  const findings = [...each.flatMap((one) => [...one.findings, ...one.jumps]), ...disputes];
  const isSound = (one: DayRows) => !one.isSuspect && one.jumps.every((jump) => isConfirmed(jump, one, alive));
  const verdict = (() => {
    if (rows === 0) return each.some((one) => one.isQuiet) ? 'good' : 'missing';
    return disputes.length === 0 && alive.some(isSound) ? 'good' : 'suspect';
  })();
  return { dataset, dayMs, verdict, findings, rows };
}

const isConfirmed = ({ timeMs }: Finding, own: DayRows, all: readonly DayRows[]): boolean =>
  all.some((one) => one !== own && one.jumps.some((jump) => Math.abs(jump.timeMs - timeMs) < HOUR_MS));

function assessSeries(series: KnownSeries, dayMs: TimeMs, nowMs: TimeMs): DayRows {
  const known = knownRows(series, dayMs, nowMs);
  const times = Float64Array.from(known, (row) => series.timeMs[row]!);
  const from = upperBound(times, dayMs - 1);
  const day = known.slice(from);
  const due = isSparse(series) ? 0 : dueRows(series.periodMs, dayMs, nowMs);
  const close = series.numbers.close;
  const closes: Closes = {
    series: series.series,
    byEnd: new Map(close ? day.map((row) => [series.endMs[row]!, close[row]!]) : []),
  };
  if (day.length === 0) {
    const findings = silenceOf(series, times.at(-1), Math.min(nowMs, dayMs + DAY_MS));
    const hasBegun = times.length > 0 || series.rows === 0;
    return { rows: 0, isQuiet: due === 0 && hasBegun && findings.length === 0, isSuspect: false, findings, jumps: [], closes };
  }
  const gaps = isSparse(series) ? [] : gapsOfDay(series, times.subarray(from), dayMs, due);
  const jumps =
    series.dataset === 'price_data' && close
      ? checkJumps(
          times,
          Float64Array.from(known, (row) => close[row]!),
          dayMs,
        )
      : [];
  const odd = [
    ...rowFindings(series, day, nowMs),
    ...checkAnomalies(series, known, from),
    ...checkValidatorContinuity(series, known, from),
  ];
  const isSuspect = odd.length > 0 || day.length < due * MIN_SHARE_OF_BARS;
  return { rows: day.length, isQuiet: false, isSuspect, findings: [...gaps, ...odd], jumps, closes };
}

/** Nothing in the day: worth a word when the last row is older than the series' spacing explains. */
function silenceOf(series: KnownSeries, lastMs: TimeMs | undefined, untilMs: TimeMs): Finding[] {
  if (lastMs === undefined) return [];
  const patience = isSparse(series) ? MAX_SILENCE_MS : 2 * series.periodMs + GRACE_MS;
  return checkStale(series.series, lastMs, lastMs + patience, untilMs);
}

/** Holes between rows of the day and before its first one, and how many rows there are where some are missing. */
function gapsOfDay(series: KnownSeries, times: Float64Array, dayMs: TimeMs, due: number): Finding[] {
  const { periodMs } = series;
  if (periodMs > DAY_MS) return [];
  const findings = checkGaps(Float64Array.of(dayMs - periodMs, ...times), periodMs);
  if (times.length < due) {
    const message = `${series.series} has ${times.length} of ${due} rows of the day`;
    findings.push({ rule: 'gap', severity: 'warning', timeMs: dayMs, message });
  }
  return findings;
}

/** Rows of a regular series whose interval lies in the day and was over at `nowMs`; 0 for events. */
const dueRows = (periodMs: number, dayMs: TimeMs, nowMs: TimeMs) =>
  periodMs <= 0 || periodMs > DAY_MS ? 0 : Math.max(0, Math.floor((Math.min(dayMs + DAY_MS, nowMs) - dayMs) / periodMs));

/** Of each key around the day the last revision that was known at `nowMs`, ascending: the yardstick, the day itself. */
function knownRows(series: KnownSeries, dayMs: TimeMs, nowMs: TimeMs): number[] {
  const rows: number[] = [];
  const first = Math.max(0, upperBound(series.timeMs, dayMs - YARDSTICK_BARS * series.periodMs - 1) - 1);
  const end = upperBound(series.timeMs, dayMs + DAY_MS - 1);
  for (let row = first; row < end; row += 1) {
    if (series.knownFromMs[row]! > nowMs) continue;
    const before = rows.at(-1);
    const sameKey =
      before !== undefined && series.timeMs[before] === series.timeMs[row] && series.ids?.[before] === series.ids?.[row];
    if (sameKey) rows.pop();
    rows.push(row);
  }
  return rows;
}

function rowFindings(series: KnownSeries, rows: readonly number[], nowMs: TimeMs): Finding[] {
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]!);
  const timeMs = pick(series.timeMs);
  const errors = findRowErrors(
    {
      ...series,
      source: series.series,
      timeMs,
      endMs: pick(series.endMs),
      availableTimeMs: pick(series.knownFromMs),
      numbers: Object.fromEntries(Object.entries(series.numbers).map(([name, values]) => [name, pick(values)])),
    },
    { nowMs, required: [] },
  );
  return [...errors].map(([row, error]) => ({
    rule: error.rule,
    severity: 'error',
    timeMs: timeMs[row]!,
    message: error.reason,
  }));
}

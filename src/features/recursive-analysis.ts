import { DAY_MS, type KnownSeries, type TimeMs } from '../domain/index.ts';
import { cutHistory } from './cut-series.ts';
import type { TablePipeline } from './lookahead-analysis.ts';

/** A number that was different when history began later, although all of its look-back was there. */
export interface RecursionFinding {
  readonly name: string;
  readonly timeMs: TimeMs;
  /** Rows of history that the shorter run had, the row itself included. */
  readonly rowsOfHistory: number;
  readonly withHistory: number;
  readonly withoutHistory: number;
}

export interface RecursionOptions {
  readonly decisionTimesMs: Float64Array;
  /** Rows that each number needs; a number without an entry needs `defaultLookback`. */
  readonly lookbacks: ReadonlyMap<string, number>;
  readonly defaultLookback?: number;
  /** How many rows are cut off the beginning, one run for each; by default a quarter, half and three quarters. */
  readonly cuts?: readonly number[];
}

/** Rows before the first decision time that joins may still read: ages of inputs, and days that a converted bar compares. */
const JOIN_REACH_MS = 40 * DAY_MS;

/**
 * Runs the pipeline on the whole range and on ranges that begin later, with the older rows of the series removed, and
 * reports every number that differs once its look-back is filled, or that shows a different value before it is.
 */
export function findRecursion(
  pipeline: TablePipeline,
  series: readonly KnownSeries[],
  { decisionTimesMs, lookbacks, defaultLookback = 1, cuts }: RecursionOptions,
): RecursionFinding[] {
  const findings: RecursionFinding[] = [];
  const rows = decisionTimesMs.length;
  const full = pipeline(series, decisionTimesMs);
  for (const cutRows of cuts ?? [0.25, 0.5, 0.75].map((share) => Math.floor(rows * share))) {
    const timesMs = decisionTimesMs.slice(cutRows);
    if (timesMs.length === 0) continue;
    const cut = pipeline(
      series.map((one) => cutHistory(one, timesMs[0]! - JOIN_REACH_MS)),
      timesMs,
    );
    full.names.forEach((name, column) => {
      const lookback = lookbacks.get(name) ?? defaultLookback;
      for (let row = 0; row < timesMs.length; row++) {
        const withHistory = full.matrix.data[(row + cutRows) * full.matrix.columns + column]!;
        const withoutHistory = cut.matrix.data[row * cut.matrix.columns + column]!;
        const isWarmingUp = row + 1 < lookback && Number.isNaN(withoutHistory);
        if (isWarmingUp || Object.is(withHistory, withoutHistory)) continue;
        findings.push({ name, timeMs: timesMs[row]!, rowsOfHistory: row + 1, withHistory, withoutHistory });
        break;
      }
    });
  }
  return findings;
}

import type { KnownSeries, TimeMs } from '../domain/index.ts';
import { cutFuture } from './cut-series.ts';
import type { FeatureFrame } from './feature-engineer.ts';

/** What an analysis runs again and again: from series and decision times to one row of named numbers for each time. */
export type TablePipeline = (
  series: readonly KnownSeries[],
  decisionTimesMs: Float64Array,
) => Pick<FeatureFrame, 'timeMs' | 'names' | 'matrix'>;

/** A number that was different when the future was not there to be read. */
export interface LookaheadFinding {
  readonly name: string;
  readonly timeMs: TimeMs;
  readonly withFuture: number;
  readonly withoutFuture: number;
}

export interface LookaheadOptions {
  /** Decision times of the whole run, ascending; those before the checked ones warm features up. */
  readonly decisionTimesMs: Float64Array;
  /** Times at which the future is cut off; the last rows' third unless told otherwise. */
  readonly checkTimesMs?: ArrayLike<TimeMs>;
}

/**
 * Runs the pipeline once on everything, then for each checked time T on what was known at T alone, and reports every
 * number of row T that differs. An empty list: nothing that was checked reads the future.
 */
export function findLookahead(
  pipeline: TablePipeline,
  series: readonly KnownSeries[],
  { decisionTimesMs, checkTimesMs = decisionTimesMs.subarray(Math.floor((decisionTimesMs.length * 2) / 3)) }: LookaheadOptions,
): LookaheadFinding[] {
  const findings: LookaheadFinding[] = [];
  const full = pipeline(series, decisionTimesMs);
  for (let check = 0; check < checkTimesMs.length; check++) {
    const atMs = checkTimesMs[check]!;
    const row = decisionTimesMs.indexOf(atMs);
    if (row < 0) continue;
    const cut = pipeline(
      series.map((one) => cutFuture(one, atMs)),
      decisionTimesMs.slice(0, row + 1),
    );
    full.names.forEach((name, column) => {
      const withFuture = full.matrix.data[row * full.matrix.columns + column]!;
      const withoutFuture = cut.matrix.data[row * cut.matrix.columns + column]!;
      if (!Object.is(withFuture, withoutFuture)) findings.push({ name, timeMs: atMs, withFuture, withoutFuture });
    });
  }
  return findings;
}

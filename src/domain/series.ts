import type { VolumeUnit } from './candle.ts';
import type { TimeMs } from './time.ts';

export const DATASET_NAMES = ['price_data', 'whale_data', 'validator_data', 'blockchain_data', 'sentiment_data'] as const;

/** One of the five tables, or the name of a dataset that the user added. */
export type DatasetName = (typeof DATASET_NAMES)[number] | (string & {});

/**
 * A series is one source's view of one subject at one spacing, named `source:subject:interval`, such as
 * `binance:ETHUSDT:1h`, `yahoo:ETH-USD:1d`, `etherscan:ethereum:1d`, `whale_alert:eth:tx`. A dataset holds many.
 */
export interface SeriesInfo {
  readonly dataset: DatasetName;
  readonly series: string;
  /** Spacing of the rows; 0 for events that come when they come. */
  readonly periodMs: number;
  /** Only for prices; `unknown` leaves volume features missing. */
  readonly volumeUnit?: VolumeUnit;
  readonly quote?: 'USD' | 'USDT' | 'unknown';
}

/**
 * Rows on their way into a table: columns of equal length, in any order of time. A row covers [timeMs, endMs) and was
 * public from `availableTimeMs`. `ids` tells events of the same time apart (transaction hashes); '' in regular series.
 */
export interface RowBatch extends SeriesInfo {
  /** Where the rows came from: a file name, an endpoint. */
  readonly source: string;
  readonly timeMs: Float64Array;
  readonly endMs: Float64Array;
  readonly availableTimeMs: Float64Array;
  readonly ids?: readonly string[];
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly texts?: Readonly<Record<string, readonly (string | null)[]>>;
}

/**
 * Rows of one series as the as-of join reads them: every revision, ascending in (timeMs, id, revision). Row `i` may be
 * used by a decision at T only when `knownFromMs[i] <= T`; of the revisions so allowed the last one counts.
 */
export interface KnownSeries extends SeriesInfo {
  readonly rows: number;
  readonly timeMs: Float64Array;
  readonly endMs: Float64Array;
  readonly knownFromMs: Float64Array;
  readonly revision: Int32Array;
  readonly ids?: readonly string[];
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly texts?: Readonly<Record<string, readonly (string | null)[]>>;
}

/**
 * Which revisions count. Research: training, backtests and decisions; with `recordedUntilMs` as it was then, so that a past
 * decision can be made again. Replay: what was recorded until then, known from its availability.
 */
export type Cut =
  | { readonly kind: 'research'; readonly recordedUntilMs?: TimeMs }
  | { readonly kind: 'replay'; readonly recordedUntilMs: TimeMs };

export const RESEARCH_CUT: Cut = { kind: 'research' };

/** Interval text of a series name: `1m`, `5m`, `1h`, `1d`, `tx` for events. */
export function intervalName(periodMs: number): string {
  if (periodMs === 0) return 'tx';
  if (periodMs % 86_400_000 === 0) return `${periodMs / 86_400_000}d`;
  if (periodMs % 3_600_000 === 0) return `${periodMs / 3_600_000}h`;
  return `${periodMs / 60_000}m`;
}

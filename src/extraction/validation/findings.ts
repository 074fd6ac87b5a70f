import type { TimeMs } from '../../domain/index.ts';

/** Every rule that data is held to. */
export type RuleName =
  | 'schema.unreadable'
  | 'schema.row_width'
  | 'schema.missing_value'
  | 'schema.not_finite'
  | 'time.unreadable'
  | 'time.before_chains'
  | 'time.future'
  | 'time.not_over'
  | 'time.off_grid'
  | 'range'
  | 'ohlc.inconsistent'
  | 'duplicate.conflict'
  | 'duplicate.same'
  | 'order'
  | 'gap'
  | 'stale'
  | 'jump'
  | 'anomaly'
  | 'disagreement';

/** One thing that is wrong (`error`: the row cannot be used) or odd (`warning`: kept with the day). */
export interface Finding {
  readonly rule: RuleName;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Time of the row it is about, of the first one where it is about many. */
  readonly timeMs: TimeMs;
}

/** A row that was not stored, and why. `row` is its text as it came, or its values as JSON. */
export interface QuarantinedRow {
  readonly dataset: string;
  readonly series: string;
  readonly source: string;
  readonly line?: number;
  readonly reason: string;
  readonly row: string;
}

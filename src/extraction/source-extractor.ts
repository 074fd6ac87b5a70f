import type { DatasetName, RowBatch, TimeMs } from '../domain/index.ts';

/** A stretch of time, [startMs, endMs). */
export interface TimeRange {
  readonly startMs: TimeMs;
  readonly endMs: TimeMs;
}

export interface ExtractContext {
  /** The world's time when the run began; nothing later is asked for. */
  readonly nowMs: TimeMs;
  /** Ends every request and wait of this call. */
  readonly signal: AbortSignal;
}

/** What a source gave for a range. */
export interface Extracted {
  readonly batches: readonly RowBatch[];
  /** Up to here nothing will come that has not come now; between here and the end of the range more will. */
  readonly completeUntilMs: TimeMs;
  /** Something that whoever reads the report should know: a limit of the plan, an answer in part. */
  readonly note?: string;
  /** The source could give only a part, and asking again later will not help: the days are `partial`. */
  readonly answeredInPart?: boolean;
}

/** One source of one series: decides what to ask for and makes rows of it. It keeps no state between calls. */
export interface SourceExtractor {
  readonly dataset: DatasetName;
  readonly series: string;
  /** The longest range worth asking for in one call, in days. */
  readonly chunkDays: number;
  /** @throws SourceError */
  extract(range: TimeRange, context: ExtractContext): Promise<Extracted>;
}

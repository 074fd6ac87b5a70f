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
  /** Process time left before `signal` ends the call; who sees it run out gives what is complete so far. */
  readonly remainingMs: () => number;
  /** Resolves when this run is done with the prices of its range, or has waited for them long enough. */
  readonly pricesSettled: Promise<void>;
}

/** Something that whoever reads the report of these days should know. */
export interface ExtractNote {
  readonly range: TimeRange;
  readonly text: string;
  /** The source could give only a part, and asking again later will not help: the days are `partial`. */
  readonly inPart: boolean;
}

/** Blocks first..last, read without a gap, each the child of the one before. */
export interface BlockRun extends TimeRange {
  readonly first: number;
  readonly last: number;
  readonly firstParentHash: string;
  readonly lastHash: string;
}

/** What a source gave for a range. */
export interface Extracted {
  readonly batches: readonly RowBatch[];
  /** Where nothing will come that has not come now. */
  readonly complete: readonly TimeRange[];
  readonly notes?: readonly ExtractNote[];
  /** Which blocks the rows were made of. */
  readonly blocks?: BlockRun;
}

/** The stretch of `range` before `untilMs`, nothing where there is none. */
export const completeUpTo = ({ startMs, endMs }: TimeRange, untilMs: TimeMs): TimeRange[] =>
  untilMs > startMs ? [{ startMs, endMs: Math.min(endMs, untilMs) }] : [];

/** What one day of history costs, about. */
export interface DailyCost {
  readonly requests: number;
  readonly bytes: number;
  /** With 10 MB/s, and within what free plans grant. */
  readonly seconds: number;
}

/** One source: decides what to ask for and makes rows of it. It keeps no state between calls. */
export interface SourceExtractor {
  readonly dataset: DatasetName;
  /** Under this name it is kept which ranges are complete; it also stands in progress and errors. */
  readonly name: string;
  /** Series that it may fill. */
  readonly series: readonly string[];
  /** The longest range worth asking for in one call, in days. */
  readonly chunkDays: number;
  /** About what a day of history costs. */
  readonly dailyCost: DailyCost;
  /** @throws SourceError */
  extract(range: TimeRange, context: ExtractContext): Promise<Extracted>;
}

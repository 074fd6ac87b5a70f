import { AppError, DAY_MS, type RowBatch, SourceError, startOfDayMs, type TimeMs, type Timer } from '../../domain/index.ts';
import { withDeadline } from '../http/index.ts';
import type { Extracted, ExtractNote, SourceExtractor, TimeRange } from '../source-extractor.ts';
import type { ExtractionState } from './extraction-state.ts';
import { splitRange, subtractRanges, type TimeRanges } from './time-ranges.ts';

/** What one source did in one run. */
export interface SourceOutcome {
  readonly name: string;
  readonly completeBefore: TimeRanges;
  readonly completeAfter: TimeRanges;
  readonly rowsByDay: ReadonlyMap<TimeMs, number>;
  readonly failures: readonly { readonly range: TimeRange; readonly error: AppError }[];
  readonly notes: readonly ExtractNote[];
}

export interface SourceRun {
  readonly state: ExtractionState;
  readonly timer: Timer;
  readonly nowMs: TimeMs;
  readonly signal: AbortSignal;
  readonly pricesSettled: Promise<void>;
  /** Process time that one day of one source may take. */
  readonly sourceDayTimeoutMs: number;
  /** Validates, stores and quarantines; resolves when the rows are safe. */
  readonly store: (batches: readonly RowBatch[]) => Promise<void>;
  /** Told after each piece, with the days it covered. */
  readonly onPiece: (name: string, days: number) => void;
}

/**
 * Reads what is missing of `wanted` from one source, piece by piece; a piece that fails does not lose the others. Only
 * failures of the store itself are thrown.
 */
export async function runSource(extractor: SourceExtractor, wanted: TimeRange, run: SourceRun): Promise<SourceOutcome> {
  const { state, onPiece } = run;
  const completeBefore = state.completeRanges(extractor.name);
  const rowsByDay = new Map<TimeMs, number>();
  const failures: { range: TimeRange; error: AppError }[] = [];
  const notes: ExtractNote[] = [];
  const missing = subtractRanges(wanted, completeBefore).flatMap((range) => splitRange(range, extractor.chunkDays * DAY_MS));
  const missingDays = missing.reduce((total, range) => total + daysOf(range), 0);
  onPiece(extractor.name, daysOf(wanted) - missingDays);
  for (const range of missing) {
    const extracted = await extractPiece(extractor, range, run).catch((error) => asAppError(error, extractor.name));
    if (extracted instanceof AppError) failures.push({ range, error: extracted });
    else {
      await run.store(extracted.batches);
      countRows(extracted.batches, rowsByDay);
      notes.push(...(extracted.notes ?? []));
      await state.markComplete(extractor.name, extracted.complete);
      const stale = extracted.blocks ? await state.markBlocks(extractor.name, extracted.blocks) : [];
      for (const { startMs, endMs } of stale) missing.push(...splitRange({ startMs, endMs }, extractor.chunkDays * DAY_MS));
    }
    onPiece(extractor.name, daysOf(range));
  }
  return {
    name: extractor.name,
    completeBefore,
    completeAfter: state.completeRanges(extractor.name),
    rowsByDay,
    failures,
    notes,
  };
}

const daysOf = ({ startMs, endMs }: TimeRange) => (endMs - startMs) / DAY_MS;

async function extractPiece(extractor: SourceExtractor, range: TimeRange, run: SourceRun): Promise<Extracted> {
  run.signal.throwIfAborted();
  const limitMs = run.sourceDayTimeoutMs * Math.max(1, Math.ceil(daysOf(range)));
  const late = () =>
    new SourceError('extract.source_timeout', `${extractor.name} was not done within ${Math.round(limitMs / 1_000)} s`, {
      hint: 'The source is slow or hangs; what came before is stored, run again to go on.',
    });
  const endMs = run.timer.elapsedMs() + limitMs;
  const remainingMs = () => endMs - run.timer.elapsedMs();
  return withDeadline(run.timer, limitMs, run.signal, late, (signal) =>
    extractor.extract(range, { nowMs: run.nowMs, signal, remainingMs, pricesSettled: run.pricesSettled }),
  );
}

function countRows(batches: readonly RowBatch[], rowsByDay: Map<TimeMs, number>): void {
  for (const { timeMs } of batches) {
    for (const time of timeMs) rowsByDay.set(startOfDayMs(time), (rowsByDay.get(startOfDayMs(time)) ?? 0) + 1);
  }
}

function asAppError(error: unknown, name: string): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SourceError('extract.unexpected', `${name}: ${message}`, { cause: error });
}

import { type AppError, DAY_MS, type DatasetName, type TimeMs, toIsoDay } from '../../domain/index.ts';
import type { TimeRange } from '../source-extractor.ts';
import type { SourceOutcome } from './source-run.ts';
import { subtractRanges } from './time-ranges.ts';

/**
 * `ok`: all that the configured sources can give; `partial`: more will come, or a source answered in part; `skipped`: was
 * complete already.
 */
export type DatasetStatus = 'ok' | 'partial' | 'failed' | 'skipped';

export interface DatasetDay {
  readonly dataset: DatasetName;
  readonly status: DatasetStatus;
  /** Rows of this day that came in this run. */
  readonly rows: number;
  /** Why the status is `failed`, or why a source is missing in a `partial` one. */
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly notes?: readonly string[];
}

export interface DayReport {
  readonly date: string;
  readonly datasets: readonly DatasetDay[];
}

/** What the sources of one dataset made of one day, as one status. */
export function reportDay(dataset: DatasetName, dayMs: TimeMs, sources: readonly SourceOutcome[]): DatasetDay {
  if (sources.length === 0) return { dataset, status: 'ok', rows: 0, notes: ['no source is configured'] };
  const day = { startMs: dayMs, endMs: dayMs + DAY_MS };
  const statuses = sources.map((source) => sourceStatus(source, day));
  const rows = sources.reduce((total, source) => total + (source.rowsByDay.get(dayMs) ?? 0), 0);
  const failure = sources.find((source) => failureOf(source, day))?.failures.find(({ range }) => overlaps(range, day))?.error;
  const notes = [...new Set(sources.flatMap((source) => source.notes.filter((note) => overlaps(note.range, day)).map(textOf)))];
  return {
    dataset,
    status: combine(statuses),
    rows,
    ...(failure && { error: describe(failure) }),
    ...(notes.length > 0 && { notes }),
  };
}

export const dateOf = toIsoDay;

function sourceStatus(source: SourceOutcome, day: TimeRange): DatasetStatus {
  if (subtractRanges(day, source.completeBefore).length === 0) return 'skipped';
  if (failureOf(source, day)) return 'failed';
  if (source.notes.some((note) => note.inPart && overlaps(note.range, day))) return 'partial';
  return subtractRanges(day, source.completeAfter).length === 0 ? 'ok' : 'partial';
}

function combine(statuses: readonly DatasetStatus[]): DatasetStatus {
  if (statuses.every((status) => status === 'skipped')) return 'skipped';
  if (statuses.every((status) => status === 'failed')) return 'failed';
  return statuses.some((status) => status === 'failed' || status === 'partial') ? 'partial' : 'ok';
}

const overlaps = (one: TimeRange, other: TimeRange) => one.startMs < other.endMs && other.startMs < one.endMs;
const failureOf = (source: SourceOutcome, day: TimeRange) => source.failures.some(({ range }) => overlaps(range, day));
const textOf = ({ text }: { readonly text: string }) => text;
const describe = ({ code, message, hint }: AppError) => ({ code, message, ...(hint !== undefined && { hint }) });

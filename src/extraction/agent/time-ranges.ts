import type { TimeRange } from '../source-extractor.ts';

/** Ranges in ascending order, none touching the next. */
export type TimeRanges = readonly TimeRange[];

/** `ranges` and `added` together. */
export function addRange(ranges: TimeRanges, added: TimeRange): TimeRange[] {
  if (added.startMs >= added.endMs) return [...ranges];
  let { startMs, endMs } = added;
  const apart: TimeRange[] = [];
  for (const range of ranges) {
    if (range.endMs < startMs || range.startMs > endMs) apart.push(range);
    else {
      startMs = Math.min(startMs, range.startMs);
      endMs = Math.max(endMs, range.endMs);
    }
  }
  return [...apart, { startMs, endMs }].sort((one, other) => one.startMs - other.startMs);
}

/** What of `wanted` is in none of `ranges`. */
export function subtractRanges(wanted: TimeRange, ranges: TimeRanges): TimeRange[] {
  const missing: TimeRange[] = [];
  let { startMs } = wanted;
  for (const range of ranges) {
    if (range.endMs <= startMs) continue;
    if (range.startMs >= wanted.endMs) break;
    if (range.startMs > startMs) missing.push({ startMs, endMs: range.startMs });
    startMs = range.endMs;
  }
  if (startMs < wanted.endMs) missing.push({ startMs, endMs: wanted.endMs });
  return missing;
}

/** `ranges` without `removed`. */
export const removeRange = (ranges: TimeRanges, removed: TimeRange): TimeRange[] =>
  ranges.flatMap((range) => subtractRanges(range, [removed]));

/** `range` in pieces of at most `lengthMs`. */
export function splitRange({ startMs, endMs }: TimeRange, lengthMs: number): TimeRange[] {
  const pieces: TimeRange[] = [];
  for (let at = startMs; at < endMs; at += lengthMs) pieces.push({ startMs: at, endMs: Math.min(endMs, at + lengthMs) });
  return pieces;
}

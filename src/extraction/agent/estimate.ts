import { DAY_MS, type DatasetName } from '../../domain/index.ts';
import type { SourceExtractor, TimeRange } from '../source-extractor.ts';
import type { ExtractionState } from './extraction-state.ts';
import { subtractRanges } from './time-ranges.ts';

/** What one source is still to be asked for, about. */
export interface SourceEstimate {
  readonly dataset: DatasetName;
  readonly source: string;
  /** Days that are not complete yet. */
  readonly days: number;
  readonly requests: number;
  readonly bytes: number;
  readonly hours: number;
}

/** What fetching `range` costs at each source, without what is complete already. */
export function estimateRange(
  range: TimeRange,
  extractors: readonly SourceExtractor[],
  state: ExtractionState,
): SourceEstimate[] {
  return extractors.map(({ dataset, name, dailyCost }) => {
    const missing = subtractRanges(range, state.completeRanges(name));
    const days = missing.reduce((total, { startMs, endMs }) => total + (endMs - startMs) / DAY_MS, 0);
    return {
      dataset,
      source: name,
      days,
      requests: Math.ceil(days * dailyCost.requests),
      bytes: Math.round(days * dailyCost.bytes),
      hours: (days * dailyCost.seconds) / 3_600,
    };
  });
}

import { HOUR_MS, publicationOf, type TimeMs } from '../domain/index.ts';
import type { DataManager } from '../storage/index.ts';

/** One stored series as `ets data list` shows it. */
export interface StoredSeries {
  readonly dataset: string;
  readonly series: string;
  /** Rows in their latest revision. */
  readonly rows: number;
  readonly revisions: number;
  readonly firstMs: TimeMs;
  readonly lastMs: TimeMs;
  /** Intervals of a regular series that are missing between the first and the last row. */
  readonly gaps: number;
  /** How long ago the newest row became known. */
  readonly ageHours: number;
  readonly covers: string;
  readonly knownFrom: string;
}

export async function listData(store: DataManager, nowMs: TimeMs): Promise<StoredSeries[]> {
  const all = await store.listSeries();
  return all
    .filter(({ rows }) => rows > 0)
    .map(({ dataset, series, rows, revisions, firstMs, lastMs, lastAvailableMs, gaps }) => {
      const { covers, knownFrom } = publicationOf(dataset, series);
      return {
        dataset,
        series,
        rows,
        revisions,
        firstMs,
        lastMs,
        gaps: gaps.reduce((sum, gap) => sum + gap.missing, 0),
        ageHours: Math.round((nowMs - lastAvailableMs) / HOUR_MS),
        covers,
        knownFrom,
      };
    });
}

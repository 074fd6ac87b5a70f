import type { SeriesInfo, TimeMs } from '../domain/index.ts';
import { isSameKey, type SeriesTable } from './series-table.ts';

/** Missing intervals of a regular series, [fromMs, toMs). */
export interface Gap {
  readonly fromMs: TimeMs;
  readonly toMs: TimeMs;
  readonly missing: number;
}

/** What is stored of a series. `rows` are keys in their latest revision; `revisions` counts the later ones beside them. */
export interface SeriesSummary extends SeriesInfo {
  readonly rows: number;
  readonly revisions: number;
  readonly firstMs: TimeMs;
  readonly lastMs: TimeMs;
  readonly lastEndMs: TimeMs;
  readonly lastAvailableMs: TimeMs;
  readonly gaps: readonly Gap[];
  /** Names of the value columns. */
  readonly columns: readonly string[];
}

export function summarizeSeries(info: SeriesInfo, table: SeriesTable): SeriesSummary {
  const { rows, timeMs, endMs, availableTimeMs } = table;
  const gaps: Gap[] = [];
  let keys = rows > 0 ? 1 : 0;
  let lastAvailableMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < rows; row++) {
    lastAvailableMs = Math.max(lastAvailableMs, availableTimeMs[row]!);
    if (row === 0 || isSameKey(table, row - 1, row)) continue;
    keys++;
    const missing = info.periodMs > 0 ? Math.ceil((timeMs[row]! - timeMs[row - 1]!) / info.periodMs) - 1 : 0;
    if (missing > 0) gaps.push({ fromMs: timeMs[row - 1]! + info.periodMs, toMs: timeMs[row]!, missing });
  }
  return {
    ...info,
    rows: keys,
    revisions: rows - keys,
    firstMs: timeMs[0] ?? Number.NaN,
    lastMs: timeMs[rows - 1] ?? Number.NaN,
    lastEndMs: endMs[rows - 1] ?? Number.NaN,
    lastAvailableMs,
    gaps,
    columns: [...Object.keys(table.numbers), ...Object.keys(table.texts)],
  };
}

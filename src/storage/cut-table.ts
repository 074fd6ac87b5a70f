import { type Cut, type KnownSeries, type SeriesInfo, upperBound } from '../domain/index.ts';
import { isSameKey, pickTableRows, type SeriesTable } from './series-table.ts';

/**
 * Stored revisions as one cut sees them.
 *
 * Research: the first revision is known from its availability, a later one from max(availability, recorded). Replay: the
 * revisions recorded until then, each from its availability. In both a restatement hides the revisions that it mends and
 * is known from its availability. Research with a time is the research cut as it was then.
 */
export function cutTable(info: SeriesInfo, table: SeriesTable, cut: Cut): KnownSeries {
  const seen = dropMended(cut.recordedUntilMs === undefined ? table : recordedUntil(table, cut.recordedUntilMs));
  const { rows, timeMs, endMs, revision, ids, numbers, texts } = seen;
  return {
    ...info,
    rows,
    timeMs,
    endMs,
    knownFromMs: cut.kind === 'replay' ? seen.availableTimeMs : knownForResearch(seen),
    revision,
    ...(ids && { ids }),
    numbers,
    ...(Object.keys(texts).length > 0 && { texts }),
  };
}

function knownForResearch(table: SeriesTable): Float64Array {
  const { availableTimeMs, recordedMs, revision, restated } = table;
  if (revision.every((one) => one === 0)) return availableTimeMs;
  return availableTimeMs.map((available, row) =>
    revision[row] === 0 || restated[row] === 1 ? available : Math.max(available, recordedMs[row]!),
  );
}

function keepRows(table: SeriesTable, isKept: (row: number) => boolean): SeriesTable {
  const kept: number[] = [];
  for (let row = 0; row < table.rows; row++) if (isKept(row)) kept.push(row);
  return kept.length === table.rows ? table : pickTableRows(table, kept);
}

const recordedUntil = (table: SeriesTable, untilMs: number): SeriesTable =>
  keepRows(table, (row) => table.recordedMs[row]! <= untilMs);

function dropMended(table: SeriesTable): SeriesTable {
  if (!table.restated.includes(1)) return table;
  const isMended = new Uint8Array(table.rows);
  for (let row = table.rows - 2; row >= 0; row--) {
    if (isSameKey(table, row, row + 1) && (table.restated[row + 1] === 1 || isMended[row + 1] === 1)) isMended[row] = 1;
  }
  return keepRows(table, (row) => isMended[row] === 0);
}

/** The rows with `fromMs <= timeMs < toMs`, as views of the same memory. */
export function sliceKnownSeries(
  series: KnownSeries,
  fromMs = Number.NEGATIVE_INFINITY,
  toMs = Number.POSITIVE_INFINITY,
): KnownSeries {
  const first = fromMs === Number.NEGATIVE_INFINITY ? 0 : upperBound(series.timeMs, fromMs - 1);
  const end = Math.max(first, toMs === Number.POSITIVE_INFINITY ? series.rows : upperBound(series.timeMs, toMs - 1));
  if (first === 0 && end === series.rows) return series;
  const { ids, texts } = series;
  return {
    ...series,
    rows: end - first,
    timeMs: series.timeMs.subarray(first, end),
    endMs: series.endMs.subarray(first, end),
    knownFromMs: series.knownFromMs.subarray(first, end),
    revision: series.revision.subarray(first, end),
    numbers: Object.fromEntries(Object.entries(series.numbers).map(([name, values]) => [name, values.subarray(first, end)])),
    ...(ids && { ids: ids.slice(first, end) }),
    ...(texts && { texts: Object.fromEntries(Object.entries(texts).map(([name, values]) => [name, values.slice(first, end)])) }),
  };
}

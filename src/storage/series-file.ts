import { DataError, type RowBatch, type SeriesInfo } from '../domain/index.ts';
import type { Duck } from './duck.ts';
import type { SeriesEntry } from './manifest.ts';
import { type ColumnKind, type FileColumn, readParquet, writeParquet } from './parquet-file.ts';
import { type SeriesTable, sortTable } from './series-table.ts';

const OWN_COLUMNS: readonly { readonly name: string; readonly kind: ColumnKind }[] = [
  { name: 'timeMs', kind: 'time' },
  { name: 'endMs', kind: 'time' },
  { name: 'availableTimeMs', kind: 'time' },
  { name: 'recordedMs', kind: 'time' },
  { name: 'revision', kind: 'integer' },
  { name: 'restated', kind: 'boolean' },
];
const RESERVED = new Set(['series', 'id', 'source', ...OWN_COLUMNS.map(({ name }) => name)].map((name) => name.toLowerCase()));

/** Refuses what cannot be stored whole. @throws DataError `storage.batch_invalid` */
export function checkBatch(batch: RowBatch): void {
  const size = batch.timeMs.length;
  const invalid = (why: string) =>
    new DataError('storage.batch_invalid', `${batch.dataset} ${batch.series} from ${batch.source}: ${why}`, {
      details: { dataset: batch.dataset, series: batch.series },
      hint: 'Nothing was stored. Rename the column, or mend the rows.',
    });
  const columns: [string, ArrayLike<unknown>][] = [
    ['endMs', batch.endMs],
    ['availableTimeMs', batch.availableTimeMs],
    ...Object.entries(batch.numbers),
    ...Object.entries(batch.texts ?? {}),
  ];
  if (batch.ids) columns.push(['ids', batch.ids]);
  for (const [name, values] of columns) {
    if (values.length !== size) throw invalid(`column ${name} has ${values.length} values for ${size} rows`);
  }
  const seen = new Set<string>();
  for (const name of [...Object.keys(batch.numbers), ...Object.keys(batch.texts ?? {})]) {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower) || name === '') throw invalid(`"${name}" cannot be the name of a column`);
    if (seen.has(lower)) throw invalid(`column ${name} is there twice (case does not count)`);
    seen.add(lower);
  }
  for (let row = 0; row < size; row++) {
    const isWhole = Number.isSafeInteger(batch.timeMs[row]) && Number.isSafeInteger(batch.endMs[row]);
    if (!isWhole || !Number.isSafeInteger(batch.availableTimeMs[row]))
      throw invalid(`row ${row} has a time that is no whole millisecond`);
  }
}

/** Writes rows of one series as a Parquet file that says by itself what it holds. */
export async function writeSeriesFile(
  duck: Duck,
  path: string,
  info: SeriesInfo,
  source: string,
  table: SeriesTable,
): Promise<void> {
  const columns: FileColumn[] = [
    { name: 'series', kind: 'text', constant: info.series },
    { name: 'timeMs', kind: 'time', values: table.timeMs },
    { name: 'endMs', kind: 'time', values: table.endMs },
    { name: 'availableTimeMs', kind: 'time', values: table.availableTimeMs },
    { name: 'recordedMs', kind: 'time', values: table.recordedMs },
    { name: 'source', kind: 'text', constant: source },
    { name: 'revision', kind: 'integer', values: table.revision },
    { name: 'restated', kind: 'boolean', values: table.restated },
    table.ids ? { name: 'id', kind: 'text', values: table.ids } : { name: 'id', kind: 'text', constant: '' },
    ...Object.entries(table.numbers).map(([name, values]) => ({ name, kind: 'number' as const, values })),
    ...Object.entries(table.texts).map(([name, values]) => ({ name, kind: 'text' as const, values })),
  ];
  await writeParquet(duck, path, table.rows, columns);
}

/** Reads files of one series, in order. */
export async function readSeriesFiles(duck: Duck, paths: readonly string[], entry: SeriesEntry): Promise<SeriesTable> {
  const read = await readParquet(duck, paths, [
    ...OWN_COLUMNS,
    ...(entry.hasIds ? [{ name: 'id', kind: 'text' as const }] : []),
    ...entry.numbers.map((name) => ({ name, kind: 'number' as const })),
    ...entry.texts.map((name) => ({ name, kind: 'text' as const })),
  ]);
  const { id, ...texts } = read.texts;
  const { timeMs, endMs, availableTimeMs, recordedMs, revision, restated, ...numbers } = read.numbers;
  return sortTable({
    rows: read.rows,
    timeMs: timeMs!,
    endMs: endMs!,
    availableTimeMs: availableTimeMs!,
    recordedMs: recordedMs!,
    revision: Int32Array.from(revision!),
    restated: Uint8Array.from(restated!),
    ...(entry.hasIds && { ids: id!.map((one) => one ?? '') }),
    numbers,
    texts,
  });
}

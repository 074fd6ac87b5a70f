import { DataError, findDataset, type RowBatch } from '../../domain/index.ts';

/**
 * That a batch is a table at all, and one of its dataset.
 * @throws DataError `validation.columns_ragged` for columns of different lengths, `validation.column_unknown` for one that a
 * built-in dataset does not have
 */
export function checkSchema(batch: RowBatch): void {
  const rows = batch.timeMs.length;
  const columns: Readonly<Record<string, ArrayLike<unknown>>> = {
    endMs: batch.endMs,
    availableTimeMs: batch.availableTimeMs,
    ...(batch.ids && { ids: batch.ids }),
    ...batch.numbers,
    ...batch.texts,
  };
  const ragged = Object.entries(columns).find(([, values]) => values.length !== rows);
  if (ragged) {
    throw new DataError(
      'validation.columns_ragged',
      `${batch.series}: ${ragged[0]} has ${ragged[1].length} values for ${rows} rows`,
      {
        details: { dataset: batch.dataset, series: batch.series },
      },
    );
  }
  const definition = findDataset(batch.dataset);
  if (definition === undefined) return;
  const known = new Map(definition.columns.map((column) => [column.name, column.type]));
  const unknown =
    Object.keys(batch.numbers).find((name) => known.get(name) !== 'number') ??
    Object.keys(batch.texts ?? {}).find((name) => known.get(name) !== 'text');
  if (unknown === undefined) return;
  throw new DataError(
    'validation.column_unknown',
    `${batch.dataset} has no such column of that kind: ${unknown} (${batch.series})`,
    {
      hint: `It has ${[...known.keys()].join(', ')}.`,
    },
  );
}

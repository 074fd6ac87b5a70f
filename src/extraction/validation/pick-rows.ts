import type { RowBatch } from '../../domain/index.ts';

/** The rows of `batch` at `rows`, in that order; the batch itself where that is all of them. */
export function pickRows(batch: RowBatch, rows: readonly number[]): RowBatch {
  if (rows.length === batch.timeMs.length && rows.every((row, index) => row === index)) return batch;
  const pick = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]!);
  const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
  const { ids, texts } = batch;
  return {
    ...batch,
    timeMs: pick(batch.timeMs),
    endMs: pick(batch.endMs),
    availableTimeMs: pick(batch.availableTimeMs),
    numbers: mapValues(batch.numbers, pick),
    ...(ids && { ids: rows.map((row) => ids[row]!) }),
    ...(texts && { texts: mapValues(texts, (values) => rows.map((row) => values[row] ?? null)) }),
  };
}

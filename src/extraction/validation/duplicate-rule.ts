import type { RowBatch } from '../../domain/index.ts';
import type { RowError } from './row-rules.ts';

/**
 * Rows whose key (time and id) was there before in the same batch: with the same values (`duplicate.same`, harmless) or
 * with other ones (`duplicate.conflict`: the first one counts). `skip` are rows that are out already.
 */
export function findDuplicates(
  batch: RowBatch,
  skip: ReadonlyMap<number, RowError>,
): { same: number[]; conflicts: Map<number, RowError> } {
  const same: number[] = [];
  const conflicts = new Map<number, RowError>();
  if (isStrictlyAscending(batch.timeMs)) return { same, conflicts };
  const first = new Map<string | number, number>();
  const numbers = Object.values(batch.numbers);
  const texts = Object.values(batch.texts ?? {});
  for (let row = 0; row < batch.timeMs.length; row += 1) {
    if (skip.has(row)) continue;
    const key = batch.ids ? `${batch.timeMs[row]}|${batch.ids[row]}` : batch.timeMs[row]!;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, row);
      continue;
    }
    const equal =
      numbers.every((values) => Object.is(values[row], values[earlier])) &&
      texts.every((values) => values[row] === values[earlier]);
    if (equal) same.push(row);
    else
      conflicts.set(row, { rule: 'duplicate.conflict', reason: 'another row of the same time came before, with other values' });
  }
  return { same, conflicts };
}

function isStrictlyAscending(timeMs: Float64Array): boolean {
  for (let row = 1; row < timeMs.length; row += 1) if (!(timeMs[row]! > timeMs[row - 1]!)) return false;
  return true;
}

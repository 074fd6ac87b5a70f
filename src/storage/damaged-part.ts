import { DataError } from '../domain/index.ts';

/** A file of a table is not what was written. */
export const damagedPart = (path: string, cause?: unknown): DataError =>
  new DataError('storage.partition_damaged', `${path} is damaged: it does not hold what was written`, {
    hint: "Restore it from a backup. Without one, move the table's directory away and import its data again.",
    details: { path },
    cause,
  });

import { AppError } from '../domain/index.ts';
import { firstDisorder, isSameKey, type SeriesTable } from './series-table.ts';
import type { TableStore } from './table-store.ts';

/** Something stored that is not as it must be. */
export interface Problem {
  readonly table: string;
  readonly series?: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Compares files with checksums and row counts, and checks order, keys and the count of revisions of every series. */
export async function verifyTable(store: TableStore, isPlain: boolean): Promise<Problem[]> {
  const problems: Problem[] = [];
  const note = (error: unknown, series?: string) => {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    problems.push({
      table: store.name,
      ...(series !== undefined && { series }),
      code,
      message,
      ...(hint !== undefined && { hint }),
    });
  };
  const names = await store.manifest().then(
    (manifest) => Object.keys(manifest.series),
    (error: unknown) => {
      note(error);
      return [];
    },
  );
  for (const series of names) {
    try {
      const wrong = await store.read(async (manifest) => {
        const parts = manifest.series[series]?.parts ?? [];
        for (const part of parts) await store.checkPart(part, true);
        if (isPlain) return undefined;
        const table = await store.load(manifest, series);
        const rows = parts.reduce((sum, part) => sum + part.rows, 0);
        return table && wrongIn(table, rows);
      });
      if (wrong !== undefined) problems.push({ table: store.name, series, code: 'storage.rows_wrong', message: wrong });
    } catch (error) {
      note(error, series);
    }
  }
  return problems;
}

function wrongIn(table: SeriesTable, rows: number): string | undefined {
  if (table.rows !== rows) return `${table.rows} rows in the files, ${rows} in the manifest`;
  const disorder = firstDisorder(table);
  if (disorder >= 0) return `row ${disorder} repeats or precedes the row before it`;
  for (let row = 0; row < table.rows; row++) {
    const expected = row > 0 && isSameKey(table, row - 1, row) ? table.revision[row - 1]! + 1 : 0;
    if (table.revision[row] !== expected) return `row ${row} is revision ${table.revision[row]}, expected ${expected}`;
  }
  return undefined;
}

import { DataError } from '../../domain/index.ts';
import { chooseTable } from './choose-table.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';
import { scanSql } from './scan-sql.ts';

interface DumpedTable {
  names: readonly string[];
  readonly cells: Cell[][];
}

const FIRST_LINES = /^\s*(--|\/\*|SET |CREATE TABLE|INSERT INTO|COPY |BEGIN|PRAGMA)/i;

/** Whether text is a dump: statements of SQL, as pg_dump and mysqldump write them. */
export const isDump = (bytes: Buffer): boolean => {
  const head = bytes.toString('utf8', 0, 65_536);
  return FIRST_LINES.test(head) && /(INSERT\s+INTO|COPY\s+\S+[^\n]*FROM\s+stdin|CREATE\s+TABLE)/i.test(head);
};

/**
 * A table of a plain-text dump of PostgreSQL (`COPY` or `INSERT`) or MySQL. Only rows are read, nothing is executed.
 * @throws ConfigError `ingest.table_unknown`, DataError `ingest.dump_damaged`
 */
export function readDump(path: string, text: string, table: string | undefined): RawTable {
  const tables = new Map<string, DumpedTable>();
  const tableOf = (name: string, names: readonly string[]): DumpedTable => {
    const known = tables.get(name) ?? { names: [], cells: [] };
    if (known.names.length === 0) known.names = names;
    tables.set(name, known);
    return known;
  };
  const damaged = (why: string) =>
    new DataError('ingest.dump_damaged', `${path} is no complete dump: ${why}`, {
      hint: 'Write it again with pg_dump or mysqldump in their plain formats.',
    });
  for (const statement of scanSql(text, damaged)) {
    if (statement.kind === 'create') tableOf(statement.table, statement.columns);
    else {
      const into = tableOf(statement.table, statement.columns);
      for (const row of statement.rows) {
        if (into.names.length === 0) throw damaged(`table ${statement.table} has rows and no column names`);
        into.cells.push(row);
      }
    }
  }
  const withRows = [...tables].filter(([, { cells }]) => cells.length > 0).map(([name]) => name);
  const chosen = tables.get(chooseTable(path, withRows, table))!;
  const misshapen = new Map<number, string>();
  for (const [row, cells] of chosen.cells.entries()) {
    if (cells.length !== chosen.names.length) {
      misshapen.set(row, `the row has ${cells.length} values, the table ${chosen.names.length} columns`);
    }
  }
  return cellTable({ names: chosen.names, cells: chosen.cells, misshapen });
}

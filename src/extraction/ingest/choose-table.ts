import { ConfigError, DataError } from '../../domain/index.ts';

/**
 * Which of a database's tables is meant: the one that the user names, or the only one.
 * @throws ConfigError `ingest.table_unknown`, DataError `ingest.no_table`
 */
export function chooseTable(path: string, tables: readonly string[], wanted: string | undefined): string {
  const [only] = tables;
  if (only === undefined) {
    throw new DataError('ingest.no_table', `${path} holds no table`, { hint: 'Export the table that holds the rows.' });
  }
  if (wanted === undefined && tables.length === 1) return only;
  if (wanted !== undefined && tables.includes(wanted)) return wanted;
  const what = wanted === undefined ? `${path} holds ${tables.length} tables` : `${path} has no table "${wanted}"`;
  throw new ConfigError('ingest.table_unknown', `${what}: ${tables.slice(0, 20).join(', ')}`, {
    hint: `Name one: --table ${only}`,
    details: { tables },
  });
}

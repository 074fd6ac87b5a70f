import { SourceError } from '../../domain/index.ts';

/**
 * The part of a JSON reply that holds the rows.
 * @param path names joined by dots, such as `data.items`; the whole reply where absent
 * @throws SourceError `external.no_records`
 */
export function selectRecords(body: unknown, path: string | undefined, source: string): unknown {
  let at = body;
  for (const key of path === undefined ? [] : path.split('.')) {
    const next: unknown = at !== null && typeof at === 'object' && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
    if (next === undefined) {
      throw new SourceError('external.no_records', `${source}: the reply has no "${path}"`, {
        hint: 'Correct `records` in data_sources.yaml; it says where in the reply the list of rows is.',
      });
    }
    at = next;
  }
  return at;
}

/** Rows as JSON text again. @throws SourceError `external.nested` where they are nested deeper than the stack */
export function rowsText(rows: unknown, source: string): string {
  try {
    return JSON.stringify(rows);
  } catch (cause) {
    throw new SourceError('external.nested', `${source}: the rows are nested thousands deep`, {
      hint: 'A table has one level; this is no table, or it is damaged.',
      cause,
    });
  }
}

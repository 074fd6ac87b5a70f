import { type RowBatch, type TimeMs, upperBound } from '../domain/index.ts';
import { compareIds, joinTables, type SeriesTable } from './series-table.ts';

export interface MergeOptions {
  readonly recordedMs: TimeMs;
  /** The batch mends our own error: what it says replaces the first revision for research, at its original availability. */
  readonly restate: boolean;
}

export interface Merge {
  /** The rows that are new or changed, as they go to disk. */
  readonly added: SeriesTable;
  /** Stored and added rows as one. */
  readonly table: SeriesTable;
  readonly duplicates: number;
  readonly revised: number;
}

/** Positions of the batch's rows ascending in (timeMs, id), rows of one key in the order they came. */
function keyOrder(batch: RowBatch): Uint32Array {
  const { timeMs, ids } = batch;
  const compare = (a: number, b: number) => timeMs[a]! - timeMs[b]! || (ids ? compareIds(ids[a]!, ids[b]!) : 0);
  const order = Uint32Array.from({ length: timeMs.length }, (_, i) => i);
  for (let i = 1; i < order.length; i++) if (compare(i - 1, i) > 0) return order.sort((a, b) => compare(a, b) || a - b);
  return order;
}

/** Rows being added, with room for the whole batch. */
class AddedRows {
  readonly timeMs: Float64Array;
  readonly endMs: Float64Array;
  readonly availableTimeMs: Float64Array;
  readonly revision: Int32Array;
  readonly restated: Uint8Array;
  readonly ids: string[] = [];
  readonly numbers: Record<string, Float64Array> = {};
  readonly texts: Record<string, (string | null)[]> = {};
  rows = 0;

  constructor(batch: RowBatch, stored: SeriesTable | undefined) {
    const room = batch.timeMs.length;
    this.timeMs = new Float64Array(room);
    this.endMs = new Float64Array(room);
    this.availableTimeMs = new Float64Array(room);
    this.revision = new Int32Array(room);
    this.restated = new Uint8Array(room);
    for (const name of Object.keys({ ...stored?.numbers, ...batch.numbers })) this.numbers[name] = new Float64Array(room);
    for (const name of Object.keys({ ...stored?.texts, ...batch.texts })) this.texts[name] = [];
  }

  toTable(recordedMs: TimeMs, hasIds: boolean): SeriesTable {
    const size = this.rows;
    return {
      rows: size,
      timeMs: this.timeMs.slice(0, size),
      endMs: this.endMs.slice(0, size),
      availableTimeMs: this.availableTimeMs.slice(0, size),
      recordedMs: new Float64Array(size).fill(recordedMs),
      revision: this.revision.slice(0, size),
      restated: this.restated.slice(0, size),
      ...(hasIds && { ids: this.ids }),
      numbers: Object.fromEntries(Object.entries(this.numbers).map(([name, values]) => [name, values.slice(0, size)])),
      texts: this.texts,
    };
  }
}

type Values = Pick<SeriesTable, 'numbers' | 'texts' | 'endMs' | 'availableTimeMs' | 'revision'>;
interface Previous {
  readonly values: Values;
  readonly row: number;
}

/**
 * What a batch changes in a stored series. A key (timeMs, id) that is not there yet becomes revision 0. A row that says
 * what its key's last revision says is a duplicate. A row that says something else becomes the next revision.
 *
 * Only what a row knows is compared: a column that the batch does not bring, a NaN or a null contradicts nothing, and a
 * new revision takes those values over from the one before. A restatement is taken at its word: the values of its
 * columns, NaN and null too, and the end of the row replace what was there. Its availability is that of the first
 * revision, or its own where that is later (so that a row that was let in too early can be mended).
 */
export function mergeRevisions(stored: SeriesTable | undefined, batch: RowBatch, options: MergeOptions): Merge {
  const { restate, recordedMs } = options;
  const order = keyOrder(batch);
  const added = new AddedRows(batch, stored);
  const hasIds = stored?.ids !== undefined || batch.ids !== undefined;
  const idOf = (row: number) => batch.ids?.[row] ?? '';
  const storedRows = stored?.rows ?? 0;
  let next = stored && order.length > 0 ? upperBound(stored.timeMs, batch.timeMs[order[0]!]! - 1) : 0;
  let duplicates = 0;
  let revised = 0;

  for (const row of order) {
    const timeMs = batch.timeMs[row]!;
    const id = idOf(row);
    const compareStored = (at: number) => stored!.timeMs[at]! - timeMs || compareIds(stored!.ids?.[at] ?? '', id);
    while (next < storedRows && compareStored(next) < 0) next++;
    const last = added.rows - 1;
    let previous: Previous | undefined;
    let first: Previous | undefined;
    if (next < storedRows && compareStored(next) === 0) {
      let newest = next;
      while (newest + 1 < storedRows && compareStored(newest + 1) === 0) newest++;
      first = { values: stored!, row: next };
      previous = { values: stored!, row: newest };
    }
    if (last >= 0 && added.timeMs[last] === timeMs && added.ids[last] === id) {
      previous = { values: added, row: last };
      first ??= previous;
    }
    if (previous && agrees(batch, row, previous, restate)) {
      duplicates++;
      continue;
    }
    if (previous) revised++;
    put(added, batch, row, previous, restate);
    if (restate && first) {
      const at = added.rows - 1;
      added.availableTimeMs[at] = Math.max(first.values.availableTimeMs[first.row]!, added.availableTimeMs[at]!);
    }
  }
  const table = added.toTable(recordedMs, hasIds);
  return { added: table, table: stored ? joinTables(stored, table) : table, duplicates, revised };
}

function agrees(batch: RowBatch, row: number, previous: Previous, restate: boolean): boolean {
  const { values, row: at } = previous;
  if (restate && (batch.endMs[row] !== values.endMs[at] || batch.availableTimeMs[row]! > values.availableTimeMs[at]!))
    return false;
  for (const name in batch.numbers) {
    const value = batch.numbers[name]![row]!;
    const was = values.numbers[name]?.[at] ?? Number.NaN;
    const isUnknown = Number.isNaN(value);
    if (isUnknown ? restate && !Number.isNaN(was) : value !== was) return false;
  }
  for (const name in batch.texts) {
    const value = batch.texts[name]![row] ?? null;
    const was = values.texts[name]?.[at] ?? null;
    if (value === null ? restate && was !== null : value !== was) return false;
  }
  return true;
}

function put(added: AddedRows, batch: RowBatch, row: number, previous: Previous | undefined, restate: boolean): void {
  const at = added.rows++;
  added.timeMs[at] = batch.timeMs[row]!;
  added.endMs[at] = batch.endMs[row]!;
  added.availableTimeMs[at] = batch.availableTimeMs[row]!;
  added.revision[at] = previous ? previous.values.revision[previous.row]! + 1 : 0;
  added.restated[at] = previous && restate ? 1 : 0;
  added.ids.push(batch.ids?.[row] ?? '');
  for (const name in added.numbers) {
    const brought = batch.numbers[name]?.[row];
    const isTaken = brought !== undefined && (restate || !Number.isNaN(brought));
    added.numbers[name]![at] = isTaken ? brought : (previous?.values.numbers[name]?.[previous.row] ?? Number.NaN);
  }
  for (const name in added.texts) {
    const brought = batch.texts?.[name]?.[row];
    const isTaken = brought !== undefined && (restate || brought !== null);
    added.texts[name]![at] = isTaken ? brought : (previous?.values.texts[name]?.[previous.row] ?? null);
  }
}

/**
 * Every revision of the rows of one series, ascending in (timeMs, id, revision). Immutable: a commit makes a new one.
 * `recordedMs` is the clock at the commit, `restated` marks a revision that mends our own error.
 */
export interface SeriesTable {
  readonly rows: number;
  readonly timeMs: Float64Array;
  readonly endMs: Float64Array;
  readonly availableTimeMs: Float64Array;
  readonly recordedMs: Float64Array;
  readonly revision: Int32Array;
  readonly restated: Uint8Array;
  /** Absent where no row has an id. */
  readonly ids?: readonly string[];
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly texts: Readonly<Record<string, readonly (string | null)[]>>;
}

/** Order of two ids: by UTF-16 code units, the same on every machine. */
export const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const compareRows = (table: SeriesTable, a: number, b: number): number =>
  table.timeMs[a]! - table.timeMs[b]! ||
  (table.ids ? compareIds(table.ids[a]!, table.ids[b]!) : 0) ||
  table.revision[a]! - table.revision[b]!;

/** Whether rows `a` and `b` have the same key (timeMs, id). */
export const isSameKey = (table: Pick<SeriesTable, 'timeMs' | 'ids'>, a: number, b: number): boolean =>
  table.timeMs[a] === table.timeMs[b] && (table.ids === undefined || table.ids[a] === table.ids[b]);

/** Position of the first row that is out of order or repeats a key and revision; -1 where all is well. */
export function firstDisorder(table: SeriesTable): number {
  for (let row = 1; row < table.rows; row++) if (compareRows(table, row - 1, row) >= 0) return row;
  return -1;
}

const mapRecord = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** The rows at the positions `order`, in that order. */
export function pickTableRows(table: SeriesTable, order: ArrayLike<number>): SeriesTable {
  const size = order.length;
  const pick = <A extends Float64Array | Int32Array | Uint8Array>(from: A, to: A): A => {
    for (let i = 0; i < size; i++) to[i] = from[order[i]!]!;
    return to;
  };
  const float = (values: Float64Array) => pick(values, new Float64Array(size));
  const list = <T>(values: readonly T[]) => Array.from({ length: size }, (_, i) => values[order[i]!]!);
  return {
    rows: size,
    timeMs: float(table.timeMs),
    endMs: float(table.endMs),
    availableTimeMs: float(table.availableTimeMs),
    recordedMs: float(table.recordedMs),
    revision: pick(table.revision, new Int32Array(size)),
    restated: pick(table.restated, new Uint8Array(size)),
    ...(table.ids && { ids: list(table.ids) }),
    numbers: mapRecord(table.numbers, float),
    texts: mapRecord(table.texts, list),
  };
}

/** The table in its order; the same object where it is in order already. */
export function sortTable(table: SeriesTable): SeriesTable {
  if (firstDisorder(table) < 0) return table;
  const order = Uint32Array.from({ length: table.rows }, (_, i) => i).sort((a, b) => compareRows(table, a, b));
  return pickTableRows(table, order);
}

function joinFloats(a: Float64Array | undefined, aRows: number, b: Float64Array | undefined, bRows: number): Float64Array {
  const joined = new Float64Array(aRows + bRows);
  if (a) joined.set(a);
  else joined.fill(Number.NaN, 0, aRows);
  if (b) joined.set(b, aRows);
  else joined.fill(Number.NaN, aRows);
  return joined;
}

const unionOfNames = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

/** Two tables as one, in order; columns that only one of them has are not known (NaN, null) in the other's rows. */
export function joinTables(a: SeriesTable, b: SeriesTable): SeriesTable {
  if (a.rows === 0) return b;
  if (b.rows === 0) return a;
  const float = (one: Float64Array | undefined, two: Float64Array | undefined) => joinFloats(one, a.rows, two, b.rows);
  const list = <T>(one: readonly T[] | undefined, two: readonly T[] | undefined, missing: T): T[] => [
    ...(one ?? new Array<T>(a.rows).fill(missing)),
    ...(two ?? new Array<T>(b.rows).fill(missing)),
  ];
  const revision = new Int32Array(a.rows + b.rows);
  revision.set(a.revision);
  revision.set(b.revision, a.rows);
  const restated = new Uint8Array(a.rows + b.rows);
  restated.set(a.restated);
  restated.set(b.restated, a.rows);
  return sortTable({
    rows: a.rows + b.rows,
    timeMs: float(a.timeMs, b.timeMs),
    endMs: float(a.endMs, b.endMs),
    availableTimeMs: float(a.availableTimeMs, b.availableTimeMs),
    recordedMs: float(a.recordedMs, b.recordedMs),
    revision,
    restated,
    ...((a.ids || b.ids) && { ids: list(a.ids, b.ids, '') }),
    numbers: Object.fromEntries(
      unionOfNames(a.numbers, b.numbers).map((name) => [name, float(a.numbers[name], b.numbers[name])]),
    ),
    texts: Object.fromEntries(
      unionOfNames(a.texts, b.texts).map((name) => [name, list<string | null>(a.texts[name], b.texts[name], null)]),
    ),
  });
}

/** Whether two tables hold the same rows, ids aside; NaN equals NaN. */
export function isSameTable(a: SeriesTable, b: SeriesTable): boolean {
  const same = (one: ArrayLike<unknown>, two: ArrayLike<unknown> | undefined) => {
    if (two === undefined || one.length !== two.length) return false;
    for (let i = 0; i < one.length; i++) if (one[i] !== two[i] && !(Number.isNaN(one[i]) && Number.isNaN(two[i]))) return false;
    return true;
  };
  return (
    same(a.timeMs, b.timeMs) &&
    same(a.endMs, b.endMs) &&
    same(a.availableTimeMs, b.availableTimeMs) &&
    same(a.recordedMs, b.recordedMs) &&
    same(a.revision, b.revision) &&
    same(a.restated, b.restated) &&
    Object.entries(a.numbers).every(([name, values]) => same(values, b.numbers[name])) &&
    Object.entries(a.texts).every(([name, values]) => same(values, b.texts[name]))
  );
}

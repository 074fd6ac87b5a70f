import { constants } from 'node:buffer';
import { DataError } from '../../domain/index.ts';
import { looksLikeKline } from './csv-layout.ts';
import { KLINE_COLUMNS } from './profiles/kline-columns.ts';
import { type Cell, cellTable, type RawTable } from './raw-table.ts';

const SHAPES = 'Ingest reads an array of objects, an array of arrays, an object that holds one such array, or one object a line.';
const MAX_COLUMNS = 1_000;
/** How many objects deep the one array may be hidden. */
const MAX_DEPTH = 8;

/** A JSON document as table. @param columns names for rows that are arrays @throws DataError where it holds no table */
export function readJson(path: string, bytes: Buffer, columns?: readonly string[]): RawTable {
  return tableOf(path, parseJson(path, textOf(path, bytes)), columns);
}

/** One JSON value a line. A line that is no JSON is a misshapen row. */
export function readNdjson(path: string, bytes: Buffer, columns?: readonly string[]): RawTable {
  const items: unknown[] = [];
  const lines: number[] = [];
  const broken = new Map<number, string>();
  for (const [index, line] of textOf(path, bytes).split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      items.push(JSON.parse(line));
    } catch {
      broken.set(items.length, line);
      items.push(null);
    }
    lines.push(index + 1);
  }
  return tableOfItems(path, items, columns, lines, broken);
}

function textOf(path: string, bytes: Buffer): string {
  if (bytes.length < constants.MAX_STRING_LENGTH) return bytes.toString('utf8');
  throw new DataError('ingest.too_large', `${path} holds more JSON than can be read at once`, {
    hint: 'Split it by date and ingest the parts.',
  });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown';
    throw new DataError('ingest.json_malformed', `${path} is damaged or incomplete JSON: ${why}`, {
      hint: 'Download or export it again.',
      cause,
    });
  }
}

function tableOf(path: string, document: unknown, columns: readonly string[] | undefined, depth = 0): RawTable {
  if (Array.isArray(document)) return tableOfItems(path, document, columns);
  if (!isRecord(document) || depth > MAX_DEPTH) throw noTable(path);
  if (isMarketChart(document)) return marketChartTable(document);
  const arrays = Object.values(document).filter((value): value is unknown[] => Array.isArray(value));
  if (arrays.length === 1) return tableOfItems(path, arrays[0]!, columns);
  const nested = Object.values(document).filter((value) => isRecord(value) || Array.isArray(value));
  if (arrays.length === 0 && nested.length === 1) return tableOf(path, nested[0], columns, depth + 1);
  if (arrays.length === 0 && nested.length === 0) return tableOfItems(path, [document], columns);
  throw noTable(path);
}

const noTable = (path: string) =>
  new DataError('ingest.json_shape', `no table was found in the JSON of ${path}`, { hint: SHAPES });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function tableOfItems(
  path: string,
  items: readonly unknown[],
  columns: readonly string[] | undefined,
  lines?: readonly number[],
  broken: ReadonlyMap<number, string> = new Map(),
): RawTable {
  const sample = items.find((item) => isRecord(item) || Array.isArray(item));
  if (sample === undefined) {
    if (items.length === 0)
      throw new DataError('ingest.no_rows', `${path} has no rows`, { hint: 'Ask its source for a longer range.' });
    throw noTable(path);
  }
  const names = Array.isArray(sample) ? namesOfArrays(path, sample, columns) : namesOfObjects(path, items);
  const misshapen = new Map<number, string>();
  const cells = items.map((item, row): Cell[] => {
    if (Array.isArray(sample) && Array.isArray(item)) {
      if (item.length !== names.length) misshapen.set(row, `the row has ${item.length} cells, others ${names.length}`);
      return item.map(asCell);
    }
    if (!Array.isArray(sample) && isRecord(item)) return names.map((name) => asCell(item[name]));
    misshapen.set(row, broken.has(row) ? 'the line is no JSON' : 'the item is not shaped as the others are');
    return [];
  });
  const raw = (row: number) => broken.get(row) ?? jsonText(items[row]);
  return cellTable({ names, cells, misshapen, raw, ...(lines && { lines }) });
}

function namesOfArrays(path: string, sample: readonly unknown[], columns: readonly string[] | undefined): readonly string[] {
  if (columns && columns.length === sample.length) return columns;
  if (looksLikeKline(sample.map((cell) => String(asCell(cell))))) return KLINE_COLUMNS;
  throw new DataError('ingest.columns_mismatch', `the rows of ${path} are arrays of ${sample.length} values without names`, {
    hint: 'Name every column with --columns, in order: --columns time,open,high,low,close,volume',
  });
}

function namesOfObjects(path: string, items: readonly unknown[]): readonly string[] {
  const names = new Set<string>();
  for (const item of items) if (isRecord(item)) for (const name of Object.keys(item)) names.add(name);
  if (names.size > 0 && names.size <= MAX_COLUMNS) return [...names];
  throw new DataError('ingest.json_shape', `the objects of ${path} have ${names.size} different names`, { hint: SHAPES });
}

const asCell = (value: unknown): Cell => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return jsonText(value);
};

/** A value as JSON; of one that is nested deeper than the stack, that it is. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch {
    return '(nested too deep to be shown)';
  }
}

type MarketChart = { readonly prices: unknown[]; readonly market_caps?: unknown; readonly total_volumes?: unknown };

const isMarketChart = (document: Record<string, unknown>): document is Record<string, unknown> & MarketChart =>
  Array.isArray(document.prices) && ('market_caps' in document || 'total_volumes' in document);

/** CoinGecko `market_chart`: three lists of [time, value]; rows are the times of the prices. */
function marketChartTable(chart: MarketChart): RawTable {
  const pairs = (list: unknown): [number, Cell][] =>
    Array.isArray(list)
      ? list.flatMap((pair) => (Array.isArray(pair) ? [[Number(pair[0]), asCell(pair[1])] as [number, Cell]] : []))
      : [];
  const caps = new Map(pairs(chart.market_caps));
  const volumes = new Map(pairs(chart.total_volumes));
  const cells = pairs(chart.prices).map(([time, price]): Cell[] => [
    time,
    price,
    caps.get(time) ?? null,
    volumes.get(time) ?? null,
  ]);
  return cellTable({ names: ['snapped_at', 'price', 'market_cap', 'total_volume'], cells });
}

import {
  type ColumnDefinition,
  findDataset,
  isBuiltInDataset,
  isConsistentOhlc,
  type RowBatch,
  type TimeMs,
  toIso,
} from '../../domain/index.ts';
import type { RuleName } from './findings.ts';

/** Why one row cannot be used. */
export interface RowError {
  readonly rule: RuleName;
  readonly reason: string;
}

interface RowContext {
  readonly nowMs: TimeMs;
  /** Columns that a row must have; those of the dataset's definition unless told. */
  readonly required?: readonly string[];
}

type RowRule = (batch: RowBatch, context: RowContext, fail: (row: number, error: RowError) => void) => void;

/** The first block of any chain is of January 2009; an older time is a slip of units or digits. */
const FIRST_CHAIN_MS = Date.UTC(2009, 0, 1);

const timeRule: RowRule = (batch, { nowMs }, fail) => {
  const earliest = isBuiltInDataset(batch.dataset) ? FIRST_CHAIN_MS : Number.NEGATIVE_INFINITY;
  for (let row = 0; row < batch.timeMs.length; row += 1) {
    const timeMs = batch.timeMs[row]!;
    const over = Math.min(batch.endMs[row]!, batch.availableTimeMs[row]!);
    if (!Number.isFinite(timeMs) || !Number.isFinite(over))
      fail(row, { rule: 'time.unreadable', reason: 'the time cannot be read' });
    else if (timeMs < earliest) {
      fail(row, { rule: 'time.before_chains', reason: `the time ${iso(timeMs)} is before there were block chains` });
    } else if (timeMs > nowMs) {
      fail(row, { rule: 'time.future', reason: `the time ${iso(timeMs)} is in the future (now ${iso(nowMs)})` });
    } else if (over > nowMs) {
      fail(row, { rule: 'time.not_over', reason: `its interval is not over before ${iso(over)} (now ${iso(nowMs)})` });
    }
  }
};

const columnRule = (
  batch: RowBatch,
  column: string,
  definition: ColumnDefinition | undefined,
  required: boolean,
  fail: (row: number, error: RowError) => void,
) => {
  const values = batch.numbers[column];
  if (values === undefined) {
    if (required)
      for (let row = 0; row < batch.timeMs.length; row += 1)
        fail(row, { rule: 'schema.missing_value', reason: `${column} is missing` });
    return;
  }
  const min = definition?.min ?? Number.NEGATIVE_INFINITY;
  const max = definition?.max ?? Number.POSITIVE_INFINITY;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (value >= min && value <= max && value - value === 0) continue;
    if (Number.isNaN(value)) {
      if (required) fail(row, { rule: 'schema.missing_value', reason: `${column} is missing` });
    } else if (!Number.isFinite(value)) fail(row, { rule: 'schema.not_finite', reason: `${column} is ${value}` });
    else
      fail(row, { rule: 'range', reason: `${column} is ${value}, ${value < min ? least(min) : `at most ${max} is possible`}` });
  }
};

const least = (min: number) => (min === Number.MIN_VALUE ? 'it must be above 0' : `at least ${min} is possible`);

const ohlcRule: RowRule = (batch, _context, fail) => {
  const { open, high, low, close } = batch.numbers;
  if (!open || !high || !low || !close) return;
  for (let row = 0; row < close.length; row += 1) {
    const [o, h, l, c] = [open[row]!, high[row]!, low[row]!, close[row]!];
    if (isConsistentOhlc(o, h, l, c) || Number.isNaN(o + h + l + c)) continue;
    fail(row, { rule: 'ohlc.inconsistent', reason: `open ${o}, high ${h}, low ${l}, close ${c} cannot be one candle` });
  }
};

/**
 * The first thing that is wrong with each row of a batch, by row index: time, then missing, infinite and impossible
 * values, then candles against their own order.
 */
export function findRowErrors(batch: RowBatch, context: RowContext): Map<number, RowError> {
  const errors = new Map<number, RowError>();
  const fail = (row: number, error: RowError) => {
    if (!errors.has(row)) errors.set(row, error);
  };
  timeRule(batch, context, fail);
  const definition = findDataset(batch.dataset);
  const columns = new Map(definition?.columns.map((column) => [column.name, column]));
  const required = new Set(
    context.required ?? definition?.columns.filter((column) => column.required).map((column) => column.name),
  );
  for (const column of new Set([...required, ...Object.keys(batch.numbers)])) {
    columnRule(batch, column, columns.get(column), required.has(column), fail);
  }
  if (batch.dataset === 'price_data') ohlcRule(batch, context, fail);
  return errors;
}

/** Times beyond what a Date can hold are shown as numbers. */
const iso = (timeMs: TimeMs) => (Math.abs(timeMs) <= 8.64e15 ? toIso(timeMs) : String(timeMs));

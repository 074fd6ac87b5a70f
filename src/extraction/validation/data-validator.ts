import type { DatasetName, KnownSeries, RowBatch, TimeMs } from '../../domain/index.ts';
import { assessDay, type DayVerdict } from './assess-day.ts';
import { checkSchema } from './check-schema.ts';
import { findDuplicates } from './duplicate-rule.ts';
import type { Finding, QuarantinedRow, RuleName } from './findings.ts';
import { pickRows } from './pick-rows.ts';
import { findRowErrors, type RowError } from './row-rules.ts';
import { checkGaps, checkJumps, checkOrder, isSparse } from './series-rules.ts';

export interface BatchContext {
  /** The world's time: rows after it are from the future. */
  readonly nowMs: TimeMs;
  /** Columns that a row must have, where the series differs from its dataset's definition. */
  readonly required?: readonly string[];
  /** Errors found while reading, by row; they go before all others. */
  readonly readErrors?: ReadonlyMap<number, RowError>;
  /** How a row came: its line, and its text. Its values as JSON unless told. */
  readonly describeRow?: (row: number) => { readonly line?: number; readonly row: string };
}

/** A quarantined row, with its place in the batch that was judged. */
export interface RejectedRow extends QuarantinedRow {
  readonly index: number;
  readonly rule: RuleName;
}

export interface BatchVerdict {
  readonly accepted: RowBatch;
  readonly rejected: readonly RejectedRow[];
  /** Rows that repeat an earlier row of the batch word for word; they are in neither of the two. */
  readonly duplicates: number;
  readonly warnings: readonly Finding[];
}

/** Judges rows before they are stored, and days before they are used. It has no state: the same input, the same verdict. */
export class DataValidator {
  /**
   * Splits a batch into rows that may be stored, in the order they came, and rows that must not, each with its reason.
   * @throws DataError for a batch that is no table of its dataset
   */
  validateBatch(batch: RowBatch, context: BatchContext): BatchVerdict {
    checkSchema(batch);
    const errors = findRowErrors(batch, context);
    for (const [row, error] of context.readErrors ?? []) errors.set(row, error);
    const { same, conflicts } = findDuplicates(batch, errors);
    for (const [row, error] of conflicts) errors.set(row, error);
    const out = new Set([...same, ...errors.keys()]);
    const kept: number[] = [];
    for (let row = 0; row < batch.timeMs.length; row += 1) if (!out.has(row)) kept.push(row);
    const accepted = pickRows(batch, kept);
    const rejected = [...errors]
      .sort(([one], [other]) => one - other)
      .map(([index, { rule, reason }]) => ({
        index,
        rule,
        reason,
        dataset: batch.dataset,
        series: batch.series,
        source: batch.source,
        ...(context.describeRow?.(index) ?? { row: rowAsJson(batch, index) }),
      }));
    return { accepted, rejected, duplicates: same.length, warnings: warningsOf(accepted) };
  }

  /** @see assessDay */
  assessDay(dataset: DatasetName, dayMs: TimeMs, series: readonly KnownSeries[], nowMs: TimeMs): DayVerdict {
    return assessDay(dataset, dayMs, series, nowMs);
  }
}

function warningsOf(batch: RowBatch): Finding[] {
  const findings = checkOrder(batch.timeMs);
  if (isSparse(batch)) return findings;
  const sorted = isAscending(batch.timeMs) ? batch : pickRows(batch, orderOf(batch.timeMs));
  findings.push(...checkGaps(sorted.timeMs, batch.periodMs));
  const close = sorted.numbers.close;
  if (batch.dataset !== 'price_data' || !close) return findings;
  const jumps = checkJumps(sorted.timeMs, close);
  const [first] = jumps;
  if (first)
    findings.push(
      jumps.length === 1 ? first : { ...first, message: `${jumps.length} jumps of the close, first: ${first.message}` },
    );
  return findings;
}

function rowAsJson(batch: RowBatch, row: number): string {
  const numbers = Object.entries(batch.numbers).map(([name, values]) => [name, values[row]]);
  const texts = Object.entries(batch.texts ?? {}).map(([name, values]) => [name, values[row]]);
  return JSON.stringify({
    timeMs: batch.timeMs[row],
    ...(batch.ids && { id: batch.ids[row] }),
    ...Object.fromEntries([...numbers, ...texts]),
  });
}

const orderOf = (timeMs: Float64Array) => [...timeMs.keys()].sort((one, other) => timeMs[one]! - timeMs[other]!);

function isAscending(timeMs: Float64Array): boolean {
  for (let row = 1; row < timeMs.length; row += 1) if (timeMs[row]! < timeMs[row - 1]!) return false;
  return true;
}

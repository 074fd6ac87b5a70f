import { z } from 'zod';
import { DAY_MS, type RowBatch, type TimeMs } from '../domain/index.ts';
import { isSameKey, type SeriesTable } from './series-table.ts';

const findingSchema = z.object({
  rule: z.string(),
  severity: z.enum(['error', 'warning']),
  message: z.string(),
  timeMs: z.number().optional(),
});
const verdictSchema = z.enum(['good', 'suspect', 'missing']);

/** What validation says about one day of a dataset. */
export interface StoredVerdict {
  readonly dataset: string;
  readonly dayMs: TimeMs;
  readonly verdict: z.infer<typeof verdictSchema>;
  readonly findings: readonly Readonly<z.infer<typeof findingSchema>>[];
}

export function verdictBatches(verdicts: readonly StoredVerdict[]): RowBatch[] {
  const datasets = [...new Set(verdicts.map((one) => one.dataset))];
  const groups = datasets.map((dataset) => ({ dataset, days: verdicts.filter((one) => one.dataset === dataset) }));
  return groups.map(({ dataset, days }) => ({
    dataset: 'data_verdicts',
    series: dataset,
    periodMs: DAY_MS,
    source: 'validation',
    timeMs: Float64Array.from(days, (one) => one.dayMs),
    endMs: Float64Array.from(days, (one) => one.dayMs + DAY_MS),
    availableTimeMs: Float64Array.from(days, (one) => one.dayMs + DAY_MS),
    numbers: {},
    texts: {
      verdict: days.map((one) => one.verdict),
      findings: days.map((one) => JSON.stringify(one.findings)),
    },
  }));
}

/** The latest verdict of each day, ascending. */
export function latestVerdicts(dataset: string, table: SeriesTable): StoredVerdict[] {
  const verdicts: StoredVerdict[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (row + 1 < table.rows && isSameKey(table, row, row + 1)) continue;
    verdicts.push({
      dataset,
      dayMs: table.timeMs[row]!,
      verdict: verdictSchema.parse(table.texts.verdict?.[row]),
      findings: z.array(findingSchema).parse(JSON.parse(table.texts.findings?.[row] ?? '[]')),
    });
  }
  return verdicts;
}

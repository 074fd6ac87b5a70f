import { DAY_MS, PUBLICATION, type RowBatch } from '../../domain/index.ts';
import { SAMPLE_COLUMNS, type ValidatorSample } from './sample-validators.ts';

/** Daily samples as rows of `series`. */
export const validatorBatch = (series: string, source: string, samples: readonly ValidatorSample[]): RowBatch => ({
  dataset: 'validator_data',
  series,
  periodMs: DAY_MS,
  source,
  timeMs: Float64Array.from(samples, ({ dayMs }) => dayMs),
  endMs: Float64Array.from(samples, ({ dayMs }) => dayMs + DAY_MS),
  availableTimeMs: Float64Array.from(samples, ({ dayMs }) =>
    PUBLICATION.validator_queue_daily.availableMs(dayMs, dayMs + DAY_MS),
  ),
  numbers: Object.fromEntries(SAMPLE_COLUMNS.map((name) => [name, Float64Array.from(samples, ({ numbers }) => numbers[name])])),
});

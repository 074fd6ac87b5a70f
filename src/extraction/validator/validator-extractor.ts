import { DAY_MS, PUBLICATION, type RowBatch, type SeriesInfo, startOfDayMs } from '../../domain/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import type { ExtractNote, SourceExtractor, TimeRange } from '../source-extractor.ts';
import type { BeaconClient } from './beacon-client.ts';
import { SAMPLE_COLUMNS, sampleDay, sampleSlot, type ValidatorSample } from './sample-validators.ts';

const SERIES: SeriesInfo = { dataset: 'validator_data', series: 'beacon:ethereum:1d', periodMs: DAY_MS };
const STATE_PRUNED = 'state_pruned: the node no longer has the state of that time';
const DAYS_AT_ONCE = 4;

/** The validator set once a day, from a beacon node. A state that the node has pruned leaves its day `partial`. */
export function createValidatorExtractor(client: BeaconClient): SourceExtractor {
  return {
    dataset: SERIES.dataset,
    name: SERIES.series,
    series: [SERIES.series],
    chunkDays: 30,
    async extract(range, { nowMs, signal }) {
      const timing = await client.timing(signal);
      const endMs = Math.min(range.endMs, startOfDayMs(nowMs));
      const days: number[] = [];
      for (let dayMs = startOfDayMs(range.startMs); dayMs < endMs; dayMs += DAY_MS) {
        if (sampleSlot(dayMs, timing) >= 0) days.push(dayMs);
      }
      const samples = await mapConcurrent(days, DAYS_AT_ONCE, (dayMs) => sampleDay(client, dayMs, timing, signal));
      const found: ValidatorSample[] = [];
      const complete: TimeRange[] =
        range.startMs < endMs && days[0] !== range.startMs ? [{ startMs: range.startMs, endMs: days[0] ?? endMs }] : [];
      const notes: ExtractNote[] = [];
      for (const [i, sample] of samples.entries()) {
        const day = { startMs: days[i]!, endMs: days[i]! + DAY_MS };
        if (sample === undefined) notes.push({ range: day, text: STATE_PRUNED, inPart: true });
        else if (sample.isFinal) {
          found.push(sample);
          complete.push(day);
        }
      }
      return { batches: [validatorBatch(found)], complete, notes };
    },
  };
}

const validatorBatch = (samples: readonly ValidatorSample[]): RowBatch => ({
  ...SERIES,
  source: 'beacon node states',
  timeMs: Float64Array.from(samples, ({ dayMs }) => dayMs),
  endMs: Float64Array.from(samples, ({ dayMs }) => dayMs + DAY_MS),
  availableTimeMs: Float64Array.from(samples, ({ dayMs }) =>
    PUBLICATION.validator_queue_daily.availableMs(dayMs, dayMs + DAY_MS),
  ),
  numbers: Object.fromEntries(SAMPLE_COLUMNS.map((name) => [name, Float64Array.from(samples, ({ numbers }) => numbers[name])])),
});

import { DAY_MS, startOfDayMs } from '../../domain/index.ts';
import { mapConcurrent } from '../map-concurrent.ts';
import type { ExtractNote, SourceExtractor, TimeRange } from '../source-extractor.ts';
import type { BeaconClient } from './beacon-client.ts';
import { sampleDay, sampleSlot, type ValidatorSample } from './sample-validators.ts';
import { validatorBatch } from './validator-batch.ts';

const SERIES = 'beacon:ethereum:1d';
const STATE_PRUNED = 'state_pruned: the node no longer has the state of that time';
/** A million validators as JSON; before Electra counts are enough where the node gives them. */
const FULL_LIST_BYTES = 400e6;
const DAYS_AT_ONCE = 4;

/** The validator set once a day, from a beacon node. A state that the node has pruned leaves its day `partial`. */
export function createValidatorExtractor(client: BeaconClient): SourceExtractor {
  return {
    dataset: 'validator_data',
    name: SERIES,
    series: [SERIES],
    chunkDays: 30,
    dailyCost: { requests: 6, bytes: FULL_LIST_BYTES, seconds: FULL_LIST_BYTES / 10e6 },
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
      return { batches: [validatorBatch(SERIES, 'beacon node states', found)], complete, notes };
    },
  };
}

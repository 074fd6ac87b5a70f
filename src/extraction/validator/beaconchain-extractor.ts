import { DAY_MS, SourceError, startOfDayMs } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import type { SourceExtractor, TimeRange } from '../source-extractor.ts';
import { parseBeaconchainEpoch } from './parse-beaconchain-epoch.ts';
import { SAMPLE_COLUMNS, sampleSlot, type ValidatorSample } from './sample-validators.ts';
import { validatorBatch } from './validator-batch.ts';

const SERIES = 'beaconchain:ethereum:1d';
/** Ethereum's main network; beaconcha.in has no question for it. Source: consensus-specs, mainnet configuration. */
const MAINNET = { genesisMs: 1_606_824_023_000, slotMs: 12_000, slotsPerEpoch: 32 };
/** With less process time than this left no further day is asked for. */
const SPARE_MS = 15_000;

export interface BeaconchainOptions {
  readonly http: HttpClient;
  readonly baseUrl: string;
  readonly key?: string | undefined;
}

/**
 * The validator set once a day from beaconcha.in, for those who have no beacon node: the epoch of the same slot that a node
 * is asked for. It gives the share that voted, which nodes do not, and no queues of the past.
 */
export function createBeaconchainExtractor({ http, baseUrl, key }: BeaconchainOptions): SourceExtractor {
  const readDay = async (dayMs: number, signal: AbortSignal): Promise<ValidatorSample | undefined> => {
    const wanted = Math.floor(sampleSlot(dayMs, MAINNET) / MAINNET.slotsPerEpoch);
    const url = `${baseUrl.replace(/\/$/, '')}/api/v1/epoch/${wanted}`;
    const headers: Record<string, string> = key === undefined || key === '' ? {} : { apikey: key };
    const found = await http.json({ source: 'beaconchain', url, headers, signal }, parseBeaconchainEpoch);
    if (found.epoch !== wanted) {
      throw new SourceError('beaconchain.reply_invalid', `beaconcha.in gave epoch ${found.epoch}, asked was ${wanted}`);
    }
    if (!found.isFinal) return undefined;
    const unknown = Object.fromEntries(SAMPLE_COLUMNS.map((name) => [name, Number.NaN])) as ValidatorSample['numbers'];
    const { activeValidators, stakedEth, participation } = found;
    const numbers = { ...unknown, active_validators: activeValidators, staked_eth: stakedEth, participation };
    return { dayMs, isFinal: true, numbers };
  };
  return {
    dataset: 'validator_data',
    name: SERIES,
    series: [SERIES],
    chunkDays: 5,
    dailyCost: { requests: 1, bytes: 1_000, seconds: 6 },
    async extract(range, { nowMs, signal, remainingMs }) {
      const endMs = Math.min(range.endMs, startOfDayMs(nowMs));
      const days: number[] = [];
      for (let dayMs = startOfDayMs(range.startMs); dayMs < endMs; dayMs += DAY_MS) {
        if (sampleSlot(dayMs, MAINNET) >= 0) days.push(dayMs);
      }
      const found: ValidatorSample[] = [];
      const complete: TimeRange[] = [];
      if (range.startMs < endMs && days[0] !== range.startMs) complete.push({ startMs: range.startMs, endMs: days[0] ?? endMs });
      for (const dayMs of days) {
        if (remainingMs() < SPARE_MS) break;
        const sample = await readDay(dayMs, signal);
        if (!sample) continue;
        found.push(sample);
        complete.push({ startMs: dayMs, endMs: dayMs + DAY_MS });
      }
      return { batches: [validatorBatch(SERIES, 'beaconcha.in /api/v1/epoch', found)], complete };
    },
  };
}

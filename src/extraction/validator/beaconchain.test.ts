import { afterEach, describe, expect, it } from 'vitest';
import { DAY_MS, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { describeParser } from '../parser.contract.ts';
import type { ExtractContext } from '../source-extractor.ts';
import { createBeaconchainExtractor } from './beaconchain-extractor.ts';
import { parseBeaconchainEpoch } from './parse-beaconchain-epoch.ts';

const DAY = Date.UTC(2024, 1, 10);
const epochOf = (dayMs: number) => Math.floor(Math.floor((dayMs + DAY_MS / 2 - 1_606_824_023_000) / 12_000) / 32);
const reply = (epoch: number, finalized = true) => ({
  status: 'OK',
  data: {
    epoch,
    finalized,
    validatorscount: 900_000,
    eligibleether: 28_800_000_000_000_000 / 10,
    globalparticipationrate: 0.9951,
    ts: '2024-02-10T12:00:00Z',
  },
});

let server: LoopbackServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
const context = (nowMs: number): ExtractContext => ({
  nowMs,
  signal: new AbortController().signal,
  remainingMs: () => 60_000,
  pricesSettled: Promise.resolve(),
});

describe('beaconcha.in extractor', () => {
  it('samples the epoch of the same slot as a node would, with the share that voted', async () => {
    const asked: (string | undefined)[] = [];
    server = await startLoopback((request, response) => {
      asked.push(`${request.url} ${request.headers.apikey}`);
      const epoch = Number(request.url?.split('/').at(-1));
      response.end(JSON.stringify(reply(epoch, epoch < epochOf(DAY + 2 * DAY_MS))));
    });
    const http = new HttpClient({ fetch, timer: systemTimer, rng: () => 0, maxAttempts: 2 });
    const extractor = createBeaconchainExtractor({ http, baseUrl: server.url, key: 'k' });
    const range = { startMs: DAY, endMs: DAY + 3 * DAY_MS };
    const { batches, complete } = await extractor.extract(range, context(DAY + 10 * DAY_MS));
    expect(asked[0]).toBe(`/api/v1/epoch/${epochOf(DAY)} k`);
    expect([...batches[0]!.timeMs]).toEqual([DAY, DAY + DAY_MS]);
    const { active_validators, staked_eth, participation, entry_queue_eth } = batches[0]!.numbers;
    expect([active_validators![0], staked_eth![0], participation![0]]).toEqual([900_000, 2_880_000, 0.9951]);
    expect(entry_queue_eth![0]).toBeNaN();
    expect(complete).toHaveLength(2);
  });

  it('tells an error in a reply with status 200', () => {
    expect(() => parseBeaconchainEpoch({ status: 'ERROR: invalid apikey', data: null })).toThrow(
      expect.objectContaining({ code: 'beaconchain.refused' }),
    );
  });
});

describeParser({
  name: 'parseBeaconchainEpoch',
  parse: parseBeaconchainEpoch,
  reply: reply(260_000),
  check: ({ activeValidators, stakedEth, participation }) => {
    expect(Number.isSafeInteger(activeValidators) && stakedEth >= 0 && participation >= 0 && participation <= 1).toBe(true);
  },
});

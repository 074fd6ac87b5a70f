import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, SourceError, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { describeParser, mutate } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import type { ExtractContext } from '../source-extractor.ts';
import { BeaconClient } from './beacon-client.ts';
import { churnPerEpoch } from './churn.ts';
import { readDataElements } from './json-elements.ts';
import { parseFinality, parseQueueEth, parseSpec } from './parse-beacon.ts';
import { createValidatorExtractor } from './validator-extractor.ts';
import { parseValidatorCount, sumValidators } from './validator-statuses.ts';

const NEVER = '18446744073709551615';

async function* cutAt(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function elementsOf(text: string, size: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const element of readDataElements(cutAt(text, size), 'test')) found.push(element);
  return found;
}

const validator = (status: string, eth: number, index = 1) => ({
  index: String(index),
  balance: String(eth * 1e9 + 5),
  status,
  validator: { pubkey: `0x${'ab'.repeat(48)}`, effective_balance: String(eth * 1e9), slashed: false, exit_epoch: NEVER },
});

describe('readDataElements', () => {
  it('gives the same elements wherever the bytes are cut', async () => {
    const text = fc.string({ unit: 'grapheme-ascii' });
    const element = fc.record({ index: text, nested: fc.record({ list: fc.array(fc.integer()), text }), data: text });
    const body = fc.record({ execution_optimistic: fc.boolean(), note: text, data: fc.array(element), after: fc.array(element) });
    await fc.assert(
      fc.asyncProperty(body, fc.integer({ min: 1, max: 50 }), async (value, size) => {
        const json = JSON.stringify(value);
        expect(await elementsOf(json, size)).toEqual((JSON.parse(json) as { data: unknown[] }).data);
      }),
      { numRuns: 300 },
    );
  });

  it('finds `data` only at the top', async () => {
    expect(await elementsOf('{"meta": {"data": [{"a": 1}]}, "x": "data", "data": [{"b": 2}], "y": [{"c": 3}]}', 3)).toEqual([
      { b: 2 },
    ]);
  });

  it.each(['', '{}', '[]', '{"data": [{"a": 1}', '{"data": [{"a": 1}]', '{"data": {}}'])(
    'refuses %j as incomplete',
    async (text) => {
      await expect(elementsOf(text, 4)).rejects.toMatchObject({ code: 'json.incomplete' });
    },
  );

  it('refuses an element without end', async () => {
    await expect(elementsOf(`{"data": [{"a": "${'x'.repeat(200_000)}"}]}`, 1_000)).rejects.toMatchObject({
      code: 'json.element_invalid',
    });
  });
});

describe('sumValidators', () => {
  const list = [
    validator('active_ongoing', 32),
    validator('active_ongoing', 2_048),
    validator('active_exiting', 32),
    validator('pending_queued', 32),
    validator('withdrawal_done', 0),
  ];

  it('counts by status and sums effective balances', async () => {
    expect(await sumValidators(cutAt(JSON.stringify({ data: list }), 17))).toEqual({
      active: 3,
      exiting: 1,
      pendingQueued: 1,
      activeEth: 2_112,
      exitingEth: 32,
    });
  });

  it('gives a typed error or sound totals for strange lists', async () => {
    const rng = createRng(5);
    for (let round = 0; round < 3_000; round += 1) {
      const whole = JSON.stringify(mutate({ data: list }, rng)) ?? '';
      const text = rng() < 0.3 ? whole.slice(0, Math.floor(rng() * whole.length)) : whole;
      try {
        const totals = await sumValidators(cutAt(text, 1 + Math.floor(rng() * 60)));
        for (const value of Object.values(totals)) expect(Number.isFinite(value) && value >= 0).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(SourceError);
      }
    }
  });

  it('reads a list of 60,000 in constant memory', async () => {
    async function* many() {
      yield Buffer.from('{"finalized":true,"data":[');
      for (let i = 0; i < 60_000; i += 1) yield Buffer.from((i ? ',' : '') + JSON.stringify(validator('active_ongoing', 32, i)));
      yield Buffer.from(']}');
    }
    expect(await sumValidators(many())).toMatchObject({ active: 60_000, activeEth: 1_920_000 });
  });
});

const spec = { data: { SECONDS_PER_SLOT: '12', SLOTS_PER_EPOCH: '32', ELECTRA_FORK_EPOCH: '364032', DENEB_FORK_EPOCH: NEVER } };
const finality = {
  finalized: true,
  data: {
    previous_justified: { epoch: '9', root: '0x1' },
    current_justified: { epoch: '10', root: '0x2' },
    finalized: { epoch: '9', root: '0x3' },
  },
};
const count = {
  data: [
    { status: 'active_ongoing', count: '900000' },
    { status: 'active_exiting', count: '10' },
  ],
};
const deposits = { version: 'electra', data: [{ pubkey: '0x1', amount: '32000000000', slot: '5' }, { amount: '1000000000' }] };

describeParser({ name: 'parseSpec', parse: parseSpec, reply: spec, check: ({ slotMs }) => expect(slotMs).toBeGreaterThan(0) });
describeParser({
  name: 'parseFinality',
  parse: parseFinality,
  reply: finality,
  check: ({ finalizedEpoch }) => expect(finalizedEpoch).toBeGreaterThanOrEqual(0),
});
describeParser({
  name: 'parseValidatorCount',
  parse: parseValidatorCount,
  reply: count,
  check: ({ active }) => expect(Number.isFinite(active) && active >= 0).toBe(true),
});
describeParser({
  name: 'parseQueueEth',
  parse: parseQueueEth,
  reply: deposits,
  check: (eth) => expect(Number.isFinite(eth) && eth >= 0).toBe(true),
});

describe.skipIf(!hasRecordedReplies)('recorded beacon replies (skipped where they are absent)', () => {
  it.each([
    ['states_head_validators_many.json', undefined],
    ['states_head_validators_id_100_101.json', 64],
    ['states_head_validators_publicnode.json', 0],
  ])('sums %s', async (file, activeEth) => {
    const text = JSON.stringify(readRecorded(`beacon/${file}`));
    const totals = await sumValidators(cutAt(text, 1_000));
    const { data } = JSON.parse(text) as { data: { status: string }[] };
    expect(totals.active).toBe(data.filter(({ status }) => status.startsWith('active')).length);
    if (activeEth !== undefined) expect(totals.activeEth).toBe(activeEth);
  });
});

describe('churnPerEpoch', () => {
  const timing = { genesisMs: 0, slotMs: 12_000, slotsPerEpoch: 32, denebEpoch: 100, electraEpoch: 200 };
  it.each([
    [50, 900_000, 13 * 32, 13 * 32],
    [150, 900_000, 8 * 32, 13 * 32],
    [250, 1_000_000, 256, 256],
    [250, 10_000, 128, 128],
  ])('at epoch %i with %i validators: %i ETH in, %i out', (epoch, active, entryEth, exitEth) => {
    expect(churnPerEpoch(active, active * 32, epoch, timing)).toEqual({ entryEth, exitEth });
  });
});

describe('validator extractor', () => {
  const DAY = Date.UTC(2024, 1, 10);
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

  /** Slots of 600 s from ten days before DAY; `electra` from the start or never, states before `oldest` pruned. */
  async function start(options: { hasCount: boolean; electra: boolean; oldestMs?: number }) {
    const genesisMs = DAY - 10 * DAY_MS;
    const asked: string[] = [];
    server = await startLoopback((request, response) => {
      const path = (request.url ?? '').replace('/eth/v1', '').replace(/\?.*/, '');
      asked.push(path);
      const answer = (body: unknown): void => {
        response.end(JSON.stringify(body));
      };
      if (path === '/beacon/genesis') return answer({ data: { genesis_time: String(genesisMs / 1_000) } });
      if (path === '/config/spec') {
        const electraEpoch = options.electra ? '0' : NEVER;
        return answer({ data: { SECONDS_PER_SLOT: '600', SLOTS_PER_EPOCH: '32', ELECTRA_FORK_EPOCH: electraEpoch } });
      }
      const [, slot, what] = /^\/beacon\/states\/(\d+)\/(\w+)$/.exec(path) ?? [];
      if (genesisMs + Number(slot) * 600_000 < (options.oldestMs ?? 0)) {
        return void response.writeHead(404).end('{"code": 404, "message": "State not found: pruned"}');
      }
      if (what === 'finality_checkpoints') return answer(finality);
      if (what === 'validator_count' && options.hasCount) {
        return answer({ data: [...count.data, { status: 'pending_queued', count: '20' }] });
      }
      if (what === 'validators') return answer({ data: [validator('active_ongoing', 64), validator('active_exiting', 32)] });
      if (what === 'pending_deposits') return answer(deposits);
      if (what === 'pending_partial_withdrawals') return answer({ data: [{ amount: '5000000000' }] });
      if (what === 'pending_consolidations') return answer({ data: [{}, {}] });
      return void response.writeHead(404).end();
    });
    const http = new HttpClient({ fetch, timer: systemTimer, rng: () => 0, maxAttempts: 2 });
    return { asked, extractor: createValidatorExtractor(new BeaconClient(http, server.url)) };
  }
  const range = { startMs: DAY, endMs: DAY + 2 * DAY_MS };

  it('samples every day at noon, by counts before Electra', async () => {
    const { asked, extractor } = await start({ hasCount: true, electra: false });
    const { batches, complete } = await extractor.extract(range, context(DAY + 5 * DAY_MS));
    const numbers = batches[0]!.numbers;
    expect([...batches[0]!.timeMs]).toEqual([DAY, DAY + DAY_MS]);
    expect([...batches[0]!.availableTimeMs]).toEqual([DAY + DAY_MS, DAY + 2 * DAY_MS]);
    expect(numbers.active_validators![0]).toBe(900_010);
    expect(numbers.staked_eth![0]).toBe(900_010 * 32);
    expect(numbers.entry_queue_eth![0]).toBe(640);
    expect(numbers.exit_queue_eth![0]).toBe(320);
    expect(numbers.participation![0]).toBeNaN();
    expect(numbers.finalized_epoch![0]).toBe(9);
    const slot = (10 * DAY_MS + 12 * HOUR_MS) / 600_000;
    expect(asked).toContain(`/beacon/states/${slot}/validator_count`);
    expect(complete.reduce((total, { startMs, endMs }) => total + endMs - startMs, 0)).toBe(2 * DAY_MS);
  });

  it('reads balances and the queues of Electra', async () => {
    const { extractor } = await start({ hasCount: true, electra: true });
    const { batches } = await extractor.extract(range, context(DAY + 5 * DAY_MS));
    const numbers = batches[0]!.numbers;
    expect(numbers.staked_eth![0]).toBe(96);
    expect(numbers.pending_deposits_eth![0]).toBe(33);
    expect(numbers.entry_queue_eth![0]).toBe(33);
    expect(numbers.exit_queue_eth![0]).toBe(32);
    expect(numbers.pending_withdrawals_eth![0]).toBe(5);
    expect(numbers.pending_consolidations![0]).toBe(2);
  });

  it('falls back to the full list where counts are not offered', async () => {
    const { asked, extractor } = await start({ hasCount: false, electra: false });
    const { batches } = await extractor.extract(range, context(DAY + 5 * DAY_MS));
    expect(batches[0]!.numbers.active_validators![0]).toBe(2);
    expect(asked.filter((path) => path.endsWith('validator_count')).length).toBeLessThanOrEqual(2);
  });

  it('says which days a node has pruned and gives the others', async () => {
    const { extractor } = await start({ hasCount: true, electra: false, oldestMs: DAY + DAY_MS });
    const { batches, complete, notes } = await extractor.extract(range, context(DAY + 5 * DAY_MS));
    expect([...batches[0]!.timeMs]).toEqual([DAY + DAY_MS]);
    expect(complete).toEqual([{ startMs: DAY + DAY_MS, endMs: DAY + 2 * DAY_MS }]);
    expect(notes).toEqual([
      { range: { startMs: DAY, endMs: DAY + DAY_MS }, text: expect.stringContaining('state_pruned'), inPart: true },
    ]);
  });

  it('leaves a day that is not over for later', async () => {
    const { extractor } = await start({ hasCount: true, electra: false });
    const { batches, complete } = await extractor.extract(range, context(DAY + 23 * HOUR_MS));
    expect(batches[0]!.timeMs).toHaveLength(0);
    expect(complete).toEqual([]);
  });
});

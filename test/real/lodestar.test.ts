import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng, DAY_MS, HOUR_MS, ManualClock, systemTimer } from '../../src/domain/index.ts';
import { checkSources, createExtractionAgent } from '../../src/extraction/index.ts';
import { DataManager } from '../../src/storage/index.ts';
import { type Lodestar, SLOT_S, SLOTS_PER_EPOCH, startLodestar } from './lodestar.fixture.ts';

const DAY = Date.UTC(2024, 2, 1);
/** The slot of noon, at which a day is sampled, begins epoch 3. */
const SAMPLED_EPOCH = 3;
const GENESIS = DAY + 12 * HOUR_MS - SAMPLED_EPOCH * SLOTS_PER_EPOCH * SLOT_S * 1_000;

let folder: string;
let lodestar: Lodestar;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-beacon-'));
  lodestar = await startLodestar(GENESIS);
  await lodestar.reached(SAMPLED_EPOCH * SLOTS_PER_EPOCH + 2);
});
afterAll(async () => {
  await lodestar.close();
  await rm(folder, { recursive: true });
});

async function extract(stateFile: string) {
  const clock = new ManualClock(DAY + 2 * DAY_MS);
  const store = await DataManager.open(folder, { clock, timer: systemTimer });
  const agent = createExtractionAgent({
    store,
    clock,
    timer: systemTimer,
    rng: createRng(1),
    urls: { beacon: lodestar.url },
    stateFile: join(folder, stateFile),
    datasets: ['validator_data'],
  });
  const { days } = await agent.extractDay(DAY, { resume: false });
  const found = await store.readSeries('validator_data', 'beacon:ethereum:1d', {});
  await store.close();
  return { day: days[0]?.datasets.find(({ dataset }) => dataset === 'validator_data'), found };
}

describe('validators of a real Beacon node', () => {
  it('are sampled at noon, from a node without validator_count', async () => {
    const { day, found } = await extract('state.json');
    expect(day).toMatchObject({ status: 'ok', rows: 1 });
    expect([...found!.timeMs]).toEqual([DAY]);
    const at = (name: string) => found!.numbers[name]![0];
    expect(at('active_validators')).toBe(lodestar.validators);
    expect(at('staked_eth')).toBe(lodestar.validators * 32);
    expect(at('exit_queue_eth')).toBe(0);
    expect(at('finalized_epoch')).toBeLessThan(SAMPLED_EPOCH);
    expect(at('participation')).toBeNaN();
  });

  it('answers as `ets sources check` expects', async () => {
    const checked = await checkSources({
      urls: { beacon: lodestar.url },
      keys: {},
      feeds: [],
      nowMs: DAY,
      timer: systemTimer,
      rng: createRng(1),
      requestTimeoutMs: 5_000,
      signal: new AbortController().signal,
    });
    expect(checked.find(({ name }) => name === 'beacon')).toMatchObject({ status: 'ok', differences: [] });
  });

  it('are told as state_pruned when the node no longer has the state, and what was stored stays', async () => {
    await lodestar.finalized(SAMPLED_EPOCH + 1);
    const { day, found } = await extract('later-state.json');
    expect(day).toMatchObject({ status: 'partial', rows: 0, notes: [expect.stringContaining('state_pruned')] });
    expect(found!.rows).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng, systemTimer } from '../domain/index.ts';
import { checkSources } from './check-sources.ts';
import { type SmallWorld, startSmallWorld } from './small-world.fixture.ts';

const NOW = Date.UTC(2024, 5, 1, 12);
let world: SmallWorld;
beforeEach(async () => {
  world = await startSmallWorld(NOW);
});
afterEach(() => world.close());

const check = async (urls: object = {}) => {
  const checked = await checkSources({
    urls: { ...world.urls, ...urls },
    keys: {},
    feeds: [],
    nowMs: NOW,
    timer: systemTimer,
    rng: createRng(1),
    requestTimeoutMs: 2_000,
    signal: new AbortController().signal,
  });
  return Object.fromEntries(checked.map((one) => [one.name, one]));
};

describe('checkSources', () => {
  it('finds sources that answer as expected, and says which are not configured', async () => {
    const checked = await check();
    for (const name of ['yahoo', 'binance', 'fearGreed', 'rpc']) {
      expect(checked[name]).toMatchObject({ status: 'ok', differences: [], latencyMs: expect.any(Number) });
    }
    for (const name of ['whaleAlert', 'beacon', 'beaconchain']) expect(checked[name]?.status).toBe('not configured');
  });

  it('shows where a reply differs, and which source gives none', async () => {
    world.failing = '/b/';
    const checked = await check({ fearGreed: world.urls.yahoo, beacon: 'http://127.0.0.1:1' });
    expect(checked.fearGreed).toMatchObject({ status: 'differs', differences: [expect.stringContaining('data')] });
    expect(checked.binance).toMatchObject({ status: 'failed', differences: [expect.stringContaining('500')] });
    expect(checked.beacon).toMatchObject({ status: 'failed', differences: [expect.stringContaining('cannot be reached')] });
    expect(checked.yahoo?.status).toBe('ok');
  });
});

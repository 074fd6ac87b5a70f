import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DRILL_TIMEOUT_MS, Drill, preparedData } from './drills/drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: true });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 0, from: base.folder });
});
afterEach(() => drill.close());

const held = async (): Promise<number> => {
  const { balances } = (await (await fetch(`${drill.sandbox.urls.control}/ledger`)).json()) as {
    balances: { ETH: { free: string; locked: string } };
  };
  return Number(balances.ETH.free) + Number(balances.ETH.locked);
};
const isAsked = () => existsSync(drill.path('trades/FLATTEN'));

/** Runs the daemon until it has bought. */
async function running() {
  const daemon = drill.launch('run');
  const ready = await daemon.ready;
  await expect.poll(held, { timeout: 120_000, interval: 20 }).toBeGreaterThan(0.01);
  return { daemon, url: ready!.url };
}

describe('ets flatten', () => {
  it('beside a running daemon: it sells within seconds, and buys nothing more', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const { daemon } = await running();
    expect(await drill.ets('flatten')).toMatchObject({
      code: 0,
      json: { halted: true, why: 'flatten', position: { eth: null } },
    });
    await expect.poll(isAsked, { timeout: 10_000, interval: 100 }).toBe(false);
    expect(await held()).toBeLessThan(0.0001);
    expect(await drill.stop(daemon)).toMatchObject({ code: 0 });
    expect(drill.told.of('flatten_failed')).toEqual([]);
    expect(await held()).toBeLessThan(0.0001);
  });

  it('by the API: answers with what became of it', { timeout: DRILL_TIMEOUT_MS }, async () => {
    drill.env = { ETS_API_TOKEN: 'token' };
    const { daemon, url } = await running();
    const flatten = async () => {
      const reply = await fetch(`${url}/api/v1/flatten`, { method: 'POST', headers: { authorization: 'Bearer token' } });
      return (await reply.json()) as { isFlat: boolean; orders: { state: string }[]; position: { eth: string } };
    };
    const [first, second] = await Promise.all([flatten(), flatten()]);
    expect([first.isFlat, second.isFlat]).toEqual([true, true]);
    expect(Number(second.position.eth)).toBeLessThan(0.0001);
    expect(await held()).toBeLessThan(0.0001);
    expect(isAsked()).toBe(false);
    expect(await drill.stop(daemon)).toMatchObject({ code: 0 });
  });

  it('without a daemon, at an exchange that refuses: exits 4, and the next daemon goes on with it', {
    timeout: DRILL_TIMEOUT_MS,
  }, async () => {
    const { daemon } = await running();
    expect(await drill.stop(daemon)).toMatchObject({ code: 0 });
    await drill.faults('binance:reject');
    expect(await drill.ets('flatten')).toMatchObject({ code: 4, json: { error: { code: 'flatten.not_flat' } } });
    expect(isAsked()).toBe(true);
    expect(await held()).toBeGreaterThan(0.01);
    const next = drill.launch('run');
    await expect.poll(() => drill.told.of('flatten_failed').length, { timeout: 30_000 }).toBe(1);
    await drill.faults();
    await expect.poll(isAsked, { timeout: 60_000, interval: 200 }).toBe(false);
    expect(await held()).toBeLessThan(0.0001);
    expect(await drill.stop(next)).toMatchObject({ code: 0 });
  });
});

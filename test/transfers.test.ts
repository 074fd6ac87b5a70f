import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../src/domain/index.ts';
import { DRILL_TIMEOUT_MS, Drill, preparedData, START_MS } from './drills/drill.fixture.ts';

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: false });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 60, from: base.folder });
  drill.env = { ETS_API_TOKEN: 'token' };
});
afterEach(() => drill.close());

describe('money moved by hand', () => {
  it('is booked by the daemon that runs, once, and is neither gain nor loss', { timeout: DRILL_TIMEOUT_MS }, async () => {
    const running = drill.launch('run');
    const { url } = (await running.ready)!;
    const decided = (days: number) =>
      expect.poll(() => drill.decisions().length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(days);
    drill.sandbox.clock.moveTo(START_MS + 23 * HOUR_MS - MINUTE_MS);
    await decided(1);

    // The exchange's account holds no more than its own capital: what is given here is taken again.
    const taken = await drill.ets('transfer', '--amount=-4000');
    expect(taken).toMatchObject({ code: 0, json: { amount: '-4000', valueUsd: '-4000', owned: { usd: '6000' } } });
    const post = async (body: unknown, token = 'token') => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const reply = await fetch(`${url}/api/v1/transfer`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: reply.status, body: (await reply.json()) as unknown };
    };
    expect(await post({ amount: '1000' }, 'wrong')).toMatchObject({ status: 401 });
    const twice = { amount: '1000', requestId: 'once' };
    for (let time = 0; time < 2; time++)
      expect(await post(twice)).toMatchObject({ status: 200, body: { owned: { usd: '7000' } } });
    expect(await post({ amount: '-7001' })).toMatchObject({ status: 422, body: { error: { code: 'transfer.not_owned' } } });
    const refused = await drill.ets('transfer', '--amount=-7001');
    expect(refused).toMatchObject({ code: 2, json: { error: { code: 'transfer.not_owned' } } });
    const position = (await (await fetch(`${url}/api/v1/positions`)).json()) as unknown;
    expect(position).toMatchObject({ eth: '0', usd: '7000' });

    drill.sandbox.clock.moveTo(START_MS + DAY_MS + 23 * HOUR_MS - MINUTE_MS);
    await decided(2);
    expect(await drill.stop(running)).toMatchObject({ code: 0 });
    const audit = readFileSync(drill.path('audit.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(audit).toMatchObject([
      { what: expect.stringMatching(/^transfer /), from: 'command line', status: 200 },
      { what: 'POST /api/v1/transfer', status: 401 },
      { what: 'POST /api/v1/transfer', status: 200 },
      { what: 'POST /api/v1/transfer', status: 200 },
      { what: 'POST /api/v1/transfer', status: 422 },
      { what: expect.stringMatching(/^transfer /), status: 422 },
    ]);
    const report = (await drill.ets('performance-report', '--format', 'json')).json;
    expect(report).toMatchObject({ metrics: { totalReturn: 0, maxDrawdown: 0 } });
    expect((report as { equity: { equityUsd: number }[] }).equity.map(({ equityUsd }) => equityUsd)).toEqual([10_000, 7_000]);

    // And without a daemon, by the command itself.
    expect(await drill.ets('transfer', '--amount=-500')).toMatchObject({ code: 0, json: { owned: { usd: '6500' } } });
    expect(await drill.ets('journal', 'verify')).toMatchObject({ code: 0 });
  });
});

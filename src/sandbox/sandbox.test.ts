import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import { SANDBOX_API_KEY, SANDBOX_API_SECRET, type Sandbox, startSandbox } from './index.ts';

const startMs = Date.UTC(2024, 0, 1);
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 3, startMs, edge: 0.3, speed: 0 });
});
afterAll(() => sandbox.close());

const json = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
};
const control = (path: string, body?: unknown) =>
  json(`${sandbox.urls.control}${path}`, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
const rpc = async (method: string, ...params: unknown[]) =>
  (await json(sandbox.urls.rpc, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) })).body as {
    result: never;
    error?: { code: number };
  };
function signed(parameters: Record<string, string>, secret = SANDBOX_API_SECRET, key = SANDBOX_API_KEY) {
  const query = new URLSearchParams(parameters).toString();
  const signature = createHmac('sha256', secret).update(query).digest('hex');
  return [`${query}&signature=${signature}`, { headers: { 'x-mbx-apikey': key } }] as const;
}

describe('the sandbox', () => {
  it('stands still at speed 0 and moves when it is told to', async () => {
    expect((await control('/clock')).body).toEqual({ nowMs: startMs, speed: 0, hostAheadMs: 0 });
    const moved = { nowMs: startMs + HOUR_MS, speed: 0, hostAheadMs: 0 };
    expect((await control('/clock', { advanceMs: HOUR_MS })).body).toEqual(moved);
    expect((await json(`${sandbox.urls.binance}/api/v3/time`)).body).toEqual({ serverTime: startMs + HOUR_MS });
  });

  describe('of a host whose clock is set wrong', () => {
    const worldOf = async (speed: number) => {
      const one = await startSandbox({ seed: 3, startMs, edge: 0.3, speed });
      const clock = async (body?: unknown) => {
        const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
        return (await json(`${one.urls.control}/clock`, init)) as { status: number; body: { nowMs: number } };
      };
      const serverTime = async () => ((await json(`${one.urls.binance}/api/v3/time`)).body as { serverTime: number }).serverTime;
      return { one, clock, serverTime };
    };

    it('tells the host its own time, and moves on by it, at speed 0', async () => {
      const { one, clock, serverTime } = await worldOf(0);
      try {
        expect((await clock({ hostAheadMs: 5_000 })).body).toEqual({ nowMs: startMs + 5_000, speed: 0, hostAheadMs: 5_000 });
        expect(await serverTime()).toBe(startMs);
        expect((await clock({ nowMs: startMs + HOUR_MS })).body.nowMs).toBe(startMs + HOUR_MS);
        expect(await serverTime()).toBe(startMs + HOUR_MS - 5_000);
        expect((await clock({ hostAheadMs: -90_000 })).body.nowMs).toBe(startMs + HOUR_MS - 95_000);
        expect((await clock({ nowMs: startMs })).body.nowMs).toBe(startMs + HOUR_MS - 95_000);
        expect(await serverTime()).toBe(startMs + HOUR_MS - 5_000);
        expect((await clock({ advanceMs: 1_000 })).body.nowMs).toBe(startMs + HOUR_MS - 94_000);
      } finally {
        await one.close();
      }
    });

    it('never takes the world back, at a speed of its own', async () => {
      const { one, clock, serverTime } = await worldOf(600);
      try {
        const before = await serverTime();
        const { nowMs } = (await clock({ hostAheadMs: -90_000 })).body;
        const after = await serverTime();
        expect(before).toBeGreaterThanOrEqual(startMs);
        expect(nowMs + 90_000).toBeGreaterThanOrEqual(before);
        expect(after).toBeGreaterThanOrEqual(nowMs + 90_000);
        const moved = (await clock({ nowMs: startMs + HOUR_MS })).body.nowMs;
        expect(moved).toBeGreaterThanOrEqual(startMs + HOUR_MS);
        expect(await serverTime()).toBeGreaterThanOrEqual(moved + 90_000);
      } finally {
        await one.close();
      }
    });
  });

  describe('as Binance', () => {
    const account = (parameters: Record<string, string>, ...keys: string[]) => {
      const [query, init] = signed(parameters, ...keys);
      return json(`${sandbox.urls.binance}/api/v3/account?${query}`, init);
    };
    const now = () => String(sandbox.clock.nowMs());

    it('serves whoever signs in time', async () => {
      expect((await account({ timestamp: now() })).status).toBe(200);
    });

    it.each([
      ['a wrong signature', () => account({ timestamp: now() }, 'wrong'), -1022],
      ['an unknown key', () => account({ timestamp: now() }, SANDBOX_API_SECRET, 'nobody'), -2015],
      ['an old timestamp', () => account({ timestamp: String(sandbox.clock.nowMs() - 6_000) }), -1021],
      ['a timestamp of the future', () => account({ timestamp: String(sandbox.clock.nowMs() + 2_000) }), -1021],
      ['no timestamp', () => account({}), -1102],
    ])('refuses %s', async (_, ask, code) => {
      const { status, body } = await ask();
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).toMatchObject({ code });
    });
  });

  describe('as an Ethereum node', () => {
    it('links its blocks, and finalises none of the future', async () => {
      const last = Number((await rpc('eth_blockNumber')).result);
      const { number, timestamp } = (await rpc('eth_getBlockByNumber', 'finalized', false)).result as Record<string, string>;
      expect(Number(number)).toBeLessThan(last);
      expect(Number(timestamp) * 1_000).toBeLessThanOrEqual(sandbox.clock.nowMs());
      const block = (await rpc('eth_getBlockByNumber', number, false)).result as Record<string, string>;
      const parent = (await rpc('eth_getBlockByNumber', `0x${(Number(number) - 1).toString(16)}`, false)).result as Record<
        string,
        string
      >;
      expect(block.parentHash).toBe(parent.hash);
      expect((await rpc('eth_getBlockByNumber', `0x${(last + 1).toString(16)}`, false)).result).toBeNull();
    });

    it('gives fee history of as many blocks as asked', async () => {
      const { baseFeePerGas, gasUsedRatio } = (await rpc('eth_feeHistory', '0x5', 'latest', [])).result as Record<
        string,
        string[]
      >;
      expect([baseFeePerGas!.length, gasUsedRatio!.length]).toEqual([6, 5]);
    });

    it('knows no method that nodes do not have', async () => {
      expect((await rpc('eth_makeMeRich')).error).toMatchObject({ code: -32601 });
    });
  });

  it('shows one index of fear and greed a day, newest first', async () => {
    const { body } = await json(`${sandbox.urls.fearGreed}/fng/?limit=3`);
    const days = (body as { data: { timestamp: string; value: string }[] }).data;
    expect(days).toHaveLength(3);
    expect(Number(days[0]!.timestamp) - Number(days[1]!.timestamp)).toBe(DAY_MS / 1_000);
  });

  describe('with faults', () => {
    const ping = () => fetch(`${sandbox.urls.binance}/api/v3/time`, { signal: AbortSignal.timeout(300) });
    const withFault = async (fault: string) => {
      await control('/faults', { faults: [fault] });
      try {
        return await ping().then(async (response) => ({
          status: response.status,
          retryAfter: response.headers.get('retry-after'),
          text: await response.text(),
        }));
      } finally {
        await control('/faults', { faults: [] });
      }
    };

    it('answers 429 with the time to wait', async () => {
      expect(await withFault('binance:429=7')).toMatchObject({ status: 429, retryAfter: '7' });
    });
    it('fails with 500', async () => {
      expect(await withFault('*:500')).toMatchObject({ status: 500 });
    });
    it('sends what is not JSON', async () => {
      expect((await withFault('binance:malformed')).text).toContain('<html>');
    });
    it('cuts the connection inside a reply', async () => {
      await expect(withFault('binance:cut')).rejects.toThrow('terminated');
    });
    it('hangs', async () => {
      await expect(withFault('binance:hang')).rejects.toMatchObject({ name: 'TimeoutError' });
    });
    it('strikes only the source it names', async () => {
      expect(await withFault('yahoo:500')).toMatchObject({ status: 200 });
    });
    it('refuses a fault that is none', async () => {
      expect((await control('/faults', { faults: ['binance:earthquake'] })).status).toBe(400);
    });
    it('accepts an order and says nothing: it is in the ledger all the same', async () => {
      await control('/faults', { faults: ['binance:accept-then-timeout'] });
      const [body, init] = signed({
        symbol: 'ETHUSDT',
        side: 'BUY',
        type: 'MARKET',
        quantity: '0.1',
        newClientOrderId: 'silent',
        timestamp: String(sandbox.clock.nowMs()),
      });
      const order = fetch(`${sandbox.urls.binance}/api/v3/order`, {
        ...init,
        method: 'POST',
        body,
        signal: AbortSignal.timeout(300),
      });
      await expect(order).rejects.toMatchObject({ name: 'TimeoutError' });
      await control('/faults', { faults: [] });
      expect((await control('/ledger')).body).toMatchObject({ orders: [{ clientOrderId: 'silent', status: 'FILLED' }] });
    });
  });
});

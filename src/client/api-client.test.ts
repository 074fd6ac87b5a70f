import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { systemTimer } from '../domain/index.ts';
import { EventLog, REPLIES, type ServiceApi, startServer } from '../server/index.ts';
import { ApiClient, ApiError } from './api-client.ts';

const TOKEN = 'a-token-of-the-test';
const NOW = Date.UTC(2024, 0, 1);
const STATUS = { simulated: true, status: 'ok', checks: [], protectedAt: null, jobs: [], streams: [] } as const;

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve() {
  const asked: [string, number][] = [];
  const pushed: unknown[] = [];
  const events = new EventLog();
  const service: ServiceApi = {
    isReady: () => true,
    isSimulated: true,
    async read(what, limit) {
      asked.push([what, limit]);
      return (what === 'status' ? STATUS : []) as never;
    },
    metrics: async () => '',
    halt: async (by, why) => ({ halted: true, by, why }),
    resume: async () => ({ halted: false }),
    flatten: async () => ({
      halted: true,
      why: 'flatten',
      isFlat: true,
      stillHeldBecause: null,
      orders: [],
      position: { eth: '0' },
    }),
    transfer: async ({ asset, amount }) => ({
      requestId: 'r',
      asset,
      amount,
      valueUsd: amount,
      owned: { eth: '0', usd: amount },
    }),
    push: async (dataset, rows) => {
      pushed.push([dataset, rows]);
      return { rows: rows.length, stored: rows.length, quarantined: 0, warnings: [] };
    },
  };
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    requestsPerMinute: 1_000,
    version: '1',
    service,
    events,
    timer: systemTimer,
    audit: () => undefined,
    failed: () => undefined,
    observed: () => undefined,
  });
  servers.push(server);
  return { url: server.url, asked, pushed, events };
}

describe('the client of the API', () => {
  it('reads collections, the newest of lists', async () => {
    const { url, asked } = await serve();
    const client = new ApiClient({ url });
    expect(REPLIES.status.parse(await client.status())).toEqual(STATUS);
    expect(await client.decisions(3)).toEqual([]);
    await client.read('alerts');
    expect(asked).toEqual([
      ['status', 500],
      ['decisions', 3],
      ['alerts', 500],
    ]);
  });

  it('changes with the token', async () => {
    const { url, pushed } = await serve();
    const client = new ApiClient({ url: `${url}/`, token: TOKEN });
    expect(await client.halt('lunch')).toMatchObject({ halted: true, by: 'api', why: 'lunch' });
    expect(await client.resume()).toEqual({ halted: false });
    expect((await client.flatten()).position.eth).toBe('0');
    const rows = [{ time: NOW, value: 1.5, note: null }];
    expect((await client.push('own_data', rows)).stored).toBe(1);
    expect(pushed).toEqual([['own_data', rows]]);
  });

  it('rejects with the code of docs/errors.md where it may not', async () => {
    const { url } = await serve();
    const refused = await new ApiClient({ url }).halt('x').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 401, code: 'server.refused' });
    await expect(new ApiClient({ url }).read('decisions', 0)).rejects.toMatchObject({ status: 400, code: 'server.bad_request' });
    await expect(new ApiClient({ url: 'http://127.0.0.1:1' }).status()).rejects.toThrow('fetch failed');
  });

  it('opens the event stream where it was left, with a ticket', async () => {
    const { url, events } = await serve();
    for (const halted of [true, false]) events.add('halt', NOW, { halted });
    const socket = new WebSocket(await new ApiClient({ url, token: TOKEN }).streamUrl(1));
    const messages: { type: string; id?: number }[] = [];
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        messages.push(JSON.parse(`${data}`));
        if (messages.length === 2) resolve();
      });
    });
    socket.close();
    expect(messages).toMatchObject([
      { type: 'hello', lastId: 2 },
      { type: 'halt', id: 2 },
    ]);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { DataError, systemTimer } from '../domain/index.ts';
import { makeCertificate } from './certificate.fixture.ts';
import { EventLog } from './events.ts';
import type { ServiceApi, TransferBody } from './service-api.ts';
import { type AuditEntry, listenError, type ServerOptions, startServer } from './start-server.ts';

const TOKEN = 'a-token-of-the-test';
const NOW = Date.UTC(2024, 0, 1);

const shown: Readonly<Record<string, unknown>> = {
  status: { status: 'ok', checks: [{ name: '<b>', status: 'ok', detail: 'fine' }] },
  equity: [{ timeMs: NOW, equityUsd: 10_000 }],
};

class FakeService implements ServiceApi {
  isHalted = false;
  readonly isSimulated = true;
  isReady = () => true;
  read: ServiceApi['read'] = async (what) => (shown[what] ?? []) as never;
  metrics = async () => '# TYPE ets_x gauge\nets_x 1\n';
  halt = async (by: string, why: string) => {
    this.isHalted = true;
    return { halted: true, by, why };
  };
  resume = async () => ({ halted: false });
  flatten = async () => ({
    halted: true as const,
    why: 'flatten',
    isFlat: true,
    stillHeldBecause: null,
    orders: [],
    position: { eth: '0' },
  });
  readonly transfers: unknown[] = [];
  transfer = async (request: TransferBody) => {
    this.transfers.push(request);
    return { requestId: 'r', asset: request.asset, amount: request.amount, valueUsd: '1', owned: { eth: '0', usd: '1' } };
  };
  push = async (): ReturnType<ServiceApi['push']> => ({ rows: 1, stored: 1, quarantined: 0, warnings: [] });
}

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(over: Partial<ServerOptions> = {}) {
  const service = new FakeService();
  const events = new EventLog();
  const audited: AuditEntry[] = [];
  const failures: unknown[] = [];
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    requestsPerMinute: 1_000,
    version: '1',
    service,
    events,
    timer: systemTimer,
    audit: (entry) => void audited.push(entry),
    failed: (error) => void failures.push(error),
    observed: () => undefined,
    ...over,
  });
  servers.push(server);
  const url = server.url.replace('0.0.0.0', '127.0.0.1');
  const ask = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(url + path, init);
    const text = await reply.text();
    return { status: reply.status, text, headers: reply.headers, json: () => JSON.parse(text) };
  };
  const post = (path: string, body?: unknown, token = TOKEN) =>
    ask(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { url, service, events, audited, failures, ask, post };
}

const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

describe('the API on loopback', () => {
  it('is open to reads, wants the token for every change, and writes every change down', async () => {
    const { ask, post, service, audited } = await serve();
    for (const path of ['/healthz', '/readyz', '/metrics', '/', '/api/v1/status', '/api/v1/decisions?limit=5'])
      expect((await ask(path)).status, path).toBe(200);
    expect((await ask('/api/v1/halt', { method: 'POST' })).status).toBe(401);
    expect((await post('/api/v1/halt', {}, 'wrong')).status).toBe(401);
    expect((await post('/api/v1/halt', {}, `${TOKEN}x`)).status).toBe(401);
    expect(service.isHalted).toBe(false);
    expect((await post('/api/v1/halt', { why: 'a drill' })).json()).toEqual({ halted: true, by: 'api', why: 'a drill' });
    await expect
      .poll(() => audited.map(({ what, status }) => `${what} ${status}`))
      .toEqual(['POST /api/v1/halt 401', 'POST /api/v1/halt 401', 'POST /api/v1/halt 401', 'POST /api/v1/halt 200']);
  });

  it('takes transfers, and refuses what is no amount', async () => {
    const service = new FakeService();
    const { post } = await serve({ service });
    expect((await post('/api/v1/transfer', { amount: '-500.5', requestId: 'a-1' })).status).toBe(200);
    expect((await post('/api/v1/transfer', { amount: '2', asset: 'ETH' })).status).toBe(200);
    for (const body of [{}, { amount: 5 }, { amount: '0' }, { amount: '1e3' }, { amount: '1', asset: 'BTC' }])
      expect((await post('/api/v1/transfer', body)).status, JSON.stringify(body)).toBe(400);
    expect(service.transfers).toEqual([
      { asset: 'USDT', amount: '-500.5', requestId: 'a-1' },
      { asset: 'ETH', amount: '2' },
    ]);
  });

  it('answers 403 to a change where no token is configured', async () => {
    const { post, service } = await serve({ token: undefined });
    expect((await post('/api/v1/halt', {})).status).toBe(403);
    expect(service.isHalted).toBe(false);
  });

  it('refuses foreign hosts and origins, and allows no other site to read', async () => {
    const { url, ask } = await serve();
    const status = await new Promise<number | undefined>((resolve) => {
      httpRequest(`${url}/api/v1/status`, { headers: { host: 'evil.example' } }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      }).end();
    });
    expect(status).toBe(421);
    expect((await ask('/api/v1/status', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await ask('/api/v1/status', { headers: { origin: `${url.replace(/\d+$/, '1')}` } })).status).toBe(403);
    const own = await ask('/api/v1/status', { headers: { origin: url } });
    expect(own.status).toBe(200);
    expect(own.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('limits whoever guesses tokens and paths like everybody else', async () => {
    const { ask } = await serve({ host: '0.0.0.0', requestsPerMinute: 5 });
    const statuses: number[] = [];
    for (let request = 0; request < 6; request++)
      statuses.push((await ask(request % 2 ? '/api/v1/status' : '/nothing/here')).status);
    expect(statuses).toEqual([404, 401, 404, 401, 404, 429]);
    expect((await ask('/api/v1/status', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(429);
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('asks a browser for the token at the status page off loopback, and takes it', async () => {
    const { ask } = await serve({ host: '0.0.0.0' });
    const asked = await ask('/');
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="ets", charset="UTF-8"']);
    const authorization = `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`;
    expect((await ask('/', { headers: { authorization } })).status).toBe(200);
    expect((await ask('/api/v1/status')).headers.get('www-authenticate')).toBeNull();
  });

  it('limits the rate, but never health, and sends headers that browsers heed', async () => {
    const { ask } = await serve({ requestsPerMinute: 5 });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await ask('/api/v1/status')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const health = await ask('/healthz');
    expect(health.status).toBe(200);
    expect(health.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(health.headers.get('x-content-type-options')).toBe('nosniff');
    expect(health.headers.get('x-frame-options')).toBeTruthy();
  });

  it('says what of a request is wrong, and tells nothing of an error that nobody expected', async () => {
    const { ask, post, service, failures } = await serve();
    expect((await ask('/api/v1/decisions?limit=0')).json().error.problems[0].path).toBe('limit');
    expect((await post('/api/v1/data/whale_data', [])).status).toBe(400);
    expect((await post('/api/v1/data/..%2fx', [{ a: 1 }])).status).toBe(400);
    expect((await post('/api/v1/data/x', [{ text: 'x'.repeat(3_000_000) }])).status).toBe(413);
    expect((await ask('/api/v2')).status).toBe(404);
    service.push = () => Promise.reject(new DataError('ingest.dataset_unknown', 'unknown'));
    expect((await post('/api/v1/data/x', [{ a: 1 }])).status).toBe(422);
    service.read = () => Promise.reject(new Error('a secret path'));
    const reply = await ask('/api/v1/status');
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(failures).toHaveLength(1);
  });

  it('shows a page without script that says SIMULATED and escapes what it shows', async () => {
    const { text } = await (await serve()).ask('/');
    expect(text).toContain('SIMULATED');
    expect(text).toContain('10000.00 USDT');
    expect(text).not.toMatch(/<script|<b>/);
  });

  it('documents every route as OpenAPI 3.1', async () => {
    const { ask } = await serve();
    const { openapi, paths } = (await ask('/api/v1/openapi.json')).json();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths)).toContain('/api/v1/data/{dataset}');
    for (const path of ['/healthz', '/readyz', '/metrics', '/', '/api/v1/stream']) expect(paths).toHaveProperty([path, 'get']);
    expect(paths['/api/v1/stream'].get.responses).toHaveProperty('101');
    expect(paths['/api/v1/status'].get).not.toHaveProperty('security');
    const read = Object.keys(paths).filter((one) => 'get' in paths[one] && one !== '/api/v1/stream');
    for (const path of read) expect((await ask(path)).status, path).toBe(200);
  });
});

describe('the API off loopback', () => {
  it('documents that reads need the token', async () => {
    const { ask } = await serve({ host: '0.0.0.0' });
    const reply = await ask('/api/v1/openapi.json', { headers: { authorization: `Bearer ${TOKEN}` } });
    const { paths } = reply.json();
    expect(paths['/api/v1/status'].get).toMatchObject({ security: [{ bearer: [] }], responses: { 401: expect.anything() } });
    expect(paths['/healthz'].get).not.toHaveProperty('security');
  });

  it('does not start without a token', async () => {
    await expect(serve({ host: '0.0.0.0', token: undefined })).rejects.toMatchObject({
      code: 'server.token_missing',
      exitCode: 2,
      hint: expect.stringContaining('ETS_API_TOKEN'),
    });
  });

  it('wants a token for reads too, and lets the token of the metrics read nothing else', async () => {
    const { ask, post } = await serve({ host: '0.0.0.0', metricsToken: 'metrics-only' });
    for (const path of ['/api/v1/status', '/metrics', '/']) expect((await ask(path)).status, path).toBe(401);
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/api/v1/status', bearer(TOKEN))).status).toBe(200);
    expect((await ask('/metrics', bearer(TOKEN))).status).toBe(200);
    expect((await ask('/metrics', bearer('metrics-only'))).status).toBe(200);
    expect((await ask('/api/v1/status', bearer('metrics-only'))).status).toBe(401);
    expect((await post('/api/v1/halt', {}, 'metrics-only')).status).toBe(401);
  });
});

describe('where the API cannot listen', () => {
  it('names a port that is in use', async () => {
    const { url } = await serve();
    await expect(serve({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'server.port_in_use' });
  });

  it.each([
    ['EACCES', 'server.port_privileged', /below 1024/],
    ['EADDRNOTAVAIL', 'server.cannot_listen', /address of this machine/],
  ])('says what %s means', (code, expected, hint) => {
    const error = listenError(Object.assign(new Error('no'), { code }), '127.0.0.1', 443);
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining('127.0.0.1:443') });
    expect(error.hint).toMatch(hint);
  });

  it('says so of an address of another machine', async () => {
    await expect(serve({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'server.cannot_listen' });
  });
});

describe('TLS', () => {
  it('serves HTTPS to whoever trusts the certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ets-https-'));
    try {
      const { certFile, keyFile } = makeCertificate(folder);
      const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
      const { url } = await serve({ tls: { cert, key } });
      expect(url).toMatch(/^https:/);
      const ask = (trusted: Buffer | undefined) =>
        new Promise((resolve) => {
          httpsRequest(`${url}/healthz`, trusted ? { ca: trusted } : {}, (reply) => {
            reply.resume();
            resolve(reply.statusCode);
          })
            .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
            .end();
        });
      expect(await ask(cert)).toBe(200);
      expect(await ask(undefined)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

interface Message {
  readonly type: string;
  readonly id?: number;
  readonly lastId?: number;
}

/** Opens the stream and gathers its first messages; `refused` where it closes before. */
function listen(
  url: string,
  count: number,
  onMessage: (messages: readonly Message[], socket: WebSocket) => void = () => undefined,
) {
  return new Promise<readonly Message[] | { readonly refused: number }>((resolve, reject) => {
    const messages: Message[] = [];
    const socket = new WebSocket(url.replace(/^http/, 'ws'));
    socket.on('message', (text) => {
      messages.push(JSON.parse(String(text)) as Message);
      onMessage(messages, socket);
      if (messages.length < count) return;
      socket.close();
      resolve(messages.slice(0, count));
    });
    socket.on('close', (refused) => resolve({ refused }));
    socket.on('error', reject);
  });
}

describe('the event stream', () => {
  it('greets, sends what was missed, then what happens', async () => {
    const { url, events } = await serve();
    events.add('ready', NOW, {});
    events.add('alert', NOW, {});
    const messages = await listen(`${url}/api/v1/stream?after=1`, 3, ({ length }) => {
      if (length === 2) events.add('decision', NOW, {});
    });
    expect(messages).toMatchObject([
      { type: 'hello', lastId: 2 },
      { type: 'alert', id: 2 },
      { type: 'decision', id: 3 },
    ]);
  });

  it('says so where what was missed is not kept any more, or was of another run', async () => {
    const { url, events } = await serve();
    expect(await listen(`${url}/api/v1/stream?after=7`, 2)).toMatchObject([{ type: 'hello' }, { type: 'gap' }]);
    for (let i = 0; i < 1_001; i++) events.add('alert', NOW, {});
    expect(await listen(`${url}/api/v1/stream?after=0`, 3)).toMatchObject([{ type: 'hello' }, { type: 'gap' }, { id: 2 }]);
  });

  it('beats, and lets go of a subscriber that answers no ping', async () => {
    const { url } = await serve({ heartbeatMs: 20 });
    expect(await listen(`${url}/api/v1/stream`, 3)).toMatchObject([
      { type: 'hello' },
      { type: 'heartbeat' },
      { type: 'heartbeat' },
    ]);
    const closed = await new Promise<number>((resolve) => {
      const deaf = new WebSocket(`${url.replace('http', 'ws')}/api/v1/stream`, { autoPong: false });
      deaf.on('close', resolve);
    });
    expect(closed).toBe(1006);
  });

  it('lets a browser in by a ticket, once, and a page of another site not even with one', async () => {
    const { url, post } = await serve({ host: '0.0.0.0' });
    const ticket = async () => (await post('/api/v1/stream-ticket')).json().ticket as string;
    const first = await ticket();
    expect(await listen(`${url}/api/v1/stream`, 1)).toEqual({ refused: 1008 });
    expect(await listen(`${url}/api/v1/stream?ticket=${first}`, 1)).toMatchObject([{ type: 'hello' }]);
    expect(await listen(`${url}/api/v1/stream?ticket=${first}`, 1)).toEqual({ refused: 1008 });
    const second = await ticket();
    const foreign = await new Promise<number>((resolve) => {
      new WebSocket(`${url.replace('http', 'ws')}/api/v1/stream?ticket=${second}`, { origin: 'https://evil.example' }).on(
        'close',
        resolve,
      );
    });
    expect(foreign).toBe(1008);
  });
});

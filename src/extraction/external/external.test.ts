import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { DAY_MS, ManualClock, type RowBatch, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { readTable } from '../ingest/index.ts';
import { type LoopbackServer, startLoopback } from '../loopback-server.fixture.ts';
import { ExternalDataIntegrator } from './external-integrator.ts';
import type { ExternalSource } from './external-source.ts';
import { runExternalStream } from './external-stream.ts';
import { proposeSource } from './propose-source.ts';

const NOW = Date.UTC(2024, 5, 1);
let folder: string;
let server: LoopbackServer | undefined;
let stored: RowBatch[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ets-external-'));
  stored = [];
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

const store = {
  async append(batches: readonly RowBatch[]) {
    stored.push(...batches);
    return batches.map(({ dataset, series, timeMs }) => ({
      dataset,
      series,
      rows: timeMs.length,
      stored: timeMs.length,
      duplicates: 0,
      revised: 0,
    }));
  },
  async quarantine() {},
};
const clock = new ManualClock(NOW);
const deps = () => ({ store, clock, http: new HttpClient({ fetch, timer: systemTimer, rng: () => 0, maxAttempts: 2 }) });
const source = (origin: ExternalSource['origin'], more: Partial<ExternalSource> = {}): ExternalSource => ({
  dataset: 'my_signal',
  origin,
  options: { dataset: 'my_signal', interval: '1d' },
  requiredColumns: [],
  ...more,
});
const api = (endpoint: string, records?: string): ExternalSource['origin'] => ({
  kind: 'api',
  endpoint,
  headers: { 'x-key': 'k' },
  records,
  refreshMs: 3_600_000,
});
const rows = [
  { day: '2024-01-01', level: 1 },
  { day: '2024-01-02', level: 2 },
];

describe('ExternalDataIntegrator', () => {
  it('pulls an API with its headers, takes the rows where they are, and asks again when it is due', async () => {
    const asked: unknown[] = [];
    server = await startLoopback((request, response) => {
      asked.push(request.headers['x-key']);
      response.end(JSON.stringify({ data: { items: rows, other: [1] } }));
    });
    const integrator = new ExternalDataIntegrator([source(api(server.url, 'data.items'))], deps());
    expect(await integrator.pullDue(NOW)).toMatchObject([{ dataset: 'my_signal', status: 'ok' }]);
    expect(await integrator.pullDue(NOW + 3_599_999)).toEqual([]);
    expect(await integrator.pullDue(NOW + 3_600_000)).toHaveLength(1);
    expect(asked).toEqual(['k', 'k']);
    expect([...stored[0]!.numbers.level!]).toEqual([1, 2]);
  });

  it.each([
    ['HTML', '<html>', 'ingest.html', undefined],
    ['no JSON', 'x', 'external.no_json', 'data'],
    ['another shape', '{"a":1}', 'external.no_records', 'data.items'],
  ])('reports %s and goes on with the others', async (_what, body, code, records) => {
    server = await startLoopback((_request, response) => response.end(body));
    const file = join(folder, 'a.json');
    await writeFile(file, JSON.stringify(rows));
    const good = source({ kind: 'file', path: file, isReloaded: true }, { dataset: 'good' });
    const integrator = new ExternalDataIntegrator([source(api(server.url, records)), good], deps());
    expect(await integrator.pull()).toMatchObject([
      { status: 'failed', error: { code } },
      { dataset: 'good', status: 'ok' },
    ]);
  });

  it('asks all at once and waits for none beyond the deadline', async () => {
    let open = 0;
    server = await startLoopback((request, response) => {
      if (request.url?.endsWith('/hangs')) open += 1;
      else response.end(JSON.stringify(rows));
    });
    const { url } = server;
    const integrator = new ExternalDataIntegrator(
      ['a/hangs', 'b/hangs', 'c/hangs', 'good'].map((path) => source(api(`${url}/${path}`), { dataset: path[0]! })),
      deps(),
    );
    const deadline = new AbortController();
    const pulling = integrator.pullDue(NOW, deadline.signal);
    await expect.poll(() => [open, stored.length]).toEqual([3, 1]);
    deadline.abort();
    expect((await pulling).map(({ dataset, status, error }) => [dataset, status, error?.code])).toEqual([
      ['a', 'failed', 'external.late'],
      ['b', 'failed', 'external.late'],
      ['c', 'failed', 'external.late'],
      ['g', 'ok', undefined],
    ]);
  });

  it('reads a file again when it has changed, and only then', async () => {
    const file = join(folder, 'a.json');
    const integrator = new ExternalDataIntegrator([source({ kind: 'file', path: file, isReloaded: true })], deps());
    expect(await integrator.pullDue(NOW)).toEqual([]);
    await writeFile(file, JSON.stringify(rows));
    expect(await integrator.pullDue(NOW)).toMatchObject([{ status: 'ok' }]);
    expect(await integrator.pullDue(NOW)).toEqual([]);
    await writeFile(file, JSON.stringify([...rows, { day: '2024-01-03', level: 3 }]));
    expect(await integrator.pullDue(NOW)).toMatchObject([{ status: 'ok' }]);
  });

  it('says which required column is gone, and which source there is not', async () => {
    const file = join(folder, 'a.json');
    await writeFile(file, JSON.stringify(rows));
    const wanting = source({ kind: 'file', path: file, isReloaded: true }, { requiredColumns: ['level', 'Volume'] });
    const integrator = new ExternalDataIntegrator([wanting], deps());
    expect(await integrator.pull()).toMatchObject([{ status: 'failed', error: { code: 'external.columns_missing' } }]);
    await expect(integrator.pull('other')).rejects.toMatchObject({
      code: 'external.unknown',
      hint: expect.stringContaining('my_signal'),
    });
  });
});

describe('proposeSource', () => {
  it('says how a table would be read, for a person to confirm', async () => {
    const file = join(folder, 'signals.csv');
    await writeFile(file, 'Date,My Level,note\n2024-01-01,1,a\n2024-01-02,2,b\n2024-01-03,3,c\n');
    const [proposed] = proposeSource(await readTable(file, { dataset: 'my_signal' }), NOW);
    expect(proposed).toMatchObject({
      rows: 3,
      quarantined: 0,
      firstMs: Date.UTC(2024, 0, 1),
      schema: { interval: '1d', columns: { my_level: 'My Level' }, known_after: 0 },
    });
  });
});

describe('rows over a WebSocket', () => {
  it('are stored, also after the connection was cut; what is no row is told', async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    let connections = 0;
    sockets.on('connection', (socket) => {
      connections += 1;
      const day = new Date(Date.UTC(2024, 0, connections)).toISOString();
      socket.on('message', (text) => {
        expect(String(text)).toBe('subscribe');
        socket.send('no json');
        socket.send(JSON.stringify({ data: [{ time: day, level: connections }] }), () => socket.close());
      });
    });
    await once(sockets, 'listening');
    const { port } = sockets.address() as AddressInfo;
    const problems: string[] = [];
    const over = new AbortController();
    const origin = { kind: 'websocket' as const, url: `ws://127.0.0.1:${port}`, subscribe: 'subscribe', records: 'data' };
    await runExternalStream(source(origin), {
      store,
      clock: new ManualClock(NOW + DAY_MS),
      timer: {
        elapsedMs: () => 0,
        sleep: (_ms, signal) => new Promise((resolve) => setImmediate(() => (signal?.aborted ? resolve() : resolve()))),
      },
      rng: () => 0,
      signal: over.signal,
      onReport: () => {
        if (stored.length === 3) over.abort();
      },
      onProblem: (_dataset, problem) => problems.push(problem),
    });
    sockets.close();
    expect(stored.map(({ numbers }) => numbers.level![0])).toEqual([1, 2, 3]);
    expect(problems.filter((problem) => problem.includes('left out'))).toHaveLength(3);
  });
});

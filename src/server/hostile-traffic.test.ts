import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemTimer } from '../domain/index.ts';
import { EventLog } from './events.ts';
import type { ServiceApi } from './service-api.ts';
import { startServer } from './start-server.ts';

const TOKEN = 'a-token-of-the-test';
const TIMEOUT_MS = 400;
const ATTACKERS = 100;

let url: URL;
let halts: number;
let failures: unknown[];
let close: () => Promise<void>;
const sockets: Socket[] = [];

beforeEach(async () => {
  halts = 0;
  failures = [];
  const service = {
    isReady: () => true,
    isSimulated: true,
    read: async () => [],
    metrics: async () => '',
    halt: async () => {
      halts += 1;
      return { halted: true };
    },
  } as unknown as ServiceApi;
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    requestsPerMinute: 100_000,
    requestTimeoutMs: TIMEOUT_MS,
    version: '1',
    service,
    events: new EventLog(),
    timer: systemTimer,
    audit: () => undefined,
    failed: (error) => void failures.push(error),
    observed: () => undefined,
  });
  url = new URL(server.url);
  close = server.close;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await close();
});

/** Sends bytes as they are; `reply` is everything that came until the server closed. */
function raw(bytes: string | Buffer): { socket: Socket; reply: Promise<string> } {
  const socket = connect(Number(url.port), url.hostname);
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  const reply = new Promise<string>((done) => socket.on('close', () => done(text)));
  socket.write(bytes);
  return { socket, reply };
}
const statusOf = async ({ reply }: { reply: Promise<string> }) => Number(/^HTTP\/1\.1 (\d+)/.exec(await reply)?.[1]);
const head = (line: string, ...headers: string[]) => `${[line, `host: ${url.host}`, ...headers].join('\r\n')}\r\n\r\n`;
const isWell = async () => (await fetch(`${url.origin}/healthz`, { headers: { connection: 'close' } })).status;

describe('traffic that means no good', () => {
  it.each([
    ['headers', 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: '],
    ['a body', `POST /api/v1/halt HTTP/1.1\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 1000\r\n\r\n{`],
  ])('slow, in %s: is let go of, and others are served meanwhile', async (_, beginning) => {
    const slow = Array.from({ length: ATTACKERS }, () => raw(beginning));
    const drip = setInterval(() => {
      for (const { socket } of slow) if (!socket.destroyed) socket.write('a');
    }, TIMEOUT_MS / 8);
    try {
      expect(await isWell()).toBe(200);
      await Promise.all(slow.map(({ reply }) => reply));
      expect(await isWell()).toBe(200);
    } finally {
      clearInterval(drip);
    }
    expect({ halts, failures }).toEqual({ halts: 0, failures: [] });
  });

  it('silent: is let go of', async () => {
    const silent = Array.from({ length: ATTACKERS }, () => raw(''));
    await Promise.all(silent.map(({ reply }) => reply));
    expect(await isWell()).toBe(200);
  });

  it('oversized: is refused before it is held', async () => {
    const token = `authorization: Bearer ${TOKEN}`;
    const json = 'content-type: application/json';
    const large = `content-length: ${1e9}`;
    expect(await statusOf(raw(head('POST /api/v1/data/own HTTP/1.1', token, json, large, 'connection: close')))).toBe(413);
    expect(await statusOf(raw(head('GET /healthz HTTP/1.1', `x-large: ${'a'.repeat(100_000)}`)))).toBe(431);
    expect(await statusOf(raw(head(`GET /${'a'.repeat(100_000)} HTTP/1.1`)))).toBe(431);
    expect(failures).toEqual([]);
  });

  it('malformed: is refused, and nothing is done', async () => {
    const token = `authorization: Bearer ${TOKEN}`;
    const smuggled = head('POST /api/v1/halt HTTP/1.1', token, 'content-length: 4', 'transfer-encoding: chunked');
    for (const bytes of [
      'not http at all\r\n\r\n',
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
      head('GET /healthz HTTP/9.9'),
      head('GET /healthz HTTP/1.1', 'bad header'),
      `${smuggled}0\r\n\r\nGET /`,
      `${head('POST /api/v1/halt HTTP/1.1', token, 'content-type: application/json', 'content-length: 1', 'connection: close')}{`,
    ])
      expect(await statusOf(raw(bytes)), JSON.stringify(bytes.toString())).toBe(400);
    expect({ halts, failures }).toEqual({ halts: 0, failures: [] });
  });

  it('without the token, or with one that is nearly right: is refused, and nothing is done', async () => {
    for (const given of ['', 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${btoa(TOKEN)}`, TOKEN])
      for (const path of ['halt', 'resume', 'flatten', 'data/price_data', 'stream-ticket']) {
        const reply = await fetch(`${url.origin}/api/v1/${path}`, { method: 'POST', headers: { authorization: given } });
        expect([given, path, reply.status]).toEqual([given, path, 401]);
      }
    expect(halts).toBe(0);
  });
});

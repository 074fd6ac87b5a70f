import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError, type Timer } from '../../domain/index.ts';
import { type FaultKind, type Faults, SOURCES, type Source } from '../faults.ts';

export interface SandboxRequest {
  readonly method: string;
  /** Path below the source's own URL. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Faults of this request that only the source itself can carry out. */
  readonly faults: ReadonlyMap<FaultKind, number>;
}

/** A text body goes out as it is, anything else as JSON. */
export interface SandboxReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type SandboxHandler = (request: SandboxRequest) => SandboxReply | Promise<SandboxReply>;

export interface HttpHost {
  readonly server: Server;
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 16 * 2 ** 20;

/** One loopback server for all protocols: the first part of the path names the source. Faults strike here, in one place. */
export async function startHttpHost(
  handlers: Partial<Record<Source, SandboxHandler>>,
  faults: Faults,
  timer: Timer,
  port: number,
): Promise<HttpHost> {
  const server = createServer((request, response) => {
    answer(handlers, faults, timer, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        send(response, {
          status: error instanceof AppError ? 400 : 500,
          body: { error: error instanceof Error ? error.message : String(error) },
        });
    });
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve()));
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handlers: Partial<Record<Source, SandboxHandler>>,
  faults: Faults,
  timer: Timer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const [, name = '', ...rest] = url.pathname.split('/');
  const source = SOURCES.find((one) => one === name);
  const handler = source && handlers[source];
  if (!source || !handler) return send(response, { status: 404, body: { error: `no such source: ${name}` } });
  const body = await readBody(request);
  const struck = faults.strike(source);
  if (struck.has('hang')) return;
  const latency = struck.get('latency');
  if (latency) await timer.sleep(latency);
  if (struck.has('429')) {
    return send(response, {
      status: 429,
      body: { code: -1003, msg: 'Too many requests' },
      headers: { 'retry-after': String(struck.get('429')) },
    });
  }
  if (struck.has('500')) return send(response, { status: 500, body: { error: 'simulated failure' } });
  const reply = await handler({
    method: request.method ?? 'GET',
    path: `/${rest.join('/')}`,
    query: url.searchParams,
    headers: request.headers,
    body,
    faults: struck,
  });
  if (struck.has('accept-then-timeout') && request.method === 'POST') return;
  if (struck.has('malformed')) return send(response, { ...reply, body: `${textOf(reply).slice(0, 20)}<html>` });
  if (struck.has('cut')) return cut(response, textOf(reply));
  send(response, reply);
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

const textOf = ({ body }: SandboxReply): string => (typeof body === 'string' ? body : JSON.stringify(body));

function send(response: ServerResponse, reply: SandboxReply): void {
  const text = textOf(reply);
  response.writeHead(reply.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  });
  response.end(text);
}

/** Announces the whole body, sends half of it and drops the connection. */
function cut(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length >> 1), () => response.destroy());
}

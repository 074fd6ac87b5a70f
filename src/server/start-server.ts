import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError, ConfigError, type Timer } from '../domain/index.ts';
import { type AccessOptions, isLoopback, refusalOf } from './access.ts';
import type { EventLog } from './events.ts';
import { openApiOf } from './openapi.ts';
import { apiRoutes, type Route } from './routes.ts';
import type { ServiceApi } from './service-api.ts';
import { statusPage } from './status-page.ts';
import { HEARTBEAT_MS, MAX_MESSAGE_BYTES, openStream } from './stream.ts';
import { Tickets } from './tickets.ts';
import type { TlsFiles } from './tls-files.ts';

export interface ServerOptions extends AccessOptions {
  readonly port: number;
  readonly requestsPerMinute: number;
  readonly version: string;
  readonly service: ServiceApi;
  readonly events: EventLog;
  readonly timer: Timer;
  /** Serves HTTPS with these, HTTP without. */
  readonly tls?: Pick<TlsFiles, 'cert' | 'key'> | undefined;
  readonly heartbeatMs?: number;
  /** Process time in which a request must have come whole; 10 s unless told. */
  readonly requestTimeoutMs?: number;
  /** An error that nobody expected; the reply says nothing of it. */
  readonly failed: (error: unknown) => void;
  /** Told of every reply. */
  readonly observed: (method: string, status: number) => void;
  /** Every change that somebody asked for, with who and what became of it. */
  readonly audit: (entry: AuditEntry) => void;
  /** Takes secrets out of every reply; nothing unless told. */
  readonly redact?: ((text: string) => string) | undefined;
}

export interface AuditEntry {
  readonly what: string;
  readonly from: string;
  readonly status: number;
}

const MAX_BODY_BYTES = 2 * 2 ** 20;
const REQUEST_TIMEOUT_MS = 10_000;
/** Connections at once; further ones are closed, so that whoever opens many cannot use up the memory. */
const MAX_CONNECTIONS = 512;

/**
 * The API, the metrics and the status page.
 * @throws ConfigError `server.token_missing`, `server.port_in_use`, `server.port_privileged`, `server.cannot_listen`
 */
export async function startServer(options: ServerOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { host, port, token, service } = options;
  if (!isLoopback(host) && token === undefined) {
    throw new ConfigError('server.token_missing', `the API would be open to everybody on ${host}`, {
      hint: 'Set ETS_API_TOKEN, or leave server.host at 127.0.0.1.',
    });
  }
  const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  // Node looks for requests that are late only every 30 s unless told.
  const patience = { headersTimeout: timeoutMs, connectionsCheckingInterval: timeoutMs / 4 };
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: timeoutMs,
    connectionTimeout: timeoutMs,
    forceCloseConnections: true,
    logger: false,
    ...(options.tls ? { https: { ...patience, cert: options.tls.cert, key: options.tls.key } } : { http: patience }),
  }) as unknown as FastifyInstance;
  app.server.maxConnections = MAX_CONNECTIONS;
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], styleSrc: ["'unsafe-inline'"] } },
  });
  await app.register(rateLimit, {
    global: false,
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    allowList: ({ url }) => url === '/healthz' || url === '/readyz',
    errorResponseBuilder: () => Object.assign(new Error('too many requests'), { statusCode: 429 }),
  });
  await app.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES } });
  guard(app, options);
  const tickets = new Tickets(options.timer);
  const routes = apiRoutes(service, tickets);
  app.get('/healthz', async () => ({ ok: true }));
  app.get('/readyz', async (_, reply) => reply.code(service.isReady() ? 200 : 503).send({ ok: service.isReady() }));
  app.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4').send(await service.metrics()));
  app.get('/', async (_, reply) => reply.type('text/html').send(await statusPage(service)));
  app.get('/api/v1/openapi.json', async () => openApiOf(routes, options.version, !isLoopback(host)));
  for (const route of routes) add(app, route);
  openStream(app, { heartbeatMs: HEARTBEAT_MS, ...options }, tickets);
  try {
    return { url: await app.listen({ host, port }), close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw listenError(cause, host, port);
  }
}

/** Why a server cannot listen, and what to set. */
export function listenError(cause: unknown, host: string, port: number): ConfigError {
  const where = `${host}:${port}`;
  const reason = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (reason === 'EADDRINUSE') {
    return new ConfigError('server.port_in_use', `the API cannot listen on ${where}: the port is in use`, {
      hint: 'Set server.port to a free port, or to 0 for any.',
      cause,
    });
  }
  if (reason === 'EACCES') {
    return new ConfigError('server.port_privileged', `the API may not listen on ${where}: this user has no right to the port`, {
      hint: 'Ports below 1024 need privileges: set server.port to 8080, and let a proxy serve the other.',
      cause,
    });
  }
  return new ConfigError(
    'server.cannot_listen',
    `the API cannot listen on ${where}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: 'Set server.host to an address of this machine.',
      cause,
    },
  );
}

function guard(app: FastifyInstance, options: ServerOptions): void {
  // Before anything is looked at: whoever guesses tokens or paths is held up like everybody else.
  app.addHook('onRequest', app.rateLimit());
  app.addHook('onRequest', async (request, reply) => {
    const { method, headers, url } = request;
    const path = url.split('?')[0] ?? '/';
    if (path === '/api/v1/stream') return;
    const { authorization, origin, host: hostHeader } = headers;
    const refusal = refusalOf({ method, path, hostHeader, origin, authorization }, options);
    if (refusal === undefined) return;
    // So that a browser asks for the token, as the password of whatever name.
    if (refusal.status === 401 && path === '/') reply.header('www-authenticate', 'Basic realm="ets", charset="UTF-8"');
    return reply.code(refusal.status).send({ error: { code: 'server.refused', message: refusal.message } });
  });
  const { redact } = options;
  if (redact)
    app.addHook('onSend', async (_request, _reply, payload) => (typeof payload === 'string' ? redact(payload) : payload));
  app.addHook('onResponse', async (request, reply) => {
    options.observed(request.method, reply.statusCode);
    if (request.method !== 'POST') return;
    options.audit({ what: `${request.method} ${request.url}`, from: request.ip, status: reply.statusCode });
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof z.ZodError) {
      const problems = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
      return reply.code(400).send({ error: { code: 'server.bad_request', message: 'the request is not understood', problems } });
    }
    if (error instanceof AppError) {
      const { code, message, hint } = error;
      return reply.code(422).send({ error: { code, message, hint } });
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) options.failed(error);
    return reply.code(status).send({
      error: { code: status < 500 ? 'server.bad_request' : 'unexpected', message: status < 500 ? error.message : 'unexpected' },
    });
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: { code: 'server.bad_request', message: 'there is nothing here' } }),
  );
}

function add(app: FastifyInstance, route: Route): void {
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const query = (route.query?.parse(request.query) ?? {}) as never;
      const params = (route.params?.parse(request.params) ?? {}) as never;
      const body = (route.body?.parse(request.body ?? undefined) ?? {}) as never;
      return reply.send(await route.handle({ query, params, body }));
    },
  });
}

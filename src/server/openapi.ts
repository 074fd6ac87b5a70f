import { z } from 'zod';
import type { Route } from './routes.ts';

const text = (description: string, type = 'application/json') => ({ description, content: { [type]: { schema: {} } } });
const BEARER = [{ bearer: [] }];

/** What is not a document of the API: for probes, collectors and browsers, and the stream of events. */
const otherPaths = (areReadsGuarded: boolean) => ({
  '/healthz': { get: { summary: 'Whether the process is alive; open to everybody', responses: { '200': text('It is') } } },
  '/readyz': {
    get: {
      summary: 'Whether recovery is done and nothing is in trouble; open to everybody',
      responses: { '200': text('It is'), '503': text('It is not') },
    },
  },
  '/metrics': {
    get: {
      summary: 'Prometheus text; takes ETS_METRICS_TOKEN too',
      ...(areReadsGuarded && { security: BEARER }),
      responses: { '200': text('The metrics', 'text/plain'), '429': { description: 'Too many requests' } },
    },
  },
  '/': {
    get: {
      summary: 'The status page',
      ...(areReadsGuarded && { security: [{ basic: [] }, ...BEARER] }),
      responses: { '200': text('A page', 'text/html'), '429': { description: 'Too many requests' } },
    },
  },
  '/api/v1/stream': {
    get: {
      summary: 'Events as a WebSocket: hello, what was missed, what happens, heartbeats',
      parameters: [
        { name: 'after', in: 'query', required: false, schema: { type: 'integer' }, description: 'Id of the last event known' },
        {
          name: 'ticket',
          in: 'query',
          required: false,
          schema: { type: 'string' },
          description: 'Of POST /api/v1/stream-ticket',
        },
      ],
      ...(areReadsGuarded && { security: BEARER }),
      responses: { '101': { description: 'The connection becomes a WebSocket; without token or ticket it is closed at once' } },
    },
  },
});

/**
 * The routes as an OpenAPI 3.1 document.
 * @param areReadsGuarded whether what only reads needs the token too: off loopback
 */
export function openApiOf(routes: readonly Route[], version: string, areReadsGuarded = false): unknown {
  const paths: Record<string, Record<string, unknown>> = { ...otherPaths(areReadsGuarded) };
  for (const route of routes) {
    const isGuarded = route.method === 'POST' || areReadsGuarded;
    const operation = {
      summary: route.summary,
      operationId: `${route.method.toLowerCase()}${route.path.replace(/[^a-z]+(.)?/gi, (_, letter = '') => letter.toUpperCase())}`,
      parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
      ...(route.body && {
        requestBody: { content: { 'application/json': { schema: z.toJSONSchema(route.body, { io: 'input' }) } } },
      }),
      ...(isGuarded && { security: BEARER }),
      responses: {
        '200': {
          description: 'The document asked for',
          content: { 'application/json': { schema: z.toJSONSchema(route.reply) } },
        },
        '400': { description: 'The request is not understood' },
        ...(isGuarded && {
          '401': { description: 'The token is missing or wrong' },
          '403': { description: 'No token is configured' },
        }),
        ...(route.body && { '422': { description: 'What was sent cannot be used, and why' } }),
        '429': { description: 'Too many requests' },
      },
    };
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Ethereum trading system', version },
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } },
    },
  };
}

function parametersOf(where: 'path' | 'query', schema: z.ZodObject | undefined): unknown[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: one,
  }));
}

import { z } from 'zod';
import type { Route } from './routes.ts';

/** The routes as an OpenAPI 3.1 document. */
export function openApiOf(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = {
      summary: route.summary,
      operationId: `${route.method.toLowerCase()}${route.path.replace(/[^a-z]+(.)?/gi, (_, letter = '') => letter.toUpperCase())}`,
      parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query)],
      ...(route.body && {
        requestBody: { content: { 'application/json': { schema: z.toJSONSchema(route.body, { io: 'input' }) } } },
      }),
      ...(route.method === 'POST' && { security: [{ bearer: [] }] }),
      responses: {
        '200': {
          description: 'The document asked for',
          content: { 'application/json': { schema: z.toJSONSchema(route.reply) } },
        },
        '400': { description: 'The request is not understood' },
        ...(route.method === 'POST' && {
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
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
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

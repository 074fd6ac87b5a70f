import { z } from 'zod';
import { type Collection, flattenReply, haltReply, pushReply, REPLIES, ticketReply, transferReply } from './replies.ts';
import type { ServiceApi } from './service-api.ts';
import type { Tickets } from './tickets.ts';

/** One route of the API: the same schemas check requests and make the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly params?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly reply: z.ZodType;
  readonly handle: (request: { readonly query: never; readonly params: never; readonly body: never }) => Promise<unknown>;
}

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(10_000).default(500).describe('At most so many, the newest'),
});
const haltBody = z.object({ why: z.string().max(500).default('by hand') }).prefault({});
const transferBody = z.object({
  asset: z.enum(['USDT', 'ETH']).default('USDT'),
  amount: z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .refine((amount) => Number(amount) !== 0, 'an amount that is not zero')
    .describe('A decimal; negative: taken'),
  requestId: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .describe('The same one again is answered with what became of the first, and books nothing'),
});
const pushParams = z.object({ dataset: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/) });
const pushBody = z
  .array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])))
  .min(1)
  .max(10_000)
  .describe('Rows: names and plain values, with a column that holds the time');

const SUMMARIES: Readonly<Record<Collection, string>> = {
  status: 'Health of every part',
  decisions: 'Daily decisions, with reasons',
  orders: 'Orders, with states and fills',
  trades: 'Closed trades and the open one',
  positions: 'What is held, with stop and target',
  equity: 'Equity at each decision',
  models: 'Model versions, the current one first',
  features: 'Features of the latest decision',
  data: 'Stored series: rows, gaps, age',
  alerts: 'What was raised last',
};

export function apiRoutes(service: ServiceApi, tickets: Tickets): Route[] {
  const reads = (Object.keys(REPLIES) as Collection[]).map(
    (what): Route => ({
      method: 'GET',
      path: `/api/v1/${what}`,
      summary: SUMMARIES[what],
      query: listQuery,
      reply: REPLIES[what],
      handle: ({ query }) => service.read(what, (query as z.output<typeof listQuery>).limit),
    }),
  );
  return [
    ...reads,
    {
      method: 'POST',
      path: '/api/v1/halt',
      summary: 'No new risk from now on',
      body: haltBody,
      reply: haltReply,
      handle: ({ body }) => service.halt('api', (body as z.output<typeof haltBody>).why),
    },
    {
      method: 'POST',
      path: '/api/v1/resume',
      summary: 'Allow new risk again',
      reply: haltReply,
      handle: () => service.resume('api'),
    },
    {
      method: 'POST',
      path: '/api/v1/flatten',
      summary: 'Halt, cancel what is open, sell what is held',
      reply: flattenReply,
      handle: () => service.flatten('api'),
    },
    {
      method: 'POST',
      path: '/api/v1/transfer',
      summary: 'Book money or Ether that was given or taken by hand',
      body: transferBody,
      reply: transferReply,
      handle: ({ body }) => service.transfer(body),
    },
    {
      method: 'POST',
      path: '/api/v1/data/{dataset}',
      summary: 'Push rows of a dataset; they are validated like any other',
      params: pushParams,
      body: pushBody,
      reply: pushReply,
      handle: ({ params, body }) => service.push((params as z.output<typeof pushParams>).dataset, body),
    },
    {
      method: 'POST',
      path: '/api/v1/stream-ticket',
      summary: 'A one-time ticket for opening the stream from a browser',
      reply: ticketReply,
      handle: async () => tickets.issue(),
    },
  ];
}

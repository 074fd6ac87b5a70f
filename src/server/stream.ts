import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AccessOptions, refusalOf } from './access.ts';
import type { EventLog } from './events.ts';
import type { Tickets } from './tickets.ts';

const HEARTBEAT_MS = 15_000;
/** A subscriber that does not read is cut off rather than kept in memory. */
const MAX_BUFFERED_BYTES = 2 ** 20;

const querySchema = z.object({ ticket: z.string().optional(), after: z.coerce.number().int().min(0).optional() });

/** `GET /api/v1/stream`: events as they happen, those after `after` first, and a heartbeat. */
export function openStream(
  app: FastifyInstance,
  { host, token, events }: AccessOptions & { readonly events: EventLog },
  tickets: Tickets,
): void {
  app.get('/api/v1/stream', { websocket: true }, (socket, request) => {
    const query = querySchema.safeParse(request.query);
    const { authorization, origin, host: hostHeader } = request.headers;
    const refusal = refusalOf({ method: 'GET', path: '/api/v1/stream', hostHeader, origin, authorization }, { host, token });
    const isAllowed =
      query.success && (refusal === undefined || (query.data.ticket !== undefined && tickets.redeem(query.data.ticket)));
    if (!isAllowed) return socket.close(1008, refusal?.message ?? 'the request is not understood');
    const send = (message: unknown) => {
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
      else socket.send(JSON.stringify(message));
    };
    if (query.data.after !== undefined) for (const event of events.after(query.data.after)) send(event);
    const end = events.subscribe(send);
    const heartbeat = setInterval(() => send({ type: 'heartbeat' }), HEARTBEAT_MS);
    socket.on('close', () => {
      end();
      clearInterval(heartbeat);
    });
  });
}

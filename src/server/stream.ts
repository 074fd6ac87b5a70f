import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type AccessOptions, foreignRefusal, refusalOf } from './access.ts';
import type { EventLog } from './events.ts';
import type { Tickets } from './tickets.ts';

export const HEARTBEAT_MS = 15_000;
/** A subscriber that does not read is cut off rather than kept in memory; it may come back and resume. */
const MAX_BUFFERED_BYTES = 2 ** 20;
/** Nothing is expected from a subscriber but pongs. */
export const MAX_MESSAGE_BYTES = 1_024;
const MAX_SUBSCRIBERS = 50;
const REFUSED = 1008;
const TRY_LATER = 1013;

const querySchema = z.object({ ticket: z.string().optional(), after: z.coerce.number().int().min(0).optional() });

export interface StreamOptions extends AccessOptions {
  readonly events: EventLog;
  /** Between two heartbeats; a subscriber that answers no ping in it is let go. */
  readonly heartbeatMs: number;
}

/**
 * `GET /api/v1/stream`: `hello` with the last id, then events as they happen. A subscriber that names the last id it saw
 * (`?after=ID`) first gets what it missed, or `gap` where that is not kept any more.
 */
export function openStream(app: FastifyInstance, { events, heartbeatMs, ...access }: StreamOptions, tickets: Tickets): void {
  const subscribers = new Set<WebSocket>();
  app.get('/api/v1/stream', { websocket: true }, (socket, request) => {
    const query = querySchema.safeParse(request.query);
    const { authorization, origin, host: hostHeader } = request.headers;
    const facts = { method: 'GET', path: '/api/v1/stream', hostHeader, origin, authorization };
    if (!query.success) return socket.close(REFUSED, 'the request is not understood');
    const { ticket, after } = query.data;
    const isTicketed = ticket !== undefined && tickets.redeem(ticket);
    const refusal = isTicketed ? foreignRefusal(facts, access) : refusalOf(facts, access);
    if (refusal) return socket.close(REFUSED, refusal.message);
    if (subscribers.size >= MAX_SUBSCRIBERS) return socket.close(TRY_LATER, 'too many subscribers');
    subscribers.add(socket);
    const send = (message: unknown) => {
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
      else socket.send(JSON.stringify(message));
    };
    send({ type: 'hello', lastId: events.lastId });
    if (after !== undefined) {
      const { missed, isComplete } = events.after(after);
      if (!isComplete) send({ type: 'gap', after });
      for (const event of missed) send(event);
    }
    const end = events.subscribe(send);
    let isAlive = true;
    socket.on('pong', () => {
      isAlive = true;
    });
    const heartbeat = setInterval(() => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
      send({ type: 'heartbeat', lastId: events.lastId });
    }, heartbeatMs);
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      end();
      clearInterval(heartbeat);
      subscribers.delete(socket);
    });
  });
}

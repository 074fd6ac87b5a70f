import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Timer } from '../../domain/index.ts';
import { type Faults, SOURCES, type Source } from '../faults.ts';

/** One client of a WebSocket source, seen from the source. */
export interface SandboxSocket {
  /** Path below the source's own URL. */
  readonly path: string;
  /** Sends a text; faults strike here. Nothing is sent once the client is gone. */
  send(text: string): void;
  /** Ends the connection as a server does that has a reason. */
  close(code: number, reason: string): void;
  onMessage(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
}

/** Told of each new connection. */
export type SocketHandler = (socket: SandboxSocket) => void;

/** A client that lets so much pile up unread is dropped, as exchanges do. */
const MAX_BUFFERED_BYTES = 64 * 2 ** 20;
const MAX_MESSAGE_BYTES = 2 ** 20;
const TOO_SLOW = 1008;

/**
 * WebSocket protocols on the server of the others: the first part of the path names the source. `429` and `500` answer
 * the upgrade, `hang` never answers it; each message may come late, be cut with the connection, be malformed, be sent
 * twice, or be the last one of a connection that stays open. Upgrades of sources without a handler are left to others.
 */
export function attachSocketHost(
  server: Server,
  handlers: Partial<Record<Source, SocketHandler>>,
  faults: Faults,
  timer: Timer,
): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  const pending = new Set<Duplex>();
  const upgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const [, name = '', ...rest] = new URL(request.url ?? '/', 'http://sandbox').pathname.split('/');
    const source = SOURCES.find((one) => one === name);
    const handler = source && handlers[source];
    if (!source || !handler) return;
    pending.add(stream);
    stream.on('error', () => stream.destroy()).once('close', () => pending.delete(stream));
    const struck = faults.strike(source);
    if (struck.has('hang')) return;
    const latency = struck.get('latency');
    if (latency) await timer.sleep(latency);
    if (struck.has('429')) return refuse(stream, '429 Too Many Requests', { 'retry-after': String(struck.get('429')) });
    if (struck.has('500')) return refuse(stream, '500 Internal Server Error', {});
    sockets.handleUpgrade(request, stream, head, (socket) => {
      pending.delete(stream);
      handler(sandboxSocket(socket, `/${rest.join('/')}`, source, faults, timer));
    });
  };
  const listener = (request: IncomingMessage, stream: Duplex, head: Buffer) => void upgrade(request, stream, head);
  server.on('upgrade', listener);
  return {
    close() {
      server.off('upgrade', listener);
      for (const socket of sockets.clients) socket.terminate();
      for (const stream of pending) stream.destroy();
      sockets.close();
    },
  };
}

function refuse(stream: Duplex, status: string, headers: Readonly<Record<string, string>>): void {
  const lines = Object.entries({ connection: 'close', 'content-length': '0', ...headers }).map(
    ([key, value]) => `${key}: ${value}`,
  );
  stream.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`);
}

function sandboxSocket(socket: WebSocket, path: string, source: Source, faults: Faults, timer: Timer): SandboxSocket {
  let isMute = false;
  let waiting: Promise<void> | undefined;
  const deliver = (text: string, isCut: boolean, isTwice: boolean) => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.close(TOO_SLOW, 'too slow');
    else if (isCut) socket.send(text.slice(0, text.length >> 1), { fin: false }, () => socket.terminate());
    else {
      socket.send(text);
      if (isTwice) socket.send(text);
    }
  };
  socket.on('error', () => socket.terminate());
  return {
    path,
    send(text) {
      if (isMute || socket.readyState !== socket.OPEN) return;
      const struck = faults.strike(source);
      if (struck.has('hang')) {
        isMute = true;
        return;
      }
      const sent = struck.has('malformed') ? `${text.slice(0, 20)}<html>` : text;
      const latency = struck.get('latency') ?? 0;
      if (struck.has('cut')) isMute = true;
      const go = () => deliver(sent, struck.has('cut'), struck.has('duplicate-events'));
      if (latency === 0 && waiting === undefined) {
        go();
        return;
      }
      const turn = Promise.all([timer.sleep(latency), waiting]).then(() => {
        go();
        if (waiting === turn) waiting = undefined;
      });
      waiting = turn;
    },
    close: (code, reason) => socket.close(code, reason),
    onMessage: (listener) => void socket.on('message', (data) => listener(String(data))),
    onClose: (listener) => void socket.once('close', listener),
  };
}

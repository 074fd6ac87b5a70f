import { createHmac } from 'node:crypto';
import { WebSocket } from 'ws';
import { ExchangeError, type TimeMs, type Timer } from '../../domain/index.ts';
import { parseUserMessage, type UserMessage } from './parse-user-message.ts';

/** What a connection gives what it hears to. */
export interface UserStreamSink {
  push(message: Exclude<UserMessage, { readonly kind: 'reply' | 'ended' }>): void;
  /** The peer is there: it said something, or answered a ping. */
  heard(): void;
  /** A text that cannot be read; it is left out. */
  refuse(error: unknown): void;
  /** The connection is over. */
  fail(error: ExchangeError): void;
}

/** Opens one connection: resolves when it is subscribed, to what closes it. `signal` ends it. @throws ExchangeError */
export type ConnectUserStream = (sink: UserStreamSink, signal: AbortSignal) => Promise<() => void>;

export interface UserStreamOptions {
  /** Of the WebSocket API, without the path. */
  readonly url: string;
  readonly apiKey: string;
  readonly secret: string;
  /** The venue's time, as requests are signed with it. */
  readonly venueTimeMs: () => TimeMs;
  readonly recvWindowMs: number;
  readonly timer: Timer;
}

const PATH = '/ws-api/v3';
const METHOD = 'userDataStream.subscribe.signature';
const REQUEST_ID = 'subscribe';
const MAX_MESSAGE_BYTES = 2 ** 20;
const PING_EVERY_MS = 20_000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Events of the account that the key belongs to. A peer that leaves a ping without an answer until the next one is
 * dropped. @throws ExchangeError `exchange.user_stream_closed`, `exchange.user_stream_refused`
 */
export const connectUserStream =
  (options: UserStreamOptions): ConnectUserStream =>
  (sink, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${options.url.replace(/\/$/, '')}${PATH}`, {
        maxPayload: MAX_MESSAGE_BYTES,
        followRedirects: false,
        handshakeTimeout: CONNECT_TIMEOUT_MS,
      });
      const over = new AbortController();
      const close = () => {
        over.abort();
        socket.terminate();
      };
      const fail = (error: ExchangeError) => {
        if (over.signal.aborted) return;
        close();
        sink.fail(error);
        reject(error);
      };
      const closed = (why: string) => fail(new ExchangeError('exchange.user_stream_closed', `the user stream ended: ${why}`));
      signal.addEventListener('abort', () => closed('asked to'), { once: true, signal: over.signal });
      socket.on('error', (error) => closed(error.message));
      socket.on('close', (code) => closed(`closed with code ${code}`));
      socket.on('open', () => {
        socket.send(JSON.stringify({ id: REQUEST_ID, method: METHOD, params: signedParameters(options) }));
        void keepAlive(socket, options.timer, over.signal, sink, closed);
      });
      socket.on('message', (data) => {
        sink.heard();
        try {
          const message = parseUserMessage(String(data));
          if (message.kind === 'ended') closed('the exchange ended it');
          else if (message.kind !== 'reply') sink.push(message);
          else if (message.problem === null) resolve(close);
          else
            fail(new ExchangeError('exchange.user_stream_refused', `the exchange refuses the user stream: ${message.problem}`));
        } catch (error) {
          sink.refuse(error);
        }
      });
    });

/** Signed as Binance's WebSocket API wants it: over the parameters in the order of their names. */
function signedParameters({ apiKey, secret, venueTimeMs, recvWindowMs }: UserStreamOptions) {
  const parameters = { apiKey, recvWindow: recvWindowMs, timestamp: venueTimeMs() };
  const payload = Object.entries(parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return { ...parameters, signature: createHmac('sha256', secret).update(payload).digest('hex') };
}

async function keepAlive(
  socket: WebSocket,
  timer: Timer,
  signal: AbortSignal,
  sink: UserStreamSink,
  closed: (why: string) => void,
): Promise<void> {
  let isAnswered = true;
  socket.on('pong', () => {
    isAnswered = true;
    sink.heard();
  });
  for (;;) {
    await timer.sleep(PING_EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (!isAnswered) return closed('the exchange does not answer');
    isAnswered = false;
    socket.ping();
  }
}

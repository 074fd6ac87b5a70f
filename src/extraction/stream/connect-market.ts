import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SourceError } from '../../domain/index.ts';
import { type MarketMessage, parseMarketMessage } from './parse-market-message.ts';
import type { ConnectStream } from './supervise-stream.ts';

const CHANNELS = ['ethusdt@kline_1m', 'ethusdt@aggTrade'];
const SUBSCRIBE_ID = 1;
const MAX_MESSAGE_BYTES = 2 ** 20;

/** The part of ccxt's WebSocket class that is used: its connection, keep-alive and subscription; messages stay raw. */
interface StreamingBinance {
  log: unknown;
  clients: Record<string, { connection?: { terminate(): void } }>;
  handleMessage(client: unknown, message: unknown): void;
  loadHttpProxyAgent(): Promise<unknown>;
  watch(url: string, messageHash: string, message: object, subscribeHash: string): Promise<unknown>;
}
type StreamingClass = new (options: object) => StreamingBinance;

/** Only the one exchange class: the whole of ccxt takes most of a second to load. */
async function loadClass(): Promise<StreamingClass> {
  const main = createRequire(import.meta.url).resolve('ccxt');
  const loaded: { default: StreamingClass } = await import(new URL('../js/src/pro/binance.js', pathToFileURL(main)).href);
  return loaded.default;
}

/**
 * Binance's market streams through ccxt's WebSocket class, a new one for each connection, so that nothing of the last
 * connection is left. A gap in the numbers of trades ends the connection.
 * @throws SourceError `stream.unreachable`, `stream.refused`
 */
export function connectMarket(baseUrl: string): ConnectStream<MarketMessage> {
  let loading: Promise<StreamingClass> | undefined;
  return async (sink, signal) => {
    loading ??= loadClass();
    const exchange = new (await loading)({
      enableRateLimit: false,
      options: { ws: { options: { maxPayload: MAX_MESSAGE_BYTES } } },
    });
    exchange.log = () => undefined;
    await exchange.loadHttpProxyAgent();
    const url = `${baseUrl.replace(/\/$/, '')}/ws`;
    const close = () => exchange.clients[url]?.connection?.terminate();
    const take = tradesInOrder(sink.fail);
    return new Promise((resolve, reject) => {
      const stop = () => {
        close();
        reject(signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      exchange.handleMessage = (_client, message) => {
        if (isReply(message)) {
          signal.removeEventListener('abort', stop);
          if (message.error === undefined) resolve(close);
          else reject(new SourceError('stream.refused', `Binance refuses the subscription: ${JSON.stringify(message.error)}`));
          return;
        }
        try {
          const parsed = parseMarketMessage(message);
          if (!parsed) sink.refuse(new SourceError('stream.message_invalid', 'Binance stream: a message of no known kind'));
          else if (take(parsed)) sink.push(parsed, parsed.eventMs);
        } catch (error) {
          sink.refuse(error);
        }
      };
      const request = { method: 'SUBSCRIBE', params: CHANNELS, id: SUBSCRIBE_ID };
      exchange.watch(url, 'end', request, 'end').catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        const error = new SourceError('stream.unreachable', `Binance stream: ${why}`, { cause });
        signal.removeEventListener('abort', stop);
        sink.fail(error);
        reject(error);
      });
    });
  };
}

const isReply = (message: unknown): message is { readonly id: unknown; readonly error?: unknown } =>
  message !== null && typeof message === 'object' && ('id' in message ? message.id === SUBSCRIBE_ID : 'error' in message);

/** Whether a message is to be taken: a trade that was there already is not. A trade that is missing is a failure. */
function tradesInOrder(fail: (error: unknown) => void): (message: MarketMessage) => boolean {
  let last: number | undefined;
  return (message) => {
    if (message.kind !== 'trade') return true;
    if (last !== undefined && message.id <= last) return false;
    if (last !== undefined && message.id > last + 1) {
      fail(new SourceError('stream.sequence_gap', `Binance stream: trades ${last + 1} to ${message.id - 1} are missing`));
    }
    last = message.id;
    return true;
  };
}

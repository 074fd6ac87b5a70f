import { WebSocket } from 'ws';
import { SourceError, type TimeMs, type Timer } from '../../domain/index.ts';
import { TRANSFER_TOPIC, type TransferLog } from '../rpc/parse-transfer-logs.ts';
import { type ChainHead, parseHead, parseLogNotice, parseNodeMessage } from './parse-node-message.ts';
import type { ConnectStream, StreamSink } from './supervise-stream.ts';

/** What is listened to on the chain. */
export type ChainMessage =
  | { readonly kind: 'head'; readonly head: ChainHead }
  | { readonly kind: 'transfer'; readonly transfer: TransferLog; readonly isRemoved: boolean };

const MAX_MESSAGE_BYTES = 4 * 2 ** 20;
const PING_EVERY_MS = 30_000;
const [CHAIN, HEADS, LOGS] = [1, 2, 3];

export interface NodeStreamOptions {
  readonly url: string;
  readonly timer: Timer;
  /** Chain that the node must be on. */
  readonly chainId: number;
  /** Token contracts whose transfers are told. */
  readonly tokens: readonly string[];
  /** Transfers of less are left out. */
  readonly minWei: bigint;
}

/**
 * A node's WebSocket, subscribed to new heads and to transfers of tokens. A peer that does not answer pings is dropped.
 * @throws SourceError `stream.unreachable`, `stream.refused`, `rpc.wrong_chain`
 */
export function connectNode({ url, timer, chainId, tokens, minWei }: NodeStreamOptions): ConnectStream<ChainMessage> {
  return (sink, signal) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { maxPayload: MAX_MESSAGE_BYTES, followRedirects: false });
      const over = new AbortController();
      const close = () => {
        over.abort();
        socket.terminate();
      };
      const fail = (error: unknown) => {
        close();
        sink.fail(error);
        reject(error);
      };
      signal.addEventListener('abort', () => fail(signal.reason), { once: true, signal: over.signal });
      socket.on('error', (cause) => fail(new SourceError('stream.unreachable', `node stream: ${cause.message}`, { cause })));
      socket.on('close', (code) => fail(new SourceError('stream.unreachable', `node stream: closed with code ${code}`)));
      socket.on('open', () => {
        const ask = (id: number | undefined, method: string, params: unknown[]) =>
          socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
        ask(CHAIN, 'eth_chainId', []);
        ask(HEADS, 'eth_subscribe', ['newHeads']);
        ask(LOGS, 'eth_subscribe', ['logs', { address: tokens, topics: [TRANSFER_TOPIC] }]);
      });
      const reader = new NodeReader(sink, chainId, minWei, fail, () => {
        void keepAlive(socket, timer, over.signal, fail);
        resolve(close);
      });
      socket.on('message', (data) => reader.read(String(data)));
    });
}

/** Makes messages of texts. */
class NodeReader {
  readonly #sink: StreamSink<ChainMessage>;
  readonly #chainId: number;
  readonly #minWei: bigint;
  readonly #fail: (error: unknown) => void;
  readonly #ready: () => void;
  readonly #kindOf = new Map<string, 'head' | 'log'>();
  #newestMs: TimeMs = 0;

  constructor(
    sink: StreamSink<ChainMessage>,
    chainId: number,
    minWei: bigint,
    fail: (error: unknown) => void,
    ready: () => void,
  ) {
    this.#sink = sink;
    this.#chainId = chainId;
    this.#minWei = minWei;
    this.#fail = fail;
    this.#ready = ready;
  }

  read(text: string): void {
    try {
      const message = parseNodeMessage(text);
      if (message.kind === 'refusal') this.#fail(new SourceError('stream.refused', `the node refuses to stream: ${message.why}`));
      else if (message.kind === 'reply') this.#takeReply(message.id, message.result);
      else this.#takeNotice(this.#kindOf.get(message.subscription), message.result);
    } catch (error) {
      this.#sink.refuse(error);
    }
  }

  #takeReply(id: number, result: unknown): void {
    if (id === CHAIN && Number(result) !== this.#chainId) {
      this.#fail(
        new SourceError('rpc.wrong_chain', `the node is on chain ${String(result)}, meant is chain ${this.#chainId}`, {
          hint: 'Point `sources.ws` at a node of the right network.',
        }),
      );
    }
    if (id === HEADS) this.#kindOf.set(String(result), 'head');
    if (id === LOGS) {
      this.#kindOf.set(String(result), 'log');
      this.#ready();
    }
  }

  #takeNotice(kind: 'head' | 'log' | undefined, result: unknown): void {
    if (kind === 'head') {
      const head = parseHead(result);
      this.#newestMs = head.timeMs;
      this.#sink.push({ kind: 'head', head }, head.timeMs);
    } else if (kind === 'log') {
      const notice = parseLogNotice(result);
      if (notice && notice.transfer.amountWei >= this.#minWei) {
        this.#sink.push({ kind: 'transfer', ...notice }, this.#newestMs);
      }
    }
  }
}

/** A peer that has not answered one ping by the next is gone. */
async function keepAlive(socket: WebSocket, timer: Timer, signal: AbortSignal, fail: (error: unknown) => void): Promise<void> {
  let isAnswered = true;
  socket.on('pong', () => {
    isAnswered = true;
  });
  for (;;) {
    await timer.sleep(PING_EVERY_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    if (!isAnswered) return fail(new SourceError('stream.unreachable', 'node stream: pings are not answered'));
    isAnswered = false;
    socket.ping();
  }
}

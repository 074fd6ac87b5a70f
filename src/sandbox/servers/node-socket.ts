import { z } from 'zod';
import type { TimeMs } from '../../domain/index.ts';
import { hexHash } from '../world/hash.ts';
import type { World } from '../world/world.ts';
import type { WorldClock } from '../world-clock.ts';
import { renderHeader, rpcAnswer } from './rpc.ts';
import { type LogFilter, logsOf, matchesLog, readLogFilter } from './rpc-logs.ts';
import type { SandboxSocket, SocketHandler } from './socket-host.ts';

const SUBSCRIPTION_STREAM = 75;
/** Newest blocks whose hash a connection remembers, to say what became of them. Reorganisations are never as deep. */
const REMEMBERED_BLOCKS = 16;
/** A connection that has to catch up with more than this is given the newest blocks only, as nodes do. */
const MAX_CATCH_UP_BLOCKS = 4_096;

const subscribeSchema = z.object({
  id: z.union([z.number(), z.string()]),
  method: z.enum(['eth_subscribe', 'eth_unsubscribe']),
  params: z.array(z.unknown()),
});

type Request = z.output<typeof subscribeSchema>;

type Subscription = { readonly kind: 'newHeads' } | { readonly kind: 'logs'; readonly filter: LogFilter };

/**
 * An Ethereum node's WebSocket: every call of its JSON-RPC, `eth_subscribe` to `newHeads` and `logs`, and
 * `eth_unsubscribe`. Where a block that was announced is replaced, its logs come again with `removed: true`, then the
 * block in its place is announced.
 */
export function nodeSocket(world: World, clock: WorldClock): { handler: SocketHandler; tell: () => void } {
  const answer = rpcAnswer(world, () => clock.nowMs());
  const open = new Set<Connection>();
  const tell = () => {
    for (const connection of open) connection.tell(clock.nowMs());
  };
  world.chain.onReorganised(tell);
  return {
    handler(socket) {
      const connection = new Connection(socket, world, answer, clock);
      open.add(connection);
      socket.onClose(() => open.delete(connection));
    },
    tell,
  };
}

class Connection {
  readonly #socket: SandboxSocket;
  readonly #world: World;
  readonly #answer: (text: string) => string;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Announced blocks, oldest first. */
  #announced: { readonly number: number; readonly hash: string }[] = [];
  #made = 0;

  constructor(socket: SandboxSocket, world: World, answer: (text: string) => string, clock: WorldClock) {
    this.#socket = socket;
    this.#world = world;
    this.#answer = answer;
    socket.onMessage((text) => this.#take(text, clock.nowMs()));
  }

  /** Says what changed on the chain since it was last told. */
  tell(nowMs: TimeMs): void {
    if (this.#subscriptions.size === 0) return;
    const { chain } = this.#world;
    const kept = this.#announced.findIndex(({ number, hash }) => chain.hashAt(number, nowMs) !== hash);
    const gone = kept < 0 ? [] : this.#announced.splice(kept);
    for (const { number, hash } of gone.toReversed()) this.#tellLogs(number, nowMs, { blockHash: hash, removed: true });
    const head = chain.headAt(nowMs);
    const next = gone[0]?.number ?? (this.#announced.at(-1)?.number ?? head) + 1;
    for (let number = Math.max(next, head - MAX_CATCH_UP_BLOCKS); number <= head; number++) {
      const block = chain.blockAt(number, nowMs);
      this.#announced.push({ number, hash: block.hash });
      for (const [id, { kind }] of this.#subscriptions) if (kind === 'newHeads') this.#notify(id, `{${renderHeader(block)}}`);
      this.#tellLogs(number, nowMs, {});
    }
    this.#announced = this.#announced.slice(-REMEMBERED_BLOCKS);
  }

  #tellLogs(number: number, nowMs: TimeMs, changes: { readonly blockHash?: string; readonly removed?: boolean }): void {
    const { chain } = this.#world;
    const logs = [...this.#subscriptions].flatMap(([id, one]) => (one.kind === 'logs' ? [[id, one.filter] as const] : []));
    if (logs.length === 0) return;
    const block = chain.blockAt(number, nowMs);
    for (const log of chain.transfers(number).flatMap((transfer) => logsOf(block, transfer))) {
      for (const [id, filter] of logs) if (matchesLog(filter, log)) this.#notify(id, JSON.stringify({ ...log, ...changes }));
    }
  }

  #notify(subscription: string, result: string): void {
    this.#socket.send(
      `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${subscription}","result":${result}}}`,
    );
  }

  #take(text: string, nowMs: TimeMs): void {
    const request = readRequest(text);
    this.#socket.send(
      request ? JSON.stringify({ jsonrpc: '2.0', id: request.id, ...this.#carryOut(request, nowMs) }) : this.#answer(text),
    );
  }

  #carryOut({ method, params }: Request, nowMs: TimeMs): Readonly<Record<string, unknown>> {
    if (method === 'eth_unsubscribe') return { result: this.#subscriptions.delete(String(params[0])) };
    const subscription = readSubscription(params);
    if (!subscription) return { error: { code: -32602, message: 'invalid subscription' } };
    if (this.#subscriptions.size === 0) this.#begin(nowMs);
    const name = hexHash(4, SUBSCRIPTION_STREAM, this.#made++);
    this.#subscriptions.set(name, subscription);
    return { result: name };
  }

  /** What is there already counts as announced. */
  #begin(nowMs: TimeMs): void {
    const { chain } = this.#world;
    const head = chain.headAt(nowMs);
    const first = Math.max(0, head - REMEMBERED_BLOCKS + 1);
    this.#announced = Array.from({ length: head - first + 1 }, (_, i) => ({
      number: first + i,
      hash: chain.hashAt(first + i, nowMs),
    }));
  }
}

function readRequest(text: string): Request | undefined {
  try {
    const parsed = subscribeSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function readSubscription([kind, wanted]: readonly unknown[]): Subscription | undefined {
  if (kind === 'newHeads') return { kind };
  const filter = kind === 'logs' ? readLogFilter(wanted) : undefined;
  return filter && { kind: 'logs', filter };
}

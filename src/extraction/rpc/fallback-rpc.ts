import { SourceError, type Timer } from '../../domain/index.ts';
import type { Rpc, RpcCall } from './rpc.ts';

/** A node that failed is asked last for so long. */
const REST_MS = 60_000;

interface Node {
  readonly rpc: Rpc;
  restUntilMs: number;
}

/**
 * Several nodes as one. The first that is well is asked; when it fails the next one is, and it rests. A block that one
 * does not have (it is pruned, or behind) is asked of the others.
 */
export class FallbackRpc implements Rpc {
  readonly #nodes: readonly Node[];
  readonly #timer: Timer;

  /** @param nodes in the order of preference, at least one */
  constructor(nodes: readonly Rpc[], timer: Timer) {
    this.#nodes = nodes.map((rpc) => ({ rpc, restUntilMs: Number.NEGATIVE_INFINITY }));
    this.#timer = timer;
  }

  /** @throws SourceError the first node's, where all fail */
  async batch(calls: readonly RpcCall[], signal: AbortSignal): Promise<unknown[]> {
    let results: unknown[] | undefined;
    let wanted = calls.map((_, i) => i);
    let firstError: unknown;
    for (const node of this.#inOrder()) {
      try {
        const part = await node.rpc.batch(
          wanted.map((i) => calls[i]!),
          signal,
        );
        node.restUntilMs = Number.NEGATIVE_INFINITY;
        results ??= new Array<unknown>(calls.length);
        for (const [at, i] of wanted.entries()) results[i] = part[at];
        wanted = wanted.filter((i) => results?.[i] === null && calls[i]!.method === 'eth_getBlockByNumber');
        if (wanted.length === 0) return results;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof SourceError)) throw error;
        firstError ??= error;
        node.restUntilMs = this.#timer.elapsedMs() + REST_MS;
      }
    }
    if (results) return results;
    throw firstError;
  }

  async call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const [result] = await this.batch([{ method, params }], signal);
    return result;
  }

  #inOrder(): Node[] {
    const nowMs = this.#timer.elapsedMs();
    const rest = (node: Node) => Math.max(nowMs, node.restUntilMs);
    return [...this.#nodes].sort((one, other) => rest(one) - rest(other));
  }
}

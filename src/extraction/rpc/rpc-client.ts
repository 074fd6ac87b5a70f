import { InvariantError, SourceError } from '../../domain/index.ts';
import type { HttpClient } from '../http/index.ts';
import { parseBatchReply } from './parse-batch-reply.ts';
import type { Rpc, RpcCall } from './rpc.ts';

export interface RpcClientOptions {
  /** Name of budget and breaker, and in errors; `rpc` unless told. */
  readonly source?: string;
  /** The chain that is meant; 1, Ethereum's main network, unless told. */
  readonly chainId?: number;
  /** Tries of one request; as the HTTP client has it unless told. */
  readonly maxAttempts?: number;
}

/** JSON-RPC 2.0 over HTTP, in batches. It makes sure once that the node is on the chain that is meant. */
export class RpcClient implements Rpc {
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #source: string;
  readonly #chainId: number;
  readonly #maxAttempts: number | undefined;
  #chainChecked: Promise<void> | undefined;

  constructor(http: HttpClient, url: string, { source = 'rpc', chainId = 1, maxAttempts }: RpcClientOptions = {}) {
    this.#http = http;
    this.#url = url;
    this.#source = source;
    this.#chainId = chainId;
    this.#maxAttempts = maxAttempts;
  }

  /** Results in the order of `calls`. @throws SourceError `rpc.*`, `http.*` */
  async batch(calls: readonly RpcCall[], signal: AbortSignal): Promise<unknown[]> {
    await this.#checkChain(signal);
    return this.#send(calls, signal);
  }

  async call(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const [result] = await this.batch([{ method, params }], signal);
    return result;
  }

  async #checkChain(signal: AbortSignal): Promise<void> {
    const check = this.#chainChecked ?? this.#readChainId(signal);
    this.#chainChecked = check;
    try {
      await check;
    } catch (error) {
      if (this.#chainChecked === check) this.#chainChecked = undefined;
      throw error;
    }
  }

  async #readChainId(signal: AbortSignal): Promise<void> {
    const [result] = await this.#send([{ method: 'eth_chainId', params: [] }], signal);
    if (typeof result === 'string' && /^0x[0-9a-f]{1,13}$/i.test(result) && Number(result) === this.#chainId) return;
    throw new SourceError('rpc.wrong_chain', `the node is on chain ${String(result)}, meant is chain ${this.#chainId}`, {
      hint: 'Point `sources.rpc` at a node of the right network.',
      details: { expected: this.#chainId, actual: result },
    });
  }

  #send(calls: readonly RpcCall[], signal: AbortSignal): Promise<unknown[]> {
    if (calls.length === 0) throw new InvariantError('rpc.empty_batch', 'a batch of no calls was asked for');
    const body = JSON.stringify(calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params })));
    const request = {
      source: this.#source,
      url: this.#url,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
      ...(this.#maxAttempts !== undefined && { maxAttempts: this.#maxAttempts }),
    } as const;
    return this.#http.json(request, (reply) => parseBatchReply(reply, calls.length));
  }
}
